"""Metrics of the generator's samples at every validation, against real samples of a packaged DataModule."""

from typing import Any, cast

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.datamodules import ToyData
from lit_wgan.data.toy import GaussianMixture
from lit_wgan.data.transforms import TextTransform
from lit_wgan.engine.collectives import on_rank_zero
from lit_wgan.engine.minibatches import Condition, Minibatch
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.evaluation.conditions import are_class_numbers
from lit_wgan.evaluation.joint import class_weights, joint_points
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

    # What it may change, for conditional systems.

    def condition(self, system: AdversarialSystem, data: AdversarialData) -> Condition | None:
        """The condition of the generated samples; by default, that which belongs to their numbers."""
        return system.condition_of_samples(slice(self.num_samples))

    def evaluate_conditional(self, fake: Minibatch, data: AdversarialData) -> dict[str, float]:
        """As :meth:`evaluate`, for generated samples and the condition of each."""
        return self.evaluate(fake.real, data)

    def conditional_metric_names(self) -> list[str]:
        """The names of further metrics that are logged in conditional systems."""
        return []

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Draw samples, evaluate them on rank 0, and log the metrics on every rank."""
        system, data = cast(AdversarialSystem, pl_module), self.data_of(trainer)
        condition = self.condition(system, data)
        fake = Minibatch(system.sample(slice(self.num_samples), condition=condition), condition)
        system.log_dict(on_rank_zero(lambda: self._metrics(fake, data)))

    def data_of(self, trainer: Trainer) -> AdversarialData:
        """The trainer's data.

        Raises:
            UsageError: for a DataModule of a user's own.
        """
        data = getattr(trainer, "datamodule", None)
        if not isinstance(data, AdversarialData):
            raise UsageError(
                f"Expected one of lit-wgan's DataModules for {type(self).__name__}, but got "
                f"{type(data).__name__}. Remove the callback, or take ToyData or ImageData."
            )
        return data

    def _metrics(self, fake: Minibatch, data: AdversarialData) -> dict[str, float]:
        return self.evaluate(fake.real, data) if fake.condition is None else self.evaluate_conditional(fake, data)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Do the same after testing."""
        self.on_validation_epoch_end(trainer, pl_module)


class ExactW1(SampleEvaluation):
    """Logs ``eval/w1``, the exact Wasserstein-1 distance between generated and held-out real samples, and its floor.

    ``eval/w1_floor`` is the same distance for as many training samples instead of generated ones: what a perfect
    generator would reach on average.

    In a conditional system samples are generated under the held-out samples' own conditions. It logs, too,
    ``eval/w1_with_condition`` and its floor, the distance of pairs of a sample and its condition taken as one vector
    (:func:`~lit_wgan.evaluation.joint.joint_points`). Where conditions are classes, training samples have weights with
    which their classes are as frequent as those of the held-out ones.

    Args:
        num_samples: number of generated and of real samples.
    """

    def __init__(self, num_samples: int = 500):
        super().__init__(num_samples)

    def metric_names(self) -> list[str]:
        """``eval/w1`` and ``eval/w1_floor``."""
        return ["eval/w1", "eval/w1_floor"]

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Refuse text, and more samples than there are, before training, not at the first validation."""
        data = getattr(trainer, "datamodule", None)
        if isinstance(data, AdversarialData):
            if isinstance(data.transform, TextTransform):
                raise UsageError(
                    "Expected numbers for ExactW1, but got text. Take SampleMetrics with the metric ngram_jsd instead."
                )
            for train in (True, False):
                there = data.num_samples(train)
                if there is not None and there < self.num_samples:
                    raise UsageError(
                        f"Expected at least {self.num_samples} {'training' if train else 'held-out'} samples for "
                        f"ExactW1, but got {there}. Lower its num_samples."
                    )

    def conditional_metric_names(self) -> list[str]:
        """``eval/w1_with_condition`` and ``eval/w1_with_condition_floor``."""
        return ["eval/w1_with_condition", "eval/w1_with_condition_floor"]

    def condition(self, system: AdversarialSystem, data: AdversarialData) -> Condition | None:
        """The held-out samples' own."""
        return held_out_condition(system, data, self.num_samples)

    def evaluate(self, fake: Tensor, data: AdversarialData) -> dict[str, float]:
        """Compute ``eval/w1`` and ``eval/w1_floor``, in data units."""
        held_out = data.real_samples(self.num_samples, train=False).real
        train = data.real_samples(self.num_samples, train=True).real
        return {"eval/w1": exact_w1(held_out, fake.cpu()), "eval/w1_floor": exact_w1(held_out, train)}

    def evaluate_conditional(self, fake: Minibatch, data: AdversarialData) -> dict[str, float]:
        """Compute the four distances; that of pairs is in data units if those of conditions are the same."""
        held_out, train = (data.real_samples(self.num_samples, train) for train in (False, True))
        labels, told = train.condition, fake.condition
        weights = None
        if are_class_numbers(labels) and are_class_numbers(told):
            weights = class_weights(labels, told.cpu())
        pairs = joint_points([Minibatch(held_out.real, told), fake, train])
        return {
            "eval/w1": exact_w1(held_out.real, fake.real.cpu()),
            "eval/w1_floor": exact_w1(held_out.real, train.real, weights),
            "eval/w1_with_condition": exact_w1(pairs[0], pairs[1]),
            "eval/w1_with_condition_floor": exact_w1(pairs[0], pairs[2], weights),
        }


def held_out_condition(system: AdversarialSystem, data: AdversarialData, n: int) -> Condition | None:
    """The conditions of ``n`` held-out samples, for samples that are compared with these; None without conditions."""
    if system.condition is None:
        return None
    given = data.real_samples(n, train=False).condition
    return system.condition_asked(system.condition.of_batch(given, n), n)


class ModeCoverage(SampleEvaluation):
    """Logs how well samples cover a mixture of Gaussians: ``eval/smallest_mode_share``, ``eval/share_near_a_mode``.

    A sample belongs to the mode whose centre is nearest. The first metric is the share of samples in the rarest mode,
    ``1 / K`` at best for K modes; the second is the share of samples within ``radius`` of their mode's centre. In a
    system that is told the mode as a class, ``eval/share_in_own_mode`` is the share of samples in the mode of theirs.

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

    def conditional_metric_names(self) -> list[str]:
        """``eval/share_in_own_mode``, if the condition is a class."""
        return ["eval/share_in_own_mode"]

    def evaluate_conditional(self, fake: Minibatch, data: AdversarialData) -> dict[str, float]:
        """Compute the shares, each in ``[0, 1]``."""
        shares, told = self.evaluate(fake.real, data), fake.condition
        if told is None or not are_class_numbers(told):
            return shares
        _, mode = mixture_of(data).nearest_mode(fake.real.cpu())
        return shares | {"eval/share_in_own_mode": (mode == told.cpu()).double().mean().item()}

    def evaluate(self, fake: Tensor, data: AdversarialData) -> dict[str, float]:
        """Compute the two shares, each in ``[0, 1]``."""
        mixture = mixture_of(data)
        distance, mode = mixture.nearest_mode(fake.cpu())
        counts = torch.bincount(mode, minlength=len(mixture.centres))
        return {
            "eval/smallest_mode_share": counts.min().item() / len(fake),
            "eval/share_near_a_mode": (distance < self.radius).double().mean().item(),
        }


def mixture_of(data: AdversarialData) -> GaussianMixture:
    """The mixture that data is drawn from.

    Raises:
        UsageError: for any other data.
    """
    if not isinstance(data, ToyData) or not isinstance(data.distribution, GaussianMixture):
        raise UsageError(
            f"Expected a mixture of Gaussians for ModeCoverage, but got {type(data).__name__}. "
            "Set data.distribution to eight_gaussians or twenty_five_gaussians, or remove the callback."
        )
    return data.distribution
