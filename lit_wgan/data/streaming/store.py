"""The chunks of a data set as files of this machine: where they are, or fetched when they are needed."""

import fcntl
import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from threading import Semaphore
from typing import Protocol

from lit_wgan.data.cache_folder import REMEDY, make_cache_folder
from lit_wgan.data.streaming.index import INDEX, Index, read_index
from lit_wgan.data.streaming.remote import Remote, in_background, within_limit
from lit_wgan.engine.files import atomic_write, leftovers, remove_leftovers
from lit_wgan.errors import UsageError

AT_ONCE = 4
"""Chunks that a process fetches at the same time."""


class Store(Protocol):
    """The chunks of a data set; ``folder`` holds those that are needed, and the index."""

    index: Index
    folder: Path
    where: str

    def need(self, chunk: int) -> None:
        """Return when a chunk is there.

        Raises:
            UsageError: if it is missing, too short, or cannot be fetched.
        """

    def expect(self, chunks: Iterable[int]) -> None:
        """Begin to fetch chunks that will be needed, in their order."""

    def forget(self, chunk: int) -> None:
        """Take note that a chunk is damaged."""


class LocalStore:
    """A data set in a folder, whose files are read where they are.

    Raises:
        UsageError: if the folder holds no index, or one that is of no use.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.where = str(folder)
        try:
            self.index = read_index((folder / INDEX).read_bytes(), self.where)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UsageError(
                f"Expected {folder / INDEX}, as litdata.optimize writes it, but there is none. Point data.url at the "
                "folder of a data set that litdata has written."
            ) from error

    def need(self, chunk: int) -> None:
        """See :class:`Store`."""
        check_size(self.folder / self.index.names[chunk], self.index.sizes[chunk])

    def expect(self, chunks: Iterable[int]) -> None:
        """There is nothing to fetch."""

    def forget(self, chunk: int) -> None:
        """What is the user's stays as it is."""


class FetchedStore:
    """A data set at an address, whose chunks are kept in a folder until others need the room.

    Any number of processes share the folder; each chunk is fetched by one of them, while the others wait. One that is
    missing is fetched again, so that a folder that is too small, or emptied, costs time alone.

    Args:
        remote: the address.
        cache: the folder of all data sets; this one gets its own in there, named by its address and its index.
        room: bytes that the chunks may take.

    Raises:
        UsageError: if there is no index at the address, or the cache cannot be written.
    """

    def __init__(self, remote: Remote, cache: Path, room: int):
        self.remote = remote
        self.where = remote.url
        self.room = room
        content = within_limit(in_background(remote.read, INDEX), f"{remote.url}/{INDEX}")
        self.index = read_index(content, remote.url)
        digest = hashlib.blake2b(remote.url.encode() + b"\0" + content, digest_size=16).hexdigest()
        self.folder = cache / f"stream-{digest}"
        make_cache_folder(self.folder, cache)
        if not (self.folder / INDEX).exists():
            with atomic_write(self.folder / INDEX, REMEDY) as file:
                file.write(content)
        self._fetching: dict[int, Future[None]] = {}
        self._turns = Semaphore(AT_ONCE)

    def need(self, chunk: int) -> None:
        """See :class:`Store`."""
        path = self.folder / self.index.names[chunk]
        try:
            os.utime(path)  # what was used last is removed last
        except FileNotFoundError:
            within_limit(self._begin(chunk), f"{self.where}/{path.name}")

    def expect(self, chunks: Iterable[int]) -> None:
        """See :class:`Store`."""
        for chunk in chunks:
            if not (self.folder / self.index.names[chunk]).exists():
                self._begin(chunk)

    def forget(self, chunk: int) -> None:
        """Remove the copy, so that it is fetched anew."""
        (self.folder / self.index.names[chunk]).unlink(missing_ok=True)

    def _begin(self, chunk: int) -> "Future[None]":
        if chunk not in self._fetching or self._fetching[chunk].done():
            self._fetching[chunk] = in_background(self._fetch, chunk)
        return self._fetching[chunk]

    def _fetch(self, chunk: int) -> None:
        name, size = self.index.names[chunk], self.index.sizes[chunk]
        path = self.folder / name
        with self._turns, path.with_name(f"{name}.lock").open("w") as lock:
            with suppress(OSError):  # some file systems have no locks; then more than one fetches
                fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                return
            self._make_room(size)
            with atomic_write(path, REMEDY) as file:
                self.remote.copy(name, size, file)

    def _make_room(self, size: int) -> None:
        """Remove the chunks that were not used for longest, and what killed processes did not finish."""
        remove_leftovers(self.folder, "*")
        chunks = _stats(map(self.folder.joinpath, self.index.names))
        taken = size + sum(of_file for _, of_file, _ in (*chunks, *_stats(leftovers(self.folder, "*"))))
        for _, freed, path in sorted(chunks):
            if taken <= self.room:
                break
            path.unlink(missing_ok=True)
            path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
            taken -= freed


def _stats(paths: Iterable[Path]) -> list[tuple[float, int, Path]]:
    """When each file was last used, and its bytes; without those that other processes remove meanwhile."""
    found = []
    for path in paths:
        with suppress(FileNotFoundError):
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    return found


def open_store(url: str, remote: Remote, cache: Path, room: int) -> Store:
    """The chunks of a data set in a folder, or at an address."""
    return FetchedStore(remote, cache, room) if "://" in url else LocalStore(Path(url).expanduser())


def check_size(path: Path, size: int) -> None:
    """Raise a UsageError if a chunk is missing or cut short."""
    try:
        found = path.stat().st_size
    except FileNotFoundError as error:
        raise UsageError(
            f"Expected the chunk {path}, which the index names, but there is none. Write the data set again."
        ) from error
    if found < size:
        raise UsageError(
            f"Expected the chunk {path} to have {size} bytes, but got {found}. It is damaged: write the data set again."
        )
