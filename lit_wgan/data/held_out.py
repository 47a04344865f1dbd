"""Held-out samples, and those of the others that are trained on; batches of the former, divided among the devices."""

from collections.abc import Iterator
from math import ceil
from typing import Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.errors import UsageError, check_positive


def part_indices(count: int, held_out: int, train: bool) -> list[int]:
    """Indices, in rising order, of the images to train on or of those held out, by a fixed permutation.

    Args:
        count: of all images.
        held_out: how many to hold out, if not 0; else 1.
        train: the training part if true, else the held-out part.

    Raises:
        UsageError: for fewer than 2 images.
    """
    if count < 2:
        raise UsageError(
            f"Expected data.dataset to hold at least 2 images, one of them to hold out, but got {count}. Add images."
        )
    # RandomState, because numpy keeps its stream the same for ever (NEP 19), unlike that of newer generators.
    order = np.random.RandomState(0).permutation(count)
    split = count - max(1, held_out)
    return sorted((order[:split] if train else order[split:]).tolist())


def known_number(num_train: int | None) -> int | None:
    """The number of samples to train on, if one is given.

    Raises:
        UsageError: unless it is above 0.
    """
    check_positive(**{"data.num_train": 1 if num_train is None else num_train})
    return num_train


def trained_on(count: int, num_train: int | None) -> npt.NDArray[np.int64] | None:
    """Which of the samples that are not held out are trained on, in rising order; None for all.

    They are the first of a fixed permutation, the same for every seed, since files are often in the order of classes;
    of two numbers, the samples of the smaller one are among those of the larger.

    Args:
        count: of samples that are not held out.
        num_train: how many to train on; None for all.

    Raises:
        UsageError: for more than there are.
    """
    if num_train is None:
        return None
    if num_train > count:
        raise UsageError(
            f"Expected data.num_train of at most the {count} samples that are not held out, but got {num_train}. Lower "
            "it, or leave it out for all."
        )
    return np.sort(np.random.RandomState(0).permutation(count)[:num_train])


class Samples(Protocol):
    """Samples that can be sliced, such as a tensor ``(N, ...)``."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, rows: slice, /) -> Tensor:
        """Those of the given rows, shape ``(number of rows, ...)``."""


class HeldOutBatches:
    """This device's rows of each global minibatch of held-out samples, once and in order.

    Lightning's own sampler repeats samples until all devices have equally many, so that metrics would depend on the
    number of devices. Here a short last minibatch leaves some devices a row less, or none; all take as many steps.

    Args:
        samples: all of them.
        batch_size: the global minibatch m.
        rows: those of a global minibatch that belong to this device.
        conditions: of the samples, as many; None where the data has none.
    """

    def __init__(self, samples: Samples, batch_size: int, rows: slice, conditions: Samples | None = None):
        self.samples = samples
        self.batch_size = batch_size
        self.rows = rows
        self.conditions = conditions

    def __len__(self) -> int:
        return ceil(len(self.samples) / self.batch_size)

    def __iter__(self) -> Iterator[Minibatch]:
        numbers = range(len(self.samples))
        for first in numbers[:: self.batch_size]:
            mine = numbers[first : first + self.batch_size][self.rows]
            chosen = slice(mine.start, mine.stop, mine.step)
            yield Minibatch(self.samples[chosen], None if self.conditions is None else self.conditions[chosen])
