"""lit-wgan: Wasserstein GANs as the papers describe them, on PyTorch Lightning."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lit_wgan.moved import keep_former_names

if TYPE_CHECKING:
    from lit_wgan.callbacks import (
        CriticDiagnostics,
        ExactW1,
        FidelityCallback,
        ModeCoverage,
        SampleGrid,
        SampleMetrics,
        SampleWriter,
        StepCosine,
    )
    from lit_wgan.data import ArrayData, ImageData, StreamingData, TextData, ToyData
    from lit_wgan.data.conditions import ClassLabels, SeveralConditions, Values
    from lit_wgan.evaluation import GenerativeEvaluator
    from lit_wgan.runs.wandb_run import WandbRun
    from lit_wgan.systems import GAN, LSGAN, WGAN, WGANGP, AdversarialSystem, WarmStart
    from lit_wgan.trained import load_generator

__version__ = "0.1.0"

keep_former_names()

_HOME = {
    "GAN": "systems.gan",
    "LSGAN": "systems.lsgan",
    "WGAN": "systems.wgan",
    "WGANGP": "systems.wgan_gp",
    "AdversarialSystem": "systems.base",
    "WarmStart": "functional.schedules",
    "ArrayData": "data.array_data",
    "ClassLabels": "data.conditions",
    "ImageData": "data.image_data",
    "SeveralConditions": "data.conditions",
    "StreamingData": "data.streaming",
    "TextData": "data.text_data",
    "Values": "data.conditions",
    "ToyData": "data.datamodules",
    "CriticDiagnostics": "callbacks.diagnostics",
    "ExactW1": "callbacks.evaluation",
    "FidelityCallback": "callbacks.fidelity",
    "ModeCoverage": "callbacks.evaluation",
    "SampleGrid": "callbacks.samples",
    "SampleMetrics": "callbacks.sample_metrics",
    "SampleWriter": "callbacks.samples",
    "StepCosine": "callbacks.step_cosine",
    "GenerativeEvaluator": "evaluation.evaluator",
    "load_generator": "trained.loaded",
    "WandbRun": "runs.wandb_run",
}

__all__ = [
    "GAN",
    "LSGAN",
    "WGAN",
    "WGANGP",
    "AdversarialSystem",
    "ArrayData",
    "ClassLabels",
    "CriticDiagnostics",
    "ExactW1",
    "FidelityCallback",
    "GenerativeEvaluator",
    "ImageData",
    "ModeCoverage",
    "SampleGrid",
    "SampleMetrics",
    "SampleWriter",
    "SeveralConditions",
    "StepCosine",
    "StreamingData",
    "TextData",
    "ToyData",
    "Values",
    "WandbRun",
    "WarmStart",
    "load_generator",
]


def __getattr__(name: str) -> Any:
    # Importing torch and Lightning takes seconds: the command line answers --help and --version without them.
    if name in _HOME:
        return getattr(import_module(f"lit_wgan.{_HOME[name]}"), name)
    raise AttributeError(f"module 'lit_wgan' has no attribute '{name}'")
