"""What a run that an exception ends has to close, and what is told of that exception."""

import math
from threading import Timer

from lightning.pytorch import Trainer

from lit_wgan.commands.errors import report
from lit_wgan.engine.collectives import is_connection_error, lost_rank_error
from lit_wgan.engine.ending import CTRL_C, END_SECONDS, end_after
from lit_wgan.engine.workers import worker_error
from lit_wgan.runs.wandb_run import wandb_runs


class Closing:
    """Lets loggers, loader workers and connections be closed within a limit, behind which the process ends by force."""

    def __init__(self) -> None:
        self._timer: Timer | None = None

    def begin(self, trainer: Trainer, error: BaseException) -> None:
        """Begin the limit, to which W&B's own for uploads is added."""
        uploads = sum(run.finish_timeout or math.inf for run in wandb_runs(trainer))
        if self._timer is None and math.isfinite(uploads):
            self._timer = end_after(END_SECONDS + uploads, lambda: status_of(error))

    def end(self) -> None:
        """Lift the limit: all is closed."""
        if self._timer is not None:
            self._timer.cancel()


def told_as(error: BaseException) -> BaseException:
    """What the command tells of an error: which ranks or loader workers are lost; of any other, the error itself."""
    return lost_rank_error() if is_connection_error(error) else worker_error(error) or error


def status_of(error: BaseException) -> int:
    """Tell an error that ended the run as the command would, and return the command's status."""
    if isinstance(error, SystemExit):
        return int(error.code or 0)
    told = told_as(error)
    return report(told) if isinstance(told, Exception) else CTRL_C
