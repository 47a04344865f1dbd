"""When checkpoints are written: after all of an update, on a signal, and at the end."""

import signal
from pathlib import Path
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities import rank_zero_info

from lit_wgan.engine.stopping import CTRL_C, agree_on_signal, requeue
from lit_wgan.runs.wandb_run import wandb_runs


class Checkpoints(ModelCheckpoint):
    """Lightning's checkpoints, each with everything of its update: a validation that is due comes first.

    So a run that continues neither repeats nor misses a line of its logs. The last update is always saved. When the
    devices have agreed to stop, they save ``last.ckpt`` and leave: with status 0 or, after Ctrl-C, 130.

    Takes the arguments of ModelCheckpoint.
    """

    @property
    def state_key(self) -> str:
        """Without the interval, so that a run may continue with another."""
        return self._generate_state_key(monitor=self.monitor, mode=self.mode)

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Make the folder, by which a later ``--ckpt_path last`` finds this run."""
        super().setup(trainer, pl_module, stage)
        if stage == "fit" and trainer.is_global_zero and "://" not in str(self.dirpath):
            Path(str(self.dirpath)).mkdir(parents=True, exist_ok=True)

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any) -> None:
        """End the update, unless its validation is still to come."""
        epoch_loop = trainer.fit_loop.epoch_loop
        if not epoch_loop._should_check_val_fx(trainer.fit_loop._data_fetcher):  # type: ignore[arg-type]
            self._end_update(trainer, pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: Any) -> None:
        """End the update that this validation belongs to."""
        if trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking:
            self._end_update(trainer, pl_module)
        super().on_validation_end(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Save the last update."""
        self._save_now(trainer)

    def _end_update(self, trainer: Trainer, system: Any) -> None:
        super().on_train_batch_end(trainer, system, None, None, 0)
        if system.stop.agreed():
            self._stop(trainer, system)

    def _stop(self, trainer: Trainer, system: Any) -> None:
        received = agree_on_signal(system.stop.signal, system.device)
        self._save_now(trainer)
        for logger in wandb_runs(trainer):
            logger.mark_stopped()
        rank_zero_info(
            f"Stopped by {received.name} after {trainer.global_step} generator updates, saved in {self.dirpath}. "
            "The same command with --ckpt_path last continues."
        )
        if received == signal.SIGUSR1 and trainer.is_global_zero:
            requeue()
        # Only the first process fails: the others' failure would make Lightning kill it.
        raise SystemExit(CTRL_C if received == signal.SIGINT and trainer.is_global_zero else 0)

    def _save_now(self, trainer: Trainer) -> None:
        if not self._should_skip_saving_checkpoint(trainer):
            self.save_last = self.save_last or True  # not to save would lose the updates since the last checkpoint
            self._save_last_checkpoint(trainer, self._monitor_candidates(trainer))
