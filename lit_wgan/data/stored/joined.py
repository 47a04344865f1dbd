"""Several arrays as one."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lit_wgan.data.stored.base import Rows, StoredArray, check_rows
from lit_wgan.errors import UsageError


class Joined(StoredArray):
    """The rows of several arrays, one after another.

    Args:
        parts: the arrays, one or more.
        name: for messages.
        option: that named them.

    Raises:
        UsageError: if their rows differ in shape or type.
    """

    def __init__(self, parts: Sequence[StoredArray], name: str, option: str):
        first = parts[0]
        for part in parts:
            if (part.shape[1:], part.dtype) != (first.shape[1:], first.dtype):
                raise UsageError(
                    f"Expected the files of {option} to hold rows of one shape and type, but got {first.dtype} "
                    f"{first.shape[1:]} in {first.name} and {part.dtype} {part.shape[1:]} in {part.name}. "
                    "Name those that belong together, or save them alike."
                )
        self.parts, self.name, self.dtype = list(parts), name, first.dtype
        self._ends = np.cumsum([part.shape[0] for part in parts])
        self.shape = (int(self._ends[-1]), *first.shape[1:])

    def take(self, indices: npt.NDArray[np.integer[Any]]) -> Rows:
        """See :class:`StoredArray`."""
        check_rows(indices, self.shape[0])
        rows = np.empty((len(indices), *self.shape[1:]), self.dtype)
        owners = np.searchsorted(self._ends, indices, side="right")
        for owner in np.unique(owners):
            of_owner = np.flatnonzero(owners == owner)
            part = self.parts[owner]
            rows[of_owner] = part.take(indices[of_owner] - (self._ends[owner] - part.shape[0]))
        return rows

    def chunks(self) -> Iterator[Rows]:
        """See :class:`StoredArray`."""
        for part in self.parts:
            yield from part.chunks()

    def key(self) -> object:
        """See :class:`StoredArray`."""
        return [part.key() for part in self.parts]
