"""Addends of the critic's and the generator's objectives: one paper or idea each."""

from lit_wgan.terms.auxiliary_classifier import AuxiliaryClassifier
from lit_wgan.terms.base import Draws, Judged, Metrics, Step, Term
from lit_wgan.terms.dragan import DRAGAN
from lit_wgan.terms.drift import Drift
from lit_wgan.terms.ensemble_mean import EnsembleMean
from lit_wgan.terms.gradient_penalty import GradientPenalty
from lit_wgan.terms.paired import L1, MSE, FeatureMatching
from lit_wgan.terms.zero_centred import R1, R2

__all__ = [
    "DRAGAN",
    "L1",
    "MSE",
    "R1",
    "R2",
    "AuxiliaryClassifier",
    "Draws",
    "Drift",
    "EnsembleMean",
    "FeatureMatching",
    "GradientPenalty",
    "Judged",
    "Metrics",
    "Step",
    "Term",
]
