"""The loggers of a run: metrics.csv and TensorBoard always, W&B where it is asked for."""

import os
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger, WandbLogger
from lightning.pytorch.utilities import rank_zero_only

from lit_wgan.commands.continuing import Continued
from lit_wgan.errors import UsageError
from lit_wgan.runs.claims import lock_directory, remove_unless_used
from lit_wgan.runs.directories import check_writable, claim_version
from lit_wgan.runs.events_file import EventsFile
from lit_wgan.runs.metrics_file import MetricsFile
from lit_wgan.runs.wandb_run import WandbRun


def asks_for_wandb(logger: Any) -> bool:
    """Whether a run logs to W&B: where ``trainer.logger`` says so, or says nothing and an agent of W&B runs a trial.

    Raises:
        UsageError: for Lightning's own W&B logger, with which the second run from one folder fails.
    """
    for given in logger if isinstance(logger, list) else [logger]:
        if isinstance(given, WandbLogger):
            raise UsageError(
                f"Expected trainer.logger to be wandb, but got {type(given).__name__}, which keeps no metrics.csv. "
                "Give --trainer.logger wandb, and its options as --wandb.project and so on."
            )
    return logger == "wandb" or (logger is None and "WANDB_SWEEP_ID" in os.environ)


def make_loggers(root: str, name: str, continued: Continued | None, wandb: dict[str, Any] | None) -> list[Logger]:
    """Claim the next run directory ``<root>/<name>/version_<k>``, or that of a continued run, and log into it.

    Args:
        root: ``trainer.default_root_dir``.
        name: of the run.
        continued: the run to go on with, if any.
        wandb: options of the W&B run; None for no such run.

    Raises:
        UsageError: for a root that cannot be written.
    """
    check_writable(Path(root) / name)
    version, update = continued or (None, None)
    if version is None and rank_zero_only.rank == 0:  # type: ignore[attr-defined]  # Lightning sets it
        version = claim_version(Path(root) / name)
        remove_unless_used(Path(root) / name / f"version_{version}")
    if version is not None:
        lock_directory(Path(root) / name / f"version_{version}")
    csv = MetricsFile(root, name, version, continue_after=update)
    purge_step = None if update is None else update + 1
    board = EventsFile(root, name=name, version=csv.version, purge_step=purge_step)
    return [csv, board, *([WandbRun(csv.log_dir, **wandb, continue_after=update)] if wandb is not None else [])]
