"""Held-out samples, divided among the devices."""

from collections.abc import Iterator
from math import ceil
from typing import Protocol

from torch import Tensor


class Samples(Protocol):
    """Samples that can be sliced, such as a tensor ``(N, ...)``."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, rows: slice, /) -> Tensor:
        """Those of the given rows, shape ``(number of rows, ...)``."""


class HeldOutBatches:
    """This device's rows of each global minibatch of held-out samples, once and in order.

    Lightning's own sampler repeats samples so that all devices get as many, and its figures depend on their number.
    Here a short last minibatch leaves some devices a row less than others, or none; all take as many steps.

    Args:
        samples: all of them.
        batch_size: the global minibatch m.
        rows: those of a global minibatch that belong to this device.
    """

    def __init__(self, samples: Samples, batch_size: int, rows: slice):
        self.samples = samples
        self.batch_size = batch_size
        self.rows = rows

    def __len__(self) -> int:
        return ceil(len(self.samples) / self.batch_size)

    def __iter__(self) -> Iterator[Tensor]:
        numbers = range(len(self.samples))
        for first in numbers[:: self.batch_size]:
            mine = numbers[first : first + self.batch_size][self.rows]
            yield self.samples[mine.start : mine.stop : mine.step]
