"""Where conditions come from: a loader's batches in training, the number of a sample when samples are drawn."""

from typing import Any

import torch
from torch import Tensor

from lit_wgan.engine.minibatches import Condition
from lit_wgan.errors import UsageError, check_positive


class ConditionSource:
    """What the networks of a conditional system are told. Subclasses say what a condition is."""

    def of_batch(self, given: Any, rows: int) -> Condition:
        """The condition of a real minibatch of ``rows`` samples, from what its loader gave beside them.

        Raises:
            UsageError: if that is no condition for so many samples.
        """
        raise NotImplementedError

    def of_samples(self, rows: slice, device: torch.device | str | None = None) -> Condition:
        """The conditions of the generated samples of the given numbers, always the same."""
        raise NotImplementedError


class ClassLabels(ConditionSource):
    """Class numbers ``(m,)``, int64, from 0 on. Sample i is drawn from class ``i`` modulo their number.

    Args:
        num_classes: how many classes there are.
    """

    def __init__(self, num_classes: int):
        check_positive(num_classes=num_classes)
        self.num_classes = num_classes

    def of_batch(self, given: Any, rows: int) -> Tensor:
        """The labels as int64. Their range is checked where they are on a CPU, since a GPU would have to be waited for.

        Raises:
            UsageError: for batches without labels, other types or shapes, and labels out of range.
        """
        expected = f"Expected batches (samples, labels) with whole numbers from 0 to {self.num_classes - 1}"
        if not isinstance(given, Tensor):
            got = "no labels" if given is None else f"{type(given).__name__}s as labels"
            raise UsageError(f"{expected}, but got {got}. Let the loader return them second, or remove the condition.")
        if given.is_floating_point() or given.is_complex() or given.shape != (rows,):
            raise UsageError(
                f"{expected}, shape ({rows},), but got labels of {given.dtype}, shape {tuple(given.shape)}. Return one "
                "class number per sample."
            )
        if given.device.type == "cpu" and rows and not 0 <= given.min() <= given.max() < self.num_classes:
            raise UsageError(
                f"{expected}, but got labels from {given.min()} to {given.max()}. Set num_classes, or number the "
                "classes from 0."
            )
        return given.long()

    def of_samples(self, rows: slice, device: torch.device | str | None = None) -> Tensor:
        """The numbers of samples modulo that of classes."""
        return torch.arange(rows.start or 0, rows.stop, rows.step or 1, device=device) % self.num_classes
