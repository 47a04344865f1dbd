"""Rows of stored samples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lit_wgan.data.parts.column import Column, Told
from lit_wgan.engine.minibatches import Condition, Minibatch, map_condition

ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Part:
    """Some rows of stored samples and of what belongs to them.

    Args:
        samples: all of them.
        conditions: of all of them, none or several.
        rows: the numbers of those that are meant, ``(n,)``.
        weights: of these, ``(n,)``, float64; None where all weigh the same.
    """

    samples: Column
    conditions: tuple[Told, ...]
    rows: npt.NDArray[np.int64]
    weights: Tensor | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: Tensor) -> Minibatch:
        """The samples of some of the rows, as they are stored, and their conditions."""
        return Minibatch(self.take_samples(indices), self.take_conditions(indices))

    def take_samples(self, indices: Tensor) -> Tensor:
        """The samples of some of the rows, as they are stored."""
        return self.samples.take(self.rows[indices.numpy()])

    def take_conditions(self, indices: Tensor) -> Condition | None:
        """The conditions of some of the rows, several as a tuple; None where there are none."""
        told = tuple(condition.take(self.rows[indices.numpy()]) for condition in self.conditions)
        return told if len(told) > 1 else told[0] if told else None

    @property
    def nbytes(self) -> int:
        """What all rows take in a device's memory."""
        return len(self) * sum(column.row_bytes for column in (self.samples, *self.conditions))

    def on(self, device: torch.device) -> Minibatch:
        """All rows on a device, copied in parts, so that the host never holds them as a whole."""
        like = self.take(torch.arange(1))
        resident = like.map(lambda rows: rows.new_empty((len(self), *rows.shape[1:]), device=device))
        for indices in torch.arange(len(self)).split(ROWS_AT_ONCE):
            taken, place = self.take(indices), slice(int(indices[0]), int(indices[-1]) + 1)
            resident.real[place] = taken.real.to(device)
            map_condition(lambda rows, new, place=place: rows[place].copy_(new), resident.condition, taken.condition)
        return resident


class PartMinibatches:
    """Minibatches of a part.

    Args:
        part: of the samples.
        sampler: gives the indices of minibatch t by ``sampler[t]``.
        rows: those of a global minibatch that belong to this device.
    """

    def __init__(self, part: Part, sampler: Any, rows: slice):
        self.part = part
        self.sampler = sampler
        self.rows = rows

    def minibatch(self, number: int) -> Minibatch:
        """This device's rows of minibatch ``number``, as they are stored."""
        return self.part.take(self.sampler[number][self.rows])


class Slices:
    """Slices of the rows of a part, as loaders of held-out samples take them.

    Args:
        take: gives what is meant of the rows of some indices.
        indices: the order of the rows.
    """

    def __init__(self, take: Callable[[Tensor], Any], indices: Tensor):
        self.take = take
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, rows: slice) -> Any:
        return self.take(self.indices[rows])
