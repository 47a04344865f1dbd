"""What the critic sees in place of samples: one paper or idea each."""

from lit_wgan.views.base import View
from lit_wgan.views.diff_augment import DiffAugment
from lit_wgan.views.pack import Pack
from lit_wgan.views.random_slices import RandomSlices

__all__ = ["DiffAugment", "Pack", "RandomSlices", "View"]
