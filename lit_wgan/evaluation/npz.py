"""Read the arrays of an .npz file, which may come from anywhere: no pickles, and no more memory than it is worth."""

import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

import numpy as np

HARMLESS_BYTES = 2**28
"""The size of an array that is read however far it was compressed; beyond it, by a factor of MOST_COMPRESSED."""
MOST_COMPRESSED = 20
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_OF_FILES = (OSError, EOFError, ValueError, LookupError, TypeError, RuntimeError, RecursionError, MemoryError)
_OF_FORMATS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, SyntaxError, tokenize.TokenError)


class NpzError(ValueError):
    """A file that is no .npz, or a damaged one."""


def read_arrays(path: Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Read the arrays of some names, as far as the file has them.

    Raises:
        NpzError: for a file that is missing or damaged, and for objects, which only unpickling would give.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name: f"{name}.npy" for name in names}
            return {name: _read(archive, each) for name, each in members.items() if each in archive.namelist()}
    except (*_OF_FILES, *_OF_FORMATS) as error:
        raise NpzError(f"{type(error).__name__}: {' '.join(str(error).split())}") from error


def _read(archive: zipfile.ZipFile, member: str) -> np.ndarray:
    size, compressed = archive.getinfo(member).file_size, archive.getinfo(member).compress_size
    if size > max(HARMLESS_BYTES, MOST_COMPRESSED * compressed):
        raise ValueError(f"{member} of {compressed} bytes would take {size}")
    with archive.open(member) as file:
        shape, in_columns, dtype = _HEADERS[np.lib.format.read_magic(file)](file)
        told, held = math.prod(shape) * dtype.itemsize, size - file.tell()
        if told != held:
            raise ValueError(f"{member} holds {held} bytes, and its header tells of {told}")
        array: np.ndarray = np.frombuffer(file.read(), dtype).reshape(shape, order="F" if in_columns else "C")
        return array.copy()  # which can be written to
