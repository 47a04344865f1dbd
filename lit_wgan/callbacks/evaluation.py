"""Metrics of the generator's samples at every validation, against real samples of a packaged DataModule."""

from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.datamodules import ToyData
from lit_wgan.data.toy import GaussianMixture
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.evaluation.wasserstein import exact_w1
from lit_wgan.systems.base import AdversarialSystem


class SampleEvaluation(Callback):
    """Compares generated with real samples when validation or testing ends. A subclass supplies the metrics.

    Args:
        num_samples: number of generated samples.
    """

    def __init__(self, num_samples: int):
        check_positive(num_samples=num_samples)
        self.num_samples = num_samples

    def evaluate(self, fake: Tensor, data: AdversarialData) -> dict[str, float]:
        """Compute the metrics to log from ``num_samples`` generated samples."""
        raise NotImplementedError

    def metric_names(self) -> list[str]:
        """The names of the metrics that are logged."""
        raise NotImplementedError

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Draw samples, evaluate them on rank 0, and log the metrics on every rank."""
        system: AdversarialSystem = pl_module
        data = getattr(trainer, "datamodule", None)
        if not isinstance(data, AdversarialData):
            raise UsageError(
                f"Expected one of lit-wgan's DataModules for {type(self).__name__}, but got "
                f"{type(data).__name__}. Remove the callback, or take ToyData or ImageData."
            )
        fake = system.sample(slice(self.num_samples))
        metrics = self.evaluate(fake, data) if trainer.is_global_zero else {}
        system.log_dict(trainer.strategy.broadcast(metrics))

    def on_test_epoch_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Do the same after testing."""
        self.on_validation_epoch_end(trainer, pl_module)


class ExactW1(SampleEvaluation):
    """Logs ``eval/w1``, the exact Wasserstein-1 distance between generated and held-out real samples, and its floor.

    ``eval/w1_floor`` is the same distance for as many training samples instead of generated ones: what a perfect
    generator would reach on average.

    Args:
        num_samples: number of generated and of real samples.
    """

    def __init__(self, num_samples: int = 500):
        super().__init__(num_samples)

    def metric_names(self) -> list[str]:
        """``eval/w1`` and ``eval/w1_floor``."""
        return ["eval/w1", "eval/w1_floor"]

    def evaluate(self, fake: Tensor, data: AdversarialData) -> dict[str, float]:
        """Compute ``eval/w1`` and ``eval/w1_floor``, in data units."""
        held_out = data.real_samples(self.num_samples, train=False).real
        train = data.real_samples(self.num_samples, train=True).real
        return {"eval/w1": exact_w1(held_out, fake.cpu()), "eval/w1_floor": exact_w1(held_out, train)}


class ModeCoverage(SampleEvaluation):
    """Logs how well samples cover a mixture of Gaussians: ``eval/smallest_mode_share``, ``eval/share_near_a_mode``.

    A sample belongs to the mode whose centre is nearest. The first metric is the share of samples in the rarest mode,
    ``1 / K`` at best for K modes; the second is the share of samples within ``radius`` of their mode's centre.

    Args:
        num_samples: number of generated samples.
        radius: largest distance that counts as near, in data units.
    """

    def __init__(self, num_samples: int = 2048, radius: float = 0.1):
        super().__init__(num_samples)
        self.radius = radius

    def metric_names(self) -> list[str]:
        """``eval/smallest_mode_share`` and ``eval/share_near_a_mode``."""
        return ["eval/smallest_mode_share", "eval/share_near_a_mode"]

    def evaluate(self, fake: Tensor, data: AdversarialData) -> dict[str, float]:
        """Compute the two shares, each in ``[0, 1]``."""
        if not isinstance(data, ToyData) or not isinstance(data.distribution, GaussianMixture):
            raise UsageError(
                f"Expected a mixture of Gaussians for ModeCoverage, but got {type(data).__name__}. "
                "Set data.distribution to eight_gaussians or twenty_five_gaussians, or remove the callback."
            )
        distance, mode = data.distribution.nearest_mode(fake.cpu())
        counts = torch.bincount(mode, minlength=len(data.distribution.centres))
        return {
            "eval/smallest_mode_share": counts.min().item() / len(fake),
            "eval/share_near_a_mode": (distance < self.radius).double().mean().item(),
        }
