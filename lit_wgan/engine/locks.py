"""Who holds the locks on files."""

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import IO

FileId = tuple[int, int]
"""Device and inode."""


def lock_holders(lock: IO[str]) -> set[int]:
    """The other processes that hold the lock on a file, as far as Linux shows them; none where there is no ``/proc``.

    A number in the file is not asked: long after its process was killed it may be that of any other.
    """
    return {process for process, _ in _holders({_id_of(os.fstat(lock.fileno()))})}


def locked_files(paths: Iterable[Path]) -> set[Path]:
    """Those of the files whose lock another process holds; processes are looked through once for all of them."""
    known = {_id_of(path.stat()): path for path in paths if path.is_file()}
    return {known[file] for _, file in _holders(known.keys())} if known else set()


def _holders(wanted: Collection[FileId]) -> Iterator[tuple[int, FileId]]:
    """The numbers of other processes, and the wanted files whose lock they hold."""
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):  # another user's, or one that has ended meanwhile
            for opened in (process / "fd").iterdir():
                file = _id_of(opened.stat())
                if file in wanted and "lock:" in (process / "fdinfo" / opened.name).read_text():
                    yield int(process.name), file


def _id_of(status: os.stat_result) -> FileId:
    return status.st_dev, status.st_ino
