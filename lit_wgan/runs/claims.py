"""Directories that a process trains in: no other process trains there meanwhile, and none is left without a run."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lightning.pytorch.utilities import rank_zero_only

from lit_wgan.engine.files import try_lock, writing
from lit_wgan.errors import UsageError
from lit_wgan.runs.directories import LOCK

BEFORE_TRAINING = ("config.yaml", "environment.json", "events.out.tfevents.", "hparams.yaml")
"""Beginnings of the names of files that a run writes before its first update."""

_locks: dict[Path, IO[str]] = {}
_new: list[Path] = []


@contextmanager
def releasing_claims() -> Iterator[None]:
    """Let go, in the end, of what was locked in the block; if it fails, remove new directories of no use."""
    try:
        yield
    except BaseException:
        for directory in _new:
            _remove_if_unused(directory)
        raise
    finally:
        _forget()


@rank_zero_only
def lock_directory(directory: Path) -> None:
    """Keep other processes from training in a directory, which is made if need be, until this one ends or lets go.

    Raises:
        UsageError: if another process trains there.
        WriteError: if the directory cannot be written.
    """
    directory = directory.resolve()
    if directory in _locks:
        return
    with writing(directory / LOCK):
        directory.mkdir(parents=True, exist_ok=True)
        file = open(directory / LOCK, "a", opener=_open_no_link)  # noqa: SIM115  # held until the claim ends
    if not try_lock(file):
        file.close()
        raise UsageError(
            f"Expected no other process to train in {directory}, but one does. Wait for its end or stop it; without "
            "--ckpt_path last, and with another --checkpoint.dirpath if it was given, a run of its own begins."
        )
    _locks[directory] = file


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


def remove_unless_used(directory: Path) -> None:
    """Remove a new run's directory if the run fails before anything is in it but what is written before training."""
    _new.append(directory.resolve())


def _remove_if_unused(directory: Path) -> None:
    files = [path for path in directory.rglob("*") if path.is_symlink() or not path.is_dir()]
    if all(path.name.startswith(BEFORE_TRAINING) or path.lstat().st_size == 0 for path in files):
        shutil.rmtree(directory, ignore_errors=True)
        with contextlib.suppress(OSError):  # other runs of that name
            directory.parent.rmdir()


def _forget() -> None:
    for file in _locks.values():
        file.close()
    _locks.clear()
    _new.clear()


# A loader worker may outlive this process, and would keep its locks.
os.register_at_fork(after_in_child=_forget)
