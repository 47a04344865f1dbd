"""Arrays in ``.npz`` files."""

import struct
import zipfile
from collections.abc import Iterator
from functools import partial

import numpy as np

from lit_wgan.data.stored.base import CHUNK_BYTES, Rows, native
from lit_wgan.data.stored.cached import cached_npy
from lit_wgan.data.stored.location import Location
from lit_wgan.data.stored.mapped import Layout, MappedArray, file_key, map_npy, read_header
from lit_wgan.engine.files import user_cache

BROKEN = (zipfile.BadZipFile, ValueError, OSError, EOFError, RuntimeError, NotImplementedError, struct.error)
"""What zipfile raises for archives that are damaged, encrypted or compressed in a way that it does not know."""


def open_npz(location: Location) -> MappedArray:
    """An array of an ``.npz`` file: one that is stored as it is is mapped where it lies, a compressed one is unpacked.

    Raises:
        UsageError: for a file that is damaged, has no such array or holds no real numbers there.
    """
    try:
        with zipfile.ZipFile(location.path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    except BROKEN as error:
        raise location.damaged(error) from error
    chosen = location.choose(list(members))
    member = members[chosen]
    location = location._replace(inner=chosen)
    key = [*file_key(location.path), chosen]
    if member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1:
        return map_npy(location, _beginning(location, member), key)
    return _unpacked(location, member.filename, key)


def _beginning(location: Location, member: zipfile.ZipInfo) -> int:
    """Where in its archive a stored member begins, behind its local header."""
    with location.path.open("rb") as file:
        file.seek(member.header_offset)
        header = file.read(30)
    if len(header) < 30 or header[:4] != b"PK\3\4":
        raise location.damaged(zipfile.BadZipFile("no member begins where one should"))
    return member.header_offset + 30 + sum(struct.unpack("<HH", header[26:]))


def _unpacked(location: Location, member: str, key: object) -> MappedArray:
    try:
        with zipfile.ZipFile(location.path) as archive, archive.open(member) as file:
            layout = read_header(file)
    except BROKEN as error:
        raise location.damaged(error) from error
    location.check(layout.shape, layout.dtype)
    rows = partial(_rows, location, member, layout)
    native_type = layout.dtype.newbyteorder("=")
    return cached_npy(user_cache(), key, location.name, "Unpacking", layout.shape, native_type, rows)


def _rows(location: Location, member: str, layout: Layout) -> Iterator[Rows]:
    """All rows in order; an array in Fortran order takes the memory of all."""
    size = int(np.prod(layout.shape[1:])) * layout.dtype.itemsize
    step = layout.shape[0] if layout.fortran_order else max(1, CHUNK_BYTES // size)
    try:
        with zipfile.ZipFile(location.path) as archive, archive.open(member) as file:
            read_header(file)
            for start in range(0, layout.shape[0], step):
                shape = (min(step, layout.shape[0] - start), *layout.shape[1:])
                flat = np.frombuffer(file.read(shape[0] * size), layout.dtype)
                yield native(flat.reshape(shape, order="F" if layout.fortran_order else "C"))
    except BROKEN as error:
        raise location.damaged(error) from error
