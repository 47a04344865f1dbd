"""What training leaves, taken up again: the system of a checkpoint, its generator alone."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lit_wgan.trained.found import Trained, find_run, find_trained
    from lit_wgan.trained.generator import TrainedGenerator
    from lit_wgan.trained.loaded import load_generator

_HOME = {
    "Trained": "found",
    "TrainedGenerator": "generator",
    "find_run": "found",
    "find_trained": "found",
    "load_generator": "loaded",
}

__all__ = ["Trained", "TrainedGenerator", "find_run", "find_trained", "load_generator"]


def __getattr__(name: str) -> Any:
    # Commands answer --help, and find what they are given, without torch, which takes seconds to import.
    if name in _HOME:
        return getattr(import_module(f"lit_wgan.trained.{_HOME[name]}"), name)
    raise AttributeError(f"module 'lit_wgan.trained' has no attribute '{name}'")
