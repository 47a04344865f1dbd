"""Stopping at losses and weights that are not finite."""

import math
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor, nn

from lit_wgan.errors import NonFiniteError


class LossWatch:
    """Collects losses and reads them together later, so that no update waits for the device."""

    def __init__(self) -> None:
        self._unchecked: list[tuple[str, Tensor]] = []

    def add(self, network: str, update: int, loss: Tensor) -> None:
        """Remember the loss of a network at a generator update, one number or one for each block."""
        self._unchecked.append((f"the {network} at generator update {update}", loss.detach().mean()))

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


def check_finite_weights(system: nn.Module, update: int) -> None:
    """Raise a NonFiniteError that names the first weight with an entry that is infinite or no number.

    The losses of an update precede its optimizer steps, so they do not tell. Waits once for the device.
    """
    weights = {name: weight.detach() for name, weight in system.named_parameters() if weight.numel()}
    if not weights:
        return
    largest = torch._foreach_norm(list(weights.values()), math.inf)
    finite = torch.stack([entry.float() for entry in largest]).isfinite().tolist()
    if not all(finite):
        name = list(weights)[finite.index(False)]
        raise NonFiniteError(
            f"Expected finite weights, but got some that are not in {name} after generator update {update}. Lower the "
            "learning rate, or look at the data for values that are not finite; the last checkpoint is intact."
        )


class FiniteLosses(Callback):
    """Stops a run whose losses are not finite, at the latest every ``log_every_n_steps`` and before it is saved.

    Weights are checked along with the losses before each checkpoint, and both when training ends.
    """

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *args: Any) -> None:
        """Check the losses whenever metrics are logged."""
        if pl_module.counters.critic_updates_in_step == 0 and is_log_due(trainer, pl_module):
            pl_module.losses.check()

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Check what the last updates left behind, which may not be saved."""
        pl_module.check_finite()


def is_log_due(trainer: Trainer, system: Any) -> bool:
    """Whether the metrics of the newest generator update are logged."""
    every: int = trainer.log_every_n_steps  # type: ignore[attr-defined]  # Lightning sets it
    return bool(system.counters.generator_updates % max(every, 1) == 0)
