"""FID, Inception Score, KID, precision and recall: the same figures on any number of devices."""

from lit_wgan.evaluation.evaluator import GenerativeEvaluator
from lit_wgan.evaluation.protocol import FidelityResult, Protocol

__all__ = ["FidelityResult", "GenerativeEvaluator", "Protocol"]
