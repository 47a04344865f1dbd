"""When checkpoints are written: at the end of an update, after a signal, and at the end of training."""

import signal
from pathlib import Path
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities import rank_zero_info

from lit_wgan.callbacks.checkpoint_state import own_state
from lit_wgan.engine.ending import CTRL_C
from lit_wgan.engine.files import is_local
from lit_wgan.engine.internals import save_last, validation_follows
from lit_wgan.engine.stopping import agree_on_signal, requeue
from lit_wgan.runs.wandb_run import wandb_runs


class Checkpoints(ModelCheckpoint):
    """Lightning's ModelCheckpoint, which saves an update only after its validation, if one is due.

    So a run that continues neither repeats nor misses a line of its logs. The last update is always saved. When the
    devices have agreed to stop, they save ``last.ckpt`` and exit: with status 0 or, after Ctrl-C, 130.

    Takes the arguments of ModelCheckpoint.
    """

    @property
    def state_key(self) -> str:
        """The key of its state in a checkpoint: without the interval, so that a run may continue with another."""
        options = {"monitor": self.monitor, "mode": self.mode}
        return f"{type(self).__qualname__}{options}"

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Make the folder, by which a later ``--ckpt_path last`` finds this run."""
        super().setup(trainer, pl_module, stage)
        is_trial = trainer.fast_dev_run  # type: ignore[attr-defined]  # which leaves nothing behind
        if stage == "fit" and trainer.is_global_zero and not is_trial and is_local(self.dirpath):
            Path(str(self.dirpath)).mkdir(parents=True, exist_ok=True)
        if self.save_last == "link":
            self.save_last = True
            rank_zero_info("last.ckpt is a file, not a link: the checkpoint to link to may be one of an older update.")

    def on_load_checkpoint(self, trainer: Trainer, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Let this and any other checkpoint callback go on with the run's own files, and with no others."""
        states = checkpoint["callbacks"]
        for callback in trainer.checkpoint_callbacks:
            if isinstance(callback, ModelCheckpoint):
                state = states.get(callback.state_key) or {}
                states[callback.state_key] = own_state(callback, state, str(trainer.ckpt_path))

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any) -> None:
        """End the update, unless its validation is still to come."""
        if not validation_follows(trainer):
            self._end_update(trainer, pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: Any) -> None:
        """End the update that this validation belongs to."""
        if trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking:
            self._end_update(trainer, pl_module)
        super().on_validation_end(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Save the last update."""
        save_last(self, trainer)

    def _end_update(self, trainer: Trainer, system: Any) -> None:
        super().on_train_batch_end(trainer, system, None, None, 0)
        if system.stop.agreed():
            self.stop(trainer, system)

    def stop(self, trainer: Trainer, system: Any) -> None:
        """Save and end the run; to be called on all devices together."""
        received = agree_on_signal(system.stop.signal, system.device)
        save_last(self, trainer)
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
