"""GAN, LSGAN, WGAN and WGAN-GP, each holding only what differs from the alternating update they share."""

from lit_wgan.functional.schedules import WarmStart
from lit_wgan.systems.base import AdversarialSystem
from lit_wgan.systems.gan import GAN
from lit_wgan.systems.lsgan import LSGAN
from lit_wgan.systems.wgan import WGAN
from lit_wgan.systems.wgan_gp import WGANGP

__all__ = ["GAN", "LSGAN", "WGAN", "WGANGP", "AdversarialSystem", "WarmStart"]
