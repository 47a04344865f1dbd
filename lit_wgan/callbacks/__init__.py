"""What watches a run: checkpoints, signals, samples, distances, fidelity, the critic's inside, progress."""

from lit_wgan.callbacks.breaks import ValidationBreak
from lit_wgan.callbacks.checkpoints import Checkpoints
from lit_wgan.callbacks.diagnostics import CriticDiagnostics
from lit_wgan.callbacks.evaluation import ExactW1, ModeCoverage
from lit_wgan.callbacks.fidelity import FidelityCallback
from lit_wgan.callbacks.interruptions import Interruptions
from lit_wgan.callbacks.progress import GeneratorUpdates, ProgressLines, Summary
from lit_wgan.callbacks.sample_metrics import SampleMetrics
from lit_wgan.callbacks.samples import SampleGrid, SampleWriter
from lit_wgan.callbacks.step_cosine import StepCosine
from lit_wgan.callbacks.stopped_early import StoppedEarly

__all__ = [
    "Checkpoints",
    "CriticDiagnostics",
    "ExactW1",
    "FidelityCallback",
    "GeneratorUpdates",
    "Interruptions",
    "ModeCoverage",
    "ProgressLines",
    "SampleGrid",
    "SampleMetrics",
    "SampleWriter",
    "StepCosine",
    "StoppedEarly",
    "Summary",
    "ValidationBreak",
]
