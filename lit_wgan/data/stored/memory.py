"""Arrays in memory, with the interface of stored ones."""

import hashlib
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lit_wgan.data.stored.base import Rows, SlicedArray, check_rows, native


class InMemory(SlicedArray):
    """An array in memory.

    Args:
        array: ``(N, ...)``.
        name: for messages.
    """

    def __init__(self, array: Rows, name: str):
        self.shape, self.dtype, self.name = array.shape, array.dtype.newbyteorder("="), name
        self.array = array

    def take(self, indices: npt.NDArray[np.integer[Any]]) -> Rows:
        """See :class:`StoredArray`."""
        check_rows(indices, self.shape[0])
        return native(self.array[indices])

    def rows(self, start: int, stop: int) -> Rows:
        """See :class:`SlicedArray`."""
        return native(self.array[start:stop].copy())

    def key(self) -> object:
        """The digest of the numbers, with their type and shape."""
        return self._key

    @cached_property
    def _key(self) -> list[Any]:
        digest = hashlib.blake2b(digest_size=16)
        for rows in self.chunks():
            digest.update(rows.data)
        return [digest.hexdigest(), self.dtype.str, list(self.shape)]
