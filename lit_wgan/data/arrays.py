"""A dataset of images as one memory-mapped uint8 array ``(N, C, H, W)``, decoded once and kept on disk."""

import logging
import struct
import tokenize
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Dataset

from lit_wgan.data.pixels import Pixels
from lit_wgan.engine.ending import ends_at_sigterm
from lit_wgan.engine.files import atomic_write, make_writable, remove_leftovers
from lit_wgan.engine.notices import tell_once
from lit_wgan.errors import UsageError

logger = logging.getLogger(__name__)

_OF_HEADERS = (SyntaxError, tokenize.TokenError, RecursionError, struct.error)
"""What numpy lets through from parsing a header, which is a Python expression."""
IMAGES_PER_WRITE = 32  # few, so that memory does not grow with N


def cached_array(
    path: Path, open_dataset: Callable[[], Dataset[Any]], *, image_size: int | None = None, num_workers: int = 0
) -> npt.NDArray[np.uint8]:
    """The images of a dataset as a read-only memory-mapped array, decoded only if ``path`` does not hold them yet.

    The file appears under its name only when it is complete, so any number of processes may ask for it at once: each
    writes a file of its own and the last to finish replaces the others' equal one. A file that is cut short or has no
    valid header is written again; other damage is not noticed. The global random state of torch is left as it was,
    so that a run does not depend on whether the file was there.

    Args:
        path: the ``.npy`` file, whose folder is made if need be.
        open_dataset: gives the dataset; called only to decode.
        image_size: pixels per side to crop and resize to, see ``to_square``; None keeps the images as they are.
        num_workers: processes that decode; 0 decodes in this one.

    Returns:
        uint8 (N, C, H, W) in the dataset's order, an ``np.memmap``: pages are read from disk as they are indexed.

    Raises:
        UsageError: if the folder of ``path`` cannot be written, or for an item that ``Pixels`` refuses.
    """
    remove_leftovers(path.parent, "*.npy")
    array = _open(path)
    if array is None:
        with ends_at_sigterm(), torch.random.fork_rng(devices=[]):
            _write(path, Pixels(open_dataset(), image_size), num_workers)
        array = np.lib.format.open_memmap(path, mode="r")
    return array


def map_array(path: Path) -> npt.NDArray[Any]:
    """Map the array in an ``.npy`` file into memory, to be read only; nothing in the file is unpickled.

    Raises:
        OSError: for a file that cannot be opened.
        ValueError: for one that is damaged, or holds objects.
    """
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except (LookupError, TypeError, ArithmeticError, EOFError, MemoryError, *_OF_HEADERS) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _open(path: Path) -> npt.NDArray[np.uint8] | None:
    try:
        array = map_array(path)
        if array.ndim != 4 or array.dtype != np.uint8:
            raise ValueError(f"it holds an array of {array.dtype} {array.shape}")
        return array
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        logger.warning("Writing %s again, because it is damaged: %s.", path, error)
        return None


def _write(path: Path, pixels: Pixels, num_workers: int) -> None:
    tell_once(f"Decoding {len(pixels)} images, once, into {path}.")
    loader = DataLoader(pixels, IMAGES_PER_WRITE, num_workers=num_workers, collate_fn=torch.stack)
    try:
        make_writable(path.parent)
    except OSError as error:
        raise UsageError(
            f"Expected data.cache_dir to be a folder that can be written, but got {path.parent} ({error.strerror}). "
            "Choose another with --data.cache_dir."
        ) from error
    # Written, not memory-mapped: on a full disk a write raises, while a memory map kills the process.
    batches = iter(loader)  # before the file is there, lest workers hold it open when this process is killed
    with atomic_write(path, "Make room, or choose another folder with --data.cache_dir.") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(pixels), *pixels.shape)}
        np.lib.format.write_array_header_1_0(file, header)
        for batch in batches:
            file.write(batch.numpy())
