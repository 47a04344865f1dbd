"""Files that appear whole or not at all, whatever happens while they are written."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO
from uuid import uuid4

REMEDY = "Make room or mend the folder, and run the command again."
CONTINUE = "Make room or mend the folder, and continue with --ckpt_path last."


class WriteError(OSError):
    """A file that could not be written, because the disk is full for example: names the file and says what to do.

    Args:
        path: of the file.
        error: that the system raised.
        remedy: a sentence on what to do.
    """

    def __init__(self, path: Path, error: OSError, remedy: str):
        super().__init__(error.errno, error.strerror or str(error), str(path))
        self.remedy = remedy

    def __str__(self) -> str:
        return f"Expected to write {self.filename}, but could not ({self.strerror}). {self.remedy}"


@contextmanager
def writing(path: Path, remedy: str = REMEDY) -> Iterator[None]:
    """Turn an OSError of the block, in which a file is written, into a WriteError that names the file.

    Raises:
        WriteError: in place of an OSError, unless that is about another file, such as one that is read in between.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, WriteError) or not _is_about(path, error):
            raise
        raise WriteError(path, error, remedy) from error


def _is_about(path: Path, error: OSError) -> bool:
    """Whether an error of the system is about a path, a temporary file beside it or its folder; a write names none."""
    if error.errno is None or error.filename is None:
        return error.errno is not None
    named = Path(os.fsdecode(error.filename))
    return named.is_relative_to(path.parent) or path.is_relative_to(named)


@contextmanager
def atomic_write(path: Path, remedy: str = REMEDY) -> Iterator[BinaryIO]:
    """Open a file that takes the place of ``path`` when the block ends, and vanishes when the block raises.

    Any number of processes may write the same path at once; the last to finish wins. Content and name are flushed to
    the disk, so that neither is lost in a power failure. A process that is killed leaves its unfinished file behind:
    see :func:`leftovers`.

    Args:
        path: on the local file system, in a folder that exists.
        remedy: a sentence on what to do if that fails.

    Raises:
        WriteError: if the disk is full or the folder cannot be written; what ``path`` held before is still there.
    """
    with writing(path, remedy), _create_locked(path) as file:
        temporary = Path(file.name)
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            os.replace(temporary, path)
            _flush_names(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def _create_locked(path: Path) -> BinaryIO:
    """Make a temporary file for a path, with a lock that lasts as long as its process holds it open."""
    while True:
        file = path.with_name(f"{path.name}.tmp-{uuid4().hex}").open("xb")
        with suppress(OSError):  # some network file systems have no locks; nothing is removed there
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.path.exists(file.name):
            return file
        file.close()  # another process took it for a leftover before it was locked


def leftovers(directory: Path, pattern: str) -> Iterator[Path]:
    """Unfinished files, of living processes and of killed ones, made for paths whose names match the pattern."""
    return directory.glob(f"{pattern}.tmp-*")


def remove_leftovers(directory: Path, pattern: str) -> None:
    """Remove the unfinished files of killed processes, made for paths whose names match the pattern."""
    for path in leftovers(directory, pattern):
        with suppress(OSError), path.open("rb") as file:  # gone, not ours, or locked by its process
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def make_writable(directory: Path) -> None:
    """Make a directory, and a file in it for a try.

    Raises:
        OSError: if either fails.
    """
    directory.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=directory).close()  # nameless, since other processes do the same


def try_lock(file: IO[Any]) -> bool:
    """Lock a file for as long as it, or a copy in another process, is open; False if another holds the lock.

    True also on a file system that knows no locks.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def user_cache() -> Path:
    """The folder of this package's caches for the user who runs it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "lit_wgan"


def is_local(path: object) -> bool:
    """Whether a path is one of the local file system, not a URL such as ``s3://bucket/file``."""
    return "://" not in str(path)


def _flush_names(directory: Path) -> None:
    """Flush the names in a directory: a file that was renamed and not flushed is gone after a power failure."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
