"""Fidelity of generated images: FID, Inception Score, KID, precision and recall, the same on any number of devices."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lit_wgan.evaluation.evaluator import GenerativeEvaluator
    from lit_wgan.evaluation.options import EvaluationOptions
    from lit_wgan.evaluation.protocol import FidelityResult, Protocol

_HOME = {
    "EvaluationOptions": "options",
    "FidelityResult": "protocol",
    "GenerativeEvaluator": "evaluator",
    "Protocol": "protocol",
}

__all__ = ["EvaluationOptions", "FidelityResult", "GenerativeEvaluator", "Protocol"]


def __getattr__(name: str) -> Any:
    # Options are read by whoever lists them; what measures takes seconds to import.
    if name in _HOME:
        return getattr(import_module(f"lit_wgan.evaluation.{_HOME[name]}"), name)
    raise AttributeError(f"module 'lit_wgan.evaluation' has no attribute '{name}'")
