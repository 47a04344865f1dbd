"""A dataset of images and their conditions as memory-mapped arrays, decoded once and kept on disk."""

import hashlib
import logging
import struct
import tokenize
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lit_wgan.data.cache_folder import REMEDY, make_cache_folder
from lit_wgan.data.item_conditions import ConditionOf, Examples
from lit_wgan.data.resizing import Size
from lit_wgan.data.value_range import OF_THEIR_TYPE, ValueRange
from lit_wgan.engine.ending import ends_at_sigterm
from lit_wgan.engine.files import atomic_write, remove_leftovers
from lit_wgan.engine.notices import tell_once

logger = logging.getLogger(__name__)

HEADER_ERRORS = (
    LookupError,
    TypeError,
    ArithmeticError,
    EOFError,
    MemoryError,
    SyntaxError,
    tokenize.TokenError,
    RecursionError,
    struct.error,
)
"""What numpy lets through, beside a ValueError, from parsing a header, which is a Python expression."""
IMAGE_TYPES = ("uint8", "uint16", "float32")
CONDITION_TYPES = ("int64", "float32", "uint8")
"""Of classes, of numbers and of images."""
IMAGES_PER_WRITE = 32  # few, so that memory does not grow with N


class Arrays(NamedTuple):
    """Memory-mapped arrays of a data set: its images ``(N, C, H, W)`` and their conditions ``(N, ...)``, if any."""

    images: npt.NDArray[Any]
    conditions: npt.NDArray[Any] | None

    def some(self, rows: npt.NDArray[np.int64]) -> "Arrays":
        """Copies of the images and conditions of some rows, in memory."""
        return Arrays(self.images[rows], None if self.conditions is None else self.conditions[rows])


def cached_arrays(
    path: Path,
    open_dataset: Callable[[], Dataset[Any]],
    *,
    size: Size | None = None,
    condition_of: ConditionOf | None = None,
    values: ValueRange = OF_THEIR_TYPE,
    num_workers: int = 0,
) -> Arrays:
    """The images and conditions of a dataset as read-only memory-mapped arrays, decoded only if not on disk yet.

    The files appear under their names only when they are complete, so any number of processes may ask for them at once:
    each writes files of its own and the last to finish replaces the others' equal ones. Files that are cut short, have
    no valid header or come from different readings of the dataset are written again; other damage is not noticed. The
    global random state of torch is left as it was, so that a run does not depend on whether the files were there.

    Args:
        path: the ``.npy`` file of the images, whose folder is made if need be; that of the conditions lies beside it
            and ends in ``.conditions.npy``.
        open_dataset: gives the dataset; called only to decode.
        size: height and width to crop and resize to, see ``crop_and_resize``; None keeps the images as they are.
        condition_of: what of an item is its condition; None for images alone.
        values: that images may have.
        num_workers: processes that decode; 0 decodes in this one.

    Returns:
        uint8, uint16 or float32 (N, C, H, W) in the dataset's order and, row by row, what :func:`to_condition` makes of
        the conditions. Both are an ``np.memmap``: pages are read from disk as they are indexed.

    Raises:
        UsageError: if the folder of ``path`` cannot be written, or for an item that :class:`Examples` refuses.
    """
    remove_leftovers(path.parent, "*.npy")
    paths = [path] if condition_of is None else [path, path.with_suffix(".conditions.npy")]
    while (arrays := _open(paths)) is None:
        with ends_at_sigterm(), torch.random.fork_rng(devices=[]):
            _write(paths, Examples(open_dataset(), size, condition_of, values), num_workers)
    return arrays


def map_array(path: Path) -> npt.NDArray[Any]:
    """Map the array in an ``.npy`` file into memory, to be read only; nothing in the file is unpickled.

    Raises:
        OSError: for a file that cannot be opened.
        ValueError: for one that is damaged, or holds objects.
    """
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except HEADER_ERRORS as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _open(paths: Sequence[Path]) -> Arrays | None:
    """The arrays in the files of images and, if there are two, of conditions; None if they have to be written."""
    try:
        images, *others = (map_array(path) for path in paths)
        if images.ndim != 4 or images.dtype not in IMAGE_TYPES:
            raise ValueError(f"it holds an array of {images.dtype} {images.shape}")
        if others and (others[0].dtype not in CONDITION_TYPES or others[0].shape[:1] != images.shape[:1]):
            raise ValueError(f"{paths[1].name} holds an array of {others[0].dtype} {others[0].shape}")
        if others and not _trailer(paths[0], images) == _trailer(paths[1], others[0]) != b"":
            raise ValueError(f"it and {paths[1].name} come from different readings")
        return Arrays(images, others[0] if others else None)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        logger.warning("Writing %s again, because it is damaged: %s.", paths[0], error)
        return None


def _trailer(path: Path, array: npt.NDArray[Any]) -> bytes:
    """What follows the array in a file: the digest of all that was read together with it."""
    with path.open("rb") as file:
        file.seek(cast(np.memmap, array).offset + array.nbytes)
        return file.read()


def _write(paths: Sequence[Path], examples: Examples, num_workers: int) -> None:
    tell_once(f"Decoding {len(examples)} images, once, into {paths[0]}.")
    folder = paths[0].parent
    loader = DataLoader(examples, IMAGES_PER_WRITE, num_workers=num_workers, collate_fn=_stacked)
    make_cache_folder(folder)
    digest = hashlib.blake2b(digest_size=16)
    # Written, not memory-mapped: on a full disk a write raises, while a memory map kills the process.
    batches = iter(loader)  # before the files are there, lest workers hold them open when this process is killed
    with ExitStack() as stack:
        files = [stack.enter_context(atomic_write(path, REMEDY)) for path in paths]
        for file, like in zip(files, examples.like, strict=True):
            descr = np.lib.format.dtype_to_descr(like.numpy().dtype)
            header = {"descr": descr, "fortran_order": False, "shape": (len(examples), *like.shape)}
            np.lib.format.write_array_header_1_0(file, header)
        for batch in batches:
            for file, rows in zip(files, batch, strict=True):
                file.write(rows.numpy())
                digest.update(rows.numpy())
        if len(files) > 1:
            for file in files:
                file.write(digest.digest())  # behind the array, where numpy does not look


def _stacked(examples: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    return tuple(map(torch.stack, zip(*examples, strict=True)))
