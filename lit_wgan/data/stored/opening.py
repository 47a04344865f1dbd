"""Opens an array by what names it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lit_wgan.data.stored.base import Rows, StoredArray
from lit_wgan.data.stored.hdf5 import open_hdf5
from lit_wgan.data.stored.joined import Joined
from lit_wgan.data.stored.location import Location, locate, name_of
from lit_wgan.data.stored.mapped import open_npy
from lit_wgan.data.stored.memory import InMemory
from lit_wgan.data.stored.npz import open_npz
from lit_wgan.data.stored.zarr_folders import is_zarr, open_zarr
from lit_wgan.errors import UsageError

OPENERS: dict[str, Callable[[Location], StoredArray]] = {
    ".npy": open_npy,
    ".npz": open_npz,
    ".h5": open_hdf5,
    ".hdf5": open_hdf5,
}
"""By the ends of files' names."""


def open_array(spec: str | Path | Sequence[str | Path] | Rows | Tensor, option: str) -> StoredArray:
    """Open an array, of which nothing but the shape and the type of its entries is read.

    Args:
        spec: the path of an ``.npy`` file; of an array in another file, ``file.npz:name`` and ``file.h5:/group/name``,
            or of a zarr folder, ``folder.zarr:/name``, where the name can be left out if there is one array; a pattern
            such as ``part_*.npy``, whose files are joined in natural order, ``part_2`` before ``part_10``; a list of
            all these, joined in its order; or an array or tensor in memory.
        option: that names it, for messages, such as ``data.samples``.

    Returns:
        The array ``(N, ...)``.

    Raises:
        UsageError: if there is no such file or array, if it is damaged, if it holds no rows or other than booleans,
            integers and real numbers, and for several whose rows differ in shape or type.
    """
    if isinstance(spec, Tensor):
        spec = (spec.float() if spec.dtype == torch.bfloat16 else spec).detach().cpu().numpy()
    if isinstance(spec, np.ndarray):
        array = InMemory(spec, option)
        Location(Path("an array"), "", option).check(array.shape, array.dtype)
        return array
    specs = [spec] if isinstance(spec, str | Path) else list(spec)
    if not specs:
        raise UsageError(f"Expected {option} to name a file, but got an empty list. Name one or more.")
    locations = [location for each in specs for location in locate(each, option)]
    parts = [_open(location) for location in locations]
    return parts[0] if len(parts) == 1 else Joined(parts, name_of(specs), option)


def _open(location: Location) -> StoredArray:
    if is_zarr(location.path):
        return open_zarr(location)
    if location.path.is_dir():
        raise location.error("which is a folder, and none of zarr", "Name the files in it, such as folder/*.npy")
    opener = OPENERS.get(location.path.suffix.lower())
    if opener is None:
        known = ", ".join([*OPENERS, ".zarr"])
        raise location.error("which is of no known kind", f"Its name has to end in one of {known}")
    return opener(location)
