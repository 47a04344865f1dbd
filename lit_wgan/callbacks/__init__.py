"""What watches a run: pictures of its samples, exact distances, fidelity, and the progress bar."""

from lit_wgan.callbacks.evaluation import ExactW1, ModeCoverage
from lit_wgan.callbacks.fidelity import FidelityCallback
from lit_wgan.callbacks.progress import GeneratorUpdates
from lit_wgan.callbacks.samples import SampleGrid, SampleWriter

__all__ = ["ExactW1", "FidelityCallback", "GeneratorUpdates", "ModeCoverage", "SampleGrid", "SampleWriter"]
