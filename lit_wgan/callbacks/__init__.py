"""What watches a run: pictures of its samples, exact distances, and the progress bar."""

from lit_wgan.callbacks.evaluation import ExactW1, ModeCoverage
from lit_wgan.callbacks.progress import GeneratorUpdates
from lit_wgan.callbacks.samples import SampleGrid, SampleWriter

__all__ = ["ExactW1", "GeneratorUpdates", "ModeCoverage", "SampleGrid", "SampleWriter"]
