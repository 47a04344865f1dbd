"""Copies of arrays that can be mapped into memory, made once and kept in a cache folder."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from lit_wgan.data.cache_folder import REMEDY, make_cache_folder
from lit_wgan.data.stored.base import Rows, StoredArray
from lit_wgan.data.stored.location import Location
from lit_wgan.data.stored.mapped import MappedArray, map_npy
from lit_wgan.engine.digests import json_sha256
from lit_wgan.engine.files import atomic_write, remove_leftovers
from lit_wgan.engine.notices import tell_once
from lit_wgan.errors import UsageError


def copied(array: StoredArray, cache_dir: Path) -> StoredArray:
    """A copy of an array as a memory-mapped ``.npy`` in a folder, made only if it is not there yet.

    It is written a few rows at a time, and appears when it is complete; any number of processes may ask for it at once.

    Raises:
        UsageError: if the folder cannot be written.
        WriteError: if its disk is full.
    """
    return cached_npy(cache_dir, array.key(), array.name, "Copying", array.shape, array.dtype, array.chunks)


def cached_npy(
    folder: Path,
    key: object,
    name: str,
    doing: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    chunks: Callable[[], Iterable[Rows]],
) -> MappedArray:
    """The array of a key, from its file in a folder, which is written if it is not there or cut short.

    Args:
        folder: of the caches.
        key: JSON-able, changes with the array.
        name: of the array, for messages.
        doing: what is told to be done, once.
        shape: of the array.
        dtype: of the array.
        chunks: gives all rows in order, in native byte order, as C-contiguous arrays ``(n, ...)``.

    Raises:
        UsageError: if the folder cannot be written.
        WriteError: if its disk is full.
    """
    path = cache_path(folder, key, ".npy")
    if not path.exists() or _cut_short(path):
        tell_once(f"{doing} {name}, once, into {path}.")
        prepare_cache(folder)
        with atomic_write(path, REMEDY) as file:
            header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for rows in chunks():
                file.write(rows.data)
    array = map_npy(Location(path, "", "data.cache_dir"), key=key)
    array.name = name
    return array


def cache_path(folder: Path, key: object, suffix: str) -> Path:
    """The file of a key in a folder of caches."""
    return folder.expanduser() / f"{json_sha256(key)[:32]}{suffix}"


def prepare_cache(folder: Path) -> None:
    """Make a folder for caches, and remove what killed processes have left there.

    Raises:
        UsageError: if it cannot be written.
    """
    folder = folder.expanduser()
    make_cache_folder(folder)
    remove_leftovers(folder, "*")


def _cut_short(path: Path) -> bool:
    try:
        map_npy(Location(path, "", "data.cache_dir"))
    except UsageError:
        return True
    return False
