"""Stopping at losses that are not finite."""

from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor

from lit_wgan.errors import NonFiniteError


class LossWatch:
    """Collects losses and reads them together later, so that no update waits for the device."""

    def __init__(self) -> None:
        self._unchecked: list[tuple[str, Tensor]] = []

    def add(self, network: str, update: int, loss: Tensor) -> None:
        """Remember the loss of a network at a generator update."""
        self._unchecked.append((f"the {network} at generator update {update}", loss.detach()))

    def check(self) -> None:
        """Raise a NonFiniteError if a loss since the last check was infinite or no number."""
        if not self._unchecked:
            return
        names, losses = zip(*self._unchecked, strict=True)
        self._unchecked.clear()
        finite = torch.stack(losses).isfinite().tolist()
        if not all(finite):
            raise NonFiniteError(
                f"Expected finite losses, but got one that is not in {names[finite.index(False)]}. Lower the "
                "learning rate, or look at the data for values that are not finite; the last checkpoint is intact."
            )


class FiniteLosses(Callback):
    """Stops a run whose losses are not finite, at the latest every ``log_every_n_steps`` and before it is saved."""

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *args: Any) -> None:
        """Check the losses whenever metrics are logged."""
        if pl_module.counters.critic_updates_in_step == 0 and is_log_due(trainer, pl_module):
            pl_module.losses.check()


def is_log_due(trainer: Trainer, system: Any) -> bool:
    """Whether the metrics of the newest generator update are logged."""
    every: int = trainer.log_every_n_steps  # type: ignore[attr-defined]  # Lightning sets it
    return bool(system.counters.generator_updates % max(every, 1) == 0)
