"""Arrays in HDF5 files."""

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lit_wgan.data.packages import optional_package
from lit_wgan.data.stored.base import PerProcess, Rows, SlicedArray, StoredArray, check_rows, native
from lit_wgan.data.stored.location import Location
from lit_wgan.data.stored.mapped import Layout, MappedArray, file_key
from lit_wgan.data.stored.slow import of_chunks


def open_hdf5(location: Location) -> StoredArray:
    """An array of an HDF5 file, mapped where it lies if it lies in one piece as it is in memory.

    Raises:
        UsageError: for a file that is damaged, has no such array or holds no real numbers there.
    """
    h5py = optional_package("h5py", location.option)
    try:
        with _open_file(location) as file:
            location = location._replace(inner=_choose(file, location, h5py))
            dataset = file[location.inner]
            location.check(dataset.shape or (), dataset.dtype)
            return _array(dataset, location, h5py)
    except (OSError, RuntimeError, KeyError) as error:
        raise location.damaged(error) from error


class HDF5Array(SlicedArray):
    """A dataset of an HDF5 file that h5py reads.

    Args:
        dataset: of which shape, type and chunks are taken.
        location: where it lies.
    """

    def __init__(self, dataset: Any, location: Location):
        self.shape, self.dtype, self.name = dataset.shape, dataset.dtype.newbyteorder("="), location.name
        self.location = location
        self.rows_per_chunk = dataset.chunks[0] if dataset.chunks else 1
        filters = dataset.id.get_create_plist().get_nfilters()
        self.slow = of_chunks(self, self.rows_per_chunk, compressed=filters > 0) if dataset.chunks else None
        self._dataset = PerProcess(partial(_open_dataset, location))

    def take(self, indices: npt.NDArray[np.integer[Any]]) -> Rows:
        """See :class:`StoredArray`. All that is wanted of a chunk is read at once."""
        check_rows(indices, self.shape[0])
        taken = np.empty((len(indices), *self.shape[1:]), self.dtype)
        order = np.argsort(indices, kind="stable")
        boundaries = np.flatnonzero(np.diff(indices[order] // self.rows_per_chunk)) + 1
        for wanted in np.split(order, boundaries) if len(order) else []:
            first, last = indices[wanted[0]], indices[wanted[-1]]
            taken[wanted] = self.rows(first, last + 1)[indices[wanted] - first]
        return taken

    def rows(self, start: int, stop: int) -> Rows:
        """See :class:`SlicedArray`."""
        try:
            return native(self._dataset()[start:stop])
        except (OSError, RuntimeError) as error:
            raise self.location.damaged(error) from error

    def key(self) -> object:
        """See :class:`StoredArray`."""
        return [*file_key(self.location.path), self.location.inner]


def _array(dataset: Any, location: Location, h5py: Any) -> StoredArray:
    offset = dataset.id.get_offset()  # None in chunks, in a header, in other files, or where nothing was written
    as_in_memory = dataset.id.get_type() == h5py.h5t.py_create(dataset.dtype, logical=True)
    if offset is None or dataset.external or not as_in_memory:
        return HDF5Array(dataset, location)
    layout = Layout(dataset.shape, dataset.dtype, offset)
    return MappedArray(location.path, layout, location.name, [*file_key(location.path), location.inner])


def _choose(file: Any, location: Location, h5py: Any) -> str:
    """The path of the dataset that is meant, from the root ``/`` on."""
    asked = f"/{location.inner.strip('/')}" if location.inner else ""
    if asked and isinstance(file.get(asked), h5py.Dataset):
        return asked
    names: list[str] = []
    file.visititems(lambda name, node: names.append(f"/{name}") if isinstance(node, h5py.Dataset) else None)
    return location._replace(inner=asked).choose(names)


def _open_file(location: Location) -> Any:
    # Locked only where the file system can, so that another program does not write the file meanwhile.
    return optional_package("h5py", location.option).File(location.path, "r", locking="best-effort")


def _open_dataset(location: Location) -> Any:
    return _open_file(location)[location.inner]
