"""Arrays whose numbers lie in a file as they do in memory, to be mapped there."""

from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lit_wgan.data.arrays import HEADER_ERRORS
from lit_wgan.data.stored.base import PerProcess, Rows, SlicedArray, check_rows, native
from lit_wgan.data.stored.location import Location


class Layout(NamedTuple):
    """How an array lies in a file: from which byte on, and whether the first axis runs fastest."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    fortran_order: bool = False


class MappedArray(SlicedArray):
    """An array that is mapped into memory.

    Args:
        path: the file.
        layout: how the array lies in it.
        name: for messages.
        key: see :class:`StoredArray`; None for the file's own.
    """

    def __init__(self, path: Path, layout: Layout, name: str, key: object = None):
        self.shape, self.dtype, self.name = layout.shape, layout.dtype.newbyteorder("="), name
        self.layout = layout
        self.slow = "is kept column by column (in Fortran order)" if layout.fortran_order else None
        self._key = key or file_key(path)
        self._map = PerProcess(partial(_map, path, layout))

    def take(self, indices: npt.NDArray[np.integer[Any]]) -> Rows:
        """See :class:`StoredArray`."""
        check_rows(indices, self.shape[0])
        mapped = self._map()
        if self.layout.fortran_order:
            return native(mapped[indices])
        # As bytes, of which np.take copies whole rows at once wherever they begin; it would copy all of an array whose
        # numbers are not aligned.
        taken = np.take(mapped, indices, axis=0)
        return native(taken.view(self.layout.dtype).reshape(len(indices), *self.shape[1:]))

    def rows(self, start: int, stop: int) -> Rows:
        """See :class:`SlicedArray`."""
        mapped = self._map()[start:stop]
        if self.layout.fortran_order:
            return native(mapped)
        return native(mapped.copy().view(self.layout.dtype).reshape(stop - start, *self.shape[1:]))

    def key(self) -> object:
        """See :class:`StoredArray`."""
        return self._key


def file_key(path: Path) -> list[Any]:
    """A file's path, size and modification time."""
    stat = path.stat()
    return [str(path.absolute()), stat.st_size, stat.st_mtime_ns]


def read_header(file: IO[bytes]) -> Layout:
    """Read the header of an array in numpy's format, up to its first number.

    Raises:
        ValueError: for one that is damaged.
    """
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran_order, dtype = read(file)
    except HEADER_ERRORS as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    return Layout(shape, dtype, file.tell(), fortran_order and len(shape) > 1)


def map_npy(location: Location, offset: int = 0, key: object = None) -> MappedArray:
    """An array in numpy's format that begins at a byte of a file.

    Raises:
        UsageError: for a file that is damaged or cut short, and for an array that holds no real numbers.
    """
    try:
        with location.path.open("rb") as file:
            file.seek(offset)
            layout = read_header(file)
    except (ValueError, OSError) as error:
        raise location.damaged(error) from error
    location.check(layout.shape, layout.dtype)
    try:
        _map(location.path, layout)
    except (ValueError, OSError) as error:
        raise location.damaged(error) from error
    return MappedArray(location.path, layout, location.name, key)


def open_npy(location: Location) -> MappedArray:
    """The array of an ``.npy`` file.

    Raises:
        UsageError: see :func:`map_npy`.
    """
    if location.inner:
        raise location.error("and an .npy file holds one array, without a name", f"Give {location.path} alone")
    return map_npy(location)


def _map(path: Path, layout: Layout) -> Rows:
    """The array, in Fortran order; else its rows as bytes ``(N, b)``."""
    if layout.fortran_order:
        return np.asarray(np.memmap(path, layout.dtype, "r", layout.offset, layout.shape, "F"))
    size = int(np.prod(layout.shape[1:])) * layout.dtype.itemsize
    return np.asarray(np.memmap(path, np.uint8, "r", layout.offset, (layout.shape[0], size)))
