"""``--ckpt_path last``: find the checkpoint to continue from."""

import os
from pathlib import Path
from typing import Any, NamedTuple

from lightning.pytorch.utilities import rank_zero_info

from lit_wgan.engine.checkpoints import Newest, find_newest
from lit_wgan.errors import UsageError
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


def find_last(runs: Path, dirpath: str | None, logger: Any) -> LastCheckpoint:
    """Find the newest intact checkpoint of the newest run that trained.

    Args:
        runs: the directory of the runs of one name.
        dirpath: ``checkpoint.dirpath``, where checkpoints are kept instead.
        logger: ``trainer.logger``, which decides where checkpoints are if it is the user's own.

    Raises:
        UsageError: for a logger of the user's own without ``dirpath``.
    """
    run = None
    if dirpath is None:
        _check_default_logger(logger)
        run = newest_run(runs)
    directory = run / "checkpoints" if run else Path(dirpath or os.devnull)
    newest = find_newest(directory)
    if newest is None:
        rank_zero_info("There is no checkpoint to continue from: starting.")
        return LastCheckpoint(directory, None, None)
    rank_zero_info(f"Continuing from {newest.path}.")
    continued = Continued(int(run.name.removeprefix("version_")), newest.update) if run else None
    return LastCheckpoint(directory, newest, continued)


def _check_default_logger(logger: Any) -> None:
    if logger not in (None, True, "wandb"):
        raise UsageError(
            "Expected --checkpoint.dirpath along with --ckpt_path last and a logger of your own, but got none. "
            "Set it, or give --ckpt_path the file."
        )
