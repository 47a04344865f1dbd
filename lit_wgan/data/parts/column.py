"""A stored array, or columns of a table, and what its numbers mean."""

import math
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lit_wgan.data.image_minibatches import bytes_to_unit_range
from lit_wgan.data.stored import StoredArray, Table


class Column:
    """A stored array ``(N, ...)`` or columns of a table, with what they are to networks.

    Args:
        array: what is stored.
        table: whose columns they are, if they are of one.
    """

    def __init__(self, array: StoredArray, table: Table | None = None):
        self.array = array
        self.table = table

    def __len__(self) -> int:
        return self.array.shape[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample; a single number is ``(1,)``."""
        return self.array.shape[1:] or (1,)

    @property
    def row_bytes(self) -> int:
        """Of one sample in memory."""
        return math.prod(self.shape) * self.array.dtype.itemsize

    def take(self, rows: npt.NDArray[np.int64]) -> Tensor:
        """Samples ``(n, *shape)`` as they are stored."""
        return torch.from_numpy(self.array.take(rows)).reshape(len(rows), *self.shape)


class Told(Column):
    """A column that tells the condition of each sample."""

    @cached_property
    def is_class(self) -> bool:
        """Whether it holds class numbers: whole numbers, one for each sample, or the categories of a column."""
        if self.table is not None:
            return len(self.table.names) == 1 and bool(self.table.categories[0])
        return self.shape == (1,) and self.array.dtype.kind in "iub"

    @cached_property
    def num_classes(self) -> int:
        """One more than the largest class number."""
        if self.table is not None:
            return len(self.table.categories[0])
        return 1 + max(int(chunk.max()) for chunk in self.array.chunks())

    def take(self, rows: npt.NDArray[np.int64]) -> Tensor:
        """Class numbers ``(n,)``, int64; images of bytes in ``[-1, 1]``; other numbers ``(n, *shape)`` as float32."""
        taken = super().take(rows)
        if self.is_class:
            return taken.reshape(len(rows)).long()
        return bytes_to_unit_range(taken).float() if len(self.shape) > 1 else taken.float()


def number_of_each(column: Column) -> npt.NDArray[Any]:
    """All numbers of a column of one number for each sample, ``(N,)``."""
    return np.concatenate([chunk.reshape(-1) for chunk in column.array.chunks()])
