"""The interface of arrays that are read row by row from where they lie."""

import os
from collections.abc import Callable, Iterator
from math import prod
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

CHUNK_BYTES = 2**26
Rows = npt.NDArray[Any]
Handle = TypeVar("Handle")


class StoredArray(Protocol):
    """An array ``(N, ...)`` of booleans, integers or real numbers that is never loaded whole.

    It can be pickled, and used in processes that were forked: each opens the files for itself.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    name: str
    """For messages, such as ``showers.h5:/energy``."""

    def take(self, indices: npt.NDArray[np.integer[Any]]) -> Rows:
        """Rows ``(n, ...)`` in any order, repeated ones too: new, writable, C-contiguous and in native byte order.

        Raises:
            IndexError: for a row below 0 or above N - 1.
            UsageError: for a part of a file that is damaged.
        """

    def chunks(self) -> Iterator[Rows]:
        """All rows in order, at most about 64 MiB at a time."""

    def key(self) -> object:
        """JSON-able: paths, sizes and modification times, so that what is computed of the array can be cached."""


class SlicedArray(StoredArray, Protocol):
    """A stored array whose chunks are slices of it."""

    slow: str | None = None
    """What makes random rows slow to read, such as ``is kept in chunks of 64 rows``; None if they are not."""

    def rows(self, start: int, stop: int) -> Rows:
        """The rows ``start`` to ``stop``, as :meth:`take` gives them."""

    def chunks(self) -> Iterator[Rows]:
        """See :class:`StoredArray`."""
        step = max(1, CHUNK_BYTES // row_bytes(self))
        for start in range(0, self.shape[0], step):
            yield self.rows(start, min(start + step, self.shape[0]))


class PerProcess(Generic[Handle]):
    """What a process opens for itself when it first needs it: neither pickled nor shared with a fork.

    Args:
        opener: opens it; can be pickled.
    """

    def __init__(self, opener: Callable[[], Handle]):
        self.opener = opener
        self._opened: tuple[int, Handle] | None = None

    def __call__(self) -> Handle:
        """The handle of this process."""
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = os.getpid(), self.opener()
        return self._opened[1]

    def __getstate__(self) -> dict[str, Any]:
        return {"opener": self.opener, "_opened": None}


def row_bytes(array: StoredArray) -> int:
    """The size of a row in bytes."""
    return prod(array.shape[1:]) * array.dtype.itemsize


def native(rows: Rows) -> Rows:
    """The same numbers C-contiguous, writable and in native byte order; not copied if they are so already."""
    return np.require(rows, rows.dtype.newbyteorder("="), ["C", "W"])


def check_rows(indices: npt.NDArray[np.integer[Any]], count: int) -> None:
    """Raise an IndexError for a row that is not one of ``count``."""
    if len(indices) and not 0 <= indices.min() <= indices.max() < count:
        raise IndexError(f"rows 0 to {count - 1}, but got {indices.min()} to {indices.max()}")
