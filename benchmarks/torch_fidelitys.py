"""torch-fidelity's metrics for the same images, under lit-wgan's names; for tests and benchmarks."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from torch_fidelity import GenerativeModelModuleWrapper, calculate_metrics

from lit_wgan.evaluation.images import to_bytes

NAMES = {
    "fid": "frechet_inception_distance",
    "inception_score_mean": "inception_score_mean",
    "inception_score_std": "inception_score_std",
    "kid_mean": "kernel_inception_distance_mean",
    "kid_std": "kernel_inception_distance_std",
    "precision": "precision",
    "recall": "recall",
    "f_score": "f_score",
}
"""torch-fidelity's name of each metric."""


class Bytes(nn.Module):
    """A generator of images in [-1, 1], wrapped to give bytes."""

    def __init__(self, generator: nn.Module):
        super().__init__()
        self.generator = generator

    def forward(self, z: Tensor) -> Tensor:
        """Return images as uint8."""
        return to_bytes(self.generator(z))


class Images(Dataset[Tensor]):
    """An array of images as a data set."""

    def __init__(self, images: np.ndarray):
        self.images = torch.from_numpy(images)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.images[index]


def generated(generator: nn.Module, latent_dim: int) -> GenerativeModelModuleWrapper:
    """Wrap a generator for torch-fidelity."""
    return GenerativeModelModuleWrapper(Bytes(generator), latent_dim, "normal", 0)


def measure(fake: object, real: np.ndarray, **options: Any) -> dict[str, float]:
    """Run torch-fidelity's own entry point, on a CPU and without its cache, and return the metrics asked for."""
    quiet = {"cuda": False, "cache": False, "verbose": False}
    found = calculate_metrics(input1=fake, input2=Images(real), **quiet, **options)
    return {name: found[theirs] for name, theirs in NAMES.items() if theirs in found}
