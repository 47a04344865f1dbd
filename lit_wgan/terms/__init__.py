"""Addends of the critic's and the generator's objectives: one paper or idea each."""

from lit_wgan.terms.base import Judged, Metrics, Step, Term
from lit_wgan.terms.dragan import DRAGAN
from lit_wgan.terms.drift import Drift
from lit_wgan.terms.gradient_penalty import GradientPenalty
from lit_wgan.terms.zero_centred import R1, R2

__all__ = ["DRAGAN", "R1", "R2", "Drift", "GradientPenalty", "Judged", "Metrics", "Step", "Term"]
