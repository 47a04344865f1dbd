"""Where a sweep keeps its study: a file of its own, or a storage that several machines share."""

import random
import time
from pathlib import Path

from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from lit_wgan.engine.files import make_writable
from lit_wgan.errors import UsageError

JOURNAL = "study.journal"
ATTEMPTS, ATTEMPT_SECONDS = 5, 1.0
SQLITE_SECONDS = 60
"""How long a process waits for others to let go of an SQLite file."""


def own_storage(folder: Path) -> RDBStorage:
    """The study of a sweep that runs on one machine, ``study.db`` in its folder.

    Raises:
        UsageError: for a file that is no study.
    """
    path = folder / "study.db"
    try:
        return RDBStorage(f"sqlite:///{path}")
    except SQLAlchemyError as error:
        raise UsageError(
            f"Expected {path} to be a study of Optuna, but got: {getattr(error, 'orig', error)}. "
            "Choose another folder with --dir."
        ) from error


def is_url(storage: str) -> bool:
    """Whether ``--storage`` names a database."""
    return "://" in storage


def shared_storage(storage: str) -> BaseStorage:
    """The storage of a sweep that runs on several machines.

    Args:
        storage: the URL of a database, as SQLAlchemy takes it; or a folder that all machines share, in which there will
            be a file to which all append, in turn by a lock that works on NFS too.

    Raises:
        UsageError: if it cannot be reached or written.
    """
    try:
        if is_url(storage):
            return _database(storage)
        make_writable(Path(storage))
        path = str(Path(storage) / JOURNAL)
        return JournalStorage(JournalFileBackend(path, lock_obj=JournalFileOpenLock(path)))
    except (SQLAlchemyError, ImportError, OSError, ValueError, LookupError) as error:
        raise unreachable(storage, error) from error


def _database(url: str) -> RDBStorage:
    """Open a database; again for a few times, since processes that make its tables at the same moment fail."""
    waits = {"connect_args": {"timeout": SQLITE_SECONDS}} if url.startswith("sqlite") else {}
    for _ in range(ATTEMPTS - 1):
        try:
            return RDBStorage(url, engine_kwargs=waits)
        except DatabaseError:
            time.sleep(random.uniform(0.5, 1.5) * ATTEMPT_SECONDS)
    return RDBStorage(url, engine_kwargs=waits)


def unreachable(storage: str, error: BaseException) -> UsageError:
    """The error of a storage that does not answer, or not as a storage of Optuna does."""
    reason = " ".join(str(getattr(error, "orig", None) or error).split())
    return UsageError(
        f"Expected --storage to be a folder that can be written or a database that can be reached, but got "
        f"{shown(storage)} ({type(error).__name__}: {reason}). Mend it, or give another."
    )


def shown(storage: str) -> str:
    """A storage as messages name it: without the password in a URL."""
    scheme, separator, rest = storage.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
