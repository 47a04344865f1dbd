"""``--ckpt_path last``: find the checkpoint to continue from."""

import os
from pathlib import Path
from typing import Any, NamedTuple

from lit_wgan.engine.checkpoints import Newest, find_newest
from lit_wgan.errors import UsageError
from lit_wgan.runs.claims import lock_directory
from lit_wgan.runs.directories import newest_run


class Continued(NamedTuple):
    """The run that is continued: the number in its directory's name, and the generator update it had reached."""

    version: int
    update: int


class LastCheckpoint(NamedTuple):
    """Where ``--ckpt_path last`` looked, and what it found there.

    Attributes:
        directory: of the checkpoints.
        newest: the newest intact checkpoint in it, if there is one.
        continued: the run that goes on; None for checkpoints in a directory of the user's own.
    """

    directory: Path
    newest: Newest | None
    continued: Continued | None


def find_last(runs: Path, dirpath: str | None, logger: Any, trains: bool = False) -> LastCheckpoint:
    """Find the newest intact checkpoint of the newest run that trained.

    Args:
        runs: the directory of the runs of one name.
        dirpath: ``checkpoint.dirpath``, where checkpoints are kept instead.
        logger: ``trainer.logger``, which decides where checkpoints are if it is the user's own.
        trains: whether that run is to go on, so that no other process may train in its directory from now on.

    Raises:
        UsageError: for a logger of the user's own without ``dirpath``, for a directory that another process trains in,
            and for one whose checkpoints cannot be read.
    """
    run = None
    if dirpath is None:
        _check_default_logger(logger)
        run = newest_run(runs)
    directory = run / "checkpoints" if run else Path(dirpath or os.devnull).expanduser()
    if trains and directory.is_dir():
        lock_directory(run or directory)
    newest = find_newest(directory)
    if newest is None:
        return LastCheckpoint(directory, None, None)
    continued = Continued(int(run.name.removeprefix("version_")), newest.update) if run else None
    return LastCheckpoint(directory, newest, continued)


def _check_default_logger(logger: Any) -> None:
    if logger not in (None, True, "wandb"):
        raise UsageError(
            "Expected --checkpoint.dirpath along with --ckpt_path last and a logger of your own, but got none. "
            "Set it, or give --ckpt_path the file."
        )


def missing_checkpoint(command: str, runs: Path, dirpath: str | None) -> UsageError:
    """The error of a command that needs a checkpoint and was given none; it names the one that ``last`` would find.

    Args:
        command: such as ``predict``.
        runs: the directory of the runs of one name.
        dirpath: ``checkpoint.dirpath``, where checkpoints are kept instead.
    """
    directory, newest, _ = find_last(runs, dirpath, logger=None)
    if newest is None:
        where = directory if dirpath is not None else runs
        return UsageError(
            f"Expected a checkpoint for {command}, but got none, nor is there one in {where}. "
            "Train with lit-wgan fit first, or give --ckpt_path FILE."
        )
    return UsageError(
        f"Expected --ckpt_path for {command}, but got none. Give --ckpt_path last for {newest.path}, or another FILE."
    )
