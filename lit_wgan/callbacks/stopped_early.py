"""What Lightning's EarlyStopping lacks: a run that it has ended stays ended, and patience is an option."""

from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason
from lightning.pytorch.utilities import rank_zero_info


class StoppedEarly(Callback):
    """Lets a run that is continued train on only if EarlyStopping has patience left, and says why a run stops.

    Lightning would train such a run to its next validation. It would also keep the patience of the checkpoint, so that
    more of it could not be given.
    """

    def on_load_checkpoint(self, trainer: Trainer, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Let the patience be that of the options."""
        for callback in early_stopping(trainer):
            state = checkpoint["callbacks"].get(callback.state_key)
            if state is not None:
                state["patience"] = callback.patience

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Stop before the first update what has stopped already."""
        for callback in early_stopping(trainer):
            if callback.stopping_reason == EarlyStoppingReason.PATIENCE_EXHAUSTED:
                if callback.wait_count >= callback.patience:
                    trainer.should_stop = True
                else:
                    callback.stopping_reason = EarlyStoppingReason.NOT_STOPPED

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Say why the run ends before its time."""
        for callback in early_stopping(trainer):
            if trainer.should_stop and callback.stopping_reason != EarlyStoppingReason.NOT_STOPPED:
                reason = str(callback.stopping_reason_message).removesuffix(" Signaling Trainer to stop.")
                rank_zero_info(f"Stopped early after {trainer.global_step} generator updates. {reason}")


def early_stopping(trainer: Trainer) -> list[EarlyStopping]:
    """The run's callbacks that stop it early."""
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]  # Lightning sets it
    return [callback for callback in callbacks if isinstance(callback, EarlyStopping)]
