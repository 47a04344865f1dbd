"""Arrays in zarr folders, of formats 2 and 3."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lit_wgan.data.packages import optional_package
from lit_wgan.data.stored.base import PerProcess, Rows, SlicedArray, check_rows, native
from lit_wgan.data.stored.location import Location
from lit_wgan.engine.digests import fingerprint
from lit_wgan.engine.notices import tell_once

BROKEN = (LookupError, ValueError, TypeError, OSError, RuntimeError)
"""What zarr and its codecs raise for what is damaged."""


def open_zarr(location: Location) -> "ZarrArray":
    """An array of a zarr folder.

    Raises:
        UsageError: for a folder that is damaged, has no such array or holds no real numbers there.
    """
    zarr = optional_package("zarr", location.option)
    try:
        node = zarr.open(location.path, mode="r")
        is_array = isinstance(node, zarr.Array)
        members = {} if is_array else dict(node.members(max_depth=None))
    except BROKEN as error:
        raise location.damaged(error) from error
    if is_array and location.inner:
        raise location.error("and that folder is one array, without a name", f"Give {location.path} alone")
    if not is_array:
        arrays = {f"/{name}": member for name, member in members.items() if isinstance(member, zarr.Array)}
        asked = location._replace(inner=location.inner and f"/{location.inner.strip('/')}")
        chosen = asked.choose(list(arrays))
        location, node = location._replace(inner=chosen), arrays[chosen]
    location.check(node.shape, np.dtype(node.dtype))
    array = ZarrArray(node, location)
    _tell_missing_chunks(node, array)
    return array


class ZarrArray(SlicedArray):
    """An array of a zarr folder.

    Args:
        array: of which shape and type are taken.
        location: where it lies.
    """

    def __init__(self, array: Any, location: Location):
        self.shape, self.dtype, self.name = array.shape, array.dtype.newbyteorder("="), location.name
        self.location = location
        self.slow = f"is kept by zarr, in chunks of {array.chunks[0]} rows"  # a millisecond or so for every chunk
        self._array = PerProcess(partial(_open, location))

    def take(self, indices: npt.NDArray[np.integer[Any]]) -> Rows:
        """See :class:`StoredArray`. What is wanted of a chunk is read at once."""
        check_rows(indices, self.shape[0])
        different, places = np.unique(indices, return_inverse=True)
        if not len(different):
            return np.empty((0, *self.shape[1:]), self.dtype)
        try:
            rows = self._array().oindex[different]
        except BROKEN as error:
            raise self.location.damaged(error) from error
        return native(rows[places])

    def rows(self, start: int, stop: int) -> Rows:
        """See :class:`SlicedArray`."""
        try:
            return native(self._array()[start:stop])
        except BROKEN as error:
            raise self.location.damaged(error) from error

    def key(self) -> object:
        """See :class:`StoredArray`."""
        root = self.location.path.absolute() / self.location.inner.strip("/")
        files = [str(Path(folder) / name) for folder, _, names in os.walk(root) for name in names]
        return fingerprint(root, files)


def is_zarr(path: Path) -> bool:
    """Whether a folder is one of zarr."""
    return path.suffix == ".zarr" or any((path / name).exists() for name in ("zarr.json", ".zarray", ".zgroup"))


def _tell_missing_chunks(node: Any, array: ZarrArray) -> None:
    """Tell of chunks without a file, which are right where zarr was given nothing but the fill value."""
    if missing := node.nchunks - node.nchunks_initialized:
        tell_once(
            f"{missing} of the {node.nchunks} chunks of {array.name} have no file and are read as {node.fill_value}. "
            "zarr leaves out chunks of nothing else; but if there should be more, the copy is not complete."
        )


def _open(location: Location) -> Any:
    zarr = optional_package("zarr", location.option)
    return zarr.open_array(location.path, path=location.inner.strip("/"), mode="r")
