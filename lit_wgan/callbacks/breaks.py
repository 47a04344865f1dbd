"""What a signal breaks off, a validation for example, and the run that continues begins with."""

from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.trainer.states import TrainerFn

from lit_wgan.callbacks.checkpoints import Checkpoints
from lit_wgan.data.held_out import HeldOutBatches
from lit_wgan.engine.internals import begin_training_with, save_last, validate, validation_follows
from lit_wgan.engine.stopping import largest_signal


class Breakable(Callback):
    """Something done after an update that a signal may break off; the run that continues begins with it.

    A subclass sets ``due`` when it begins and lifts it when it ends, and supplies :meth:`catch_up`.
    """

    def __init__(self) -> None:
        self.due = False

    def catch_up(self, trainer: Trainer, system: Any) -> None:
        """Do what was broken off."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """Whether it is still due after the update that is saved."""
        return {"due": self.due}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As it was saved."""
        self.due = bool(state_dict.get("due"))

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Begin with what was broken off."""
        if self.due:
            begin_training_with(trainer, lambda: self.catch_up(trainer, pl_module))


class ValidationBreak(Breakable):
    """Breaks a validation off when a signal asks the run to stop; the run that continues begins with it.

    So its metrics are logged once, and are those of an undisturbed run. On several devices a validation is broken off
    where all of them take as many batches, as with lit-wgan's data.
    """

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Note that a validation is due."""
        self.due = validation_follows(trainer)

    def on_validation_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any) -> None:
        """Save and end the run if any device was asked to."""
        if self.due and trainer.state.fn == TrainerFn.FITTING and _is_asked(trainer, pl_module):
            save_and_stop(trainer, pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Note that it is done, before the update is saved."""
        self.due = False

    def catch_up(self, trainer: Trainer, system: Any) -> None:
        """Validate, and save."""
        validate(trainer)
        for callback in checkpoints(trainer):
            save_last(callback, trainer)  # what is logged now is not to be logged again
        if trainer.global_step == trainer.max_steps:
            trainer.fit_loop.on_run_end()  # which Lightning leaves out where no update is left


def stop_before_validation(trainer: Trainer, system: Any) -> None:
    """End the run in ``on_train_batch_end``, so that the one that continues validates if that was to follow."""
    for callback in trainer.callbacks:  # type: ignore[attr-defined]  # Lightning sets it
        if isinstance(callback, ValidationBreak):
            callback.on_train_batch_end(trainer)  # which is called after the user's callbacks
    save_and_stop(trainer, system)


def save_and_stop(trainer: Trainer, system: Any) -> None:
    """Let the run's :class:`Checkpoints` save and end it."""
    for callback in checkpoints(trainer):
        callback.stop(trainer, system)


def checkpoints(trainer: Trainer) -> list[Checkpoints]:
    """The callbacks that save a run which a signal stops: one, or none outside of the command."""
    return [callback for callback in trainer.checkpoint_callbacks if isinstance(callback, Checkpoints)]


def _is_asked(trainer: Trainer, system: Any) -> bool:
    if trainer.world_size == 1:
        return bool(system.stop.signal)
    equally_many = isinstance(trainer.val_dataloaders, HeldOutBatches)
    return equally_many and bool(largest_signal(system.stop.signal, system.device))
