"""What a conditional system learns of its training set: how often it is told what."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import torch
from lightning.pytorch import Callback, Trainer

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.conditions import ConditionSource
from lit_wgan.data.conditions.given import first_part, told_to
from lit_wgan.engine.collectives import gather
from lit_wgan.engine.minibatches import Condition, Minibatch, map_condition, minibatches


class TrainingConditions(Callback):
    """Lets the system's source of conditions know those of the training set, under which samples are drawn.

    The packaged DataModules give them when training starts; of other loaders the first minibatches are looked at, on
    all devices in the order of their global minibatch.
    """

    def __init__(self) -> None:
        self._looks_at_batches = False

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Ask the data, unless the run continues from a checkpoint that knows already."""
        source: ConditionSource | None = pl_module.condition
        if source is None:
            return
        data = getattr(trainer, "datamodule", None)
        conditions = data.training_conditions(source.known_rows) if isinstance(data, AdversarialData) else None
        self._looks_at_batches = conditions is None
        if conditions is not None:
            given = source.of_batch(conditions, len(first_part(conditions)))
            if not source.law():
                source.learn_(given)

    def on_train_batch_start(self, trainer: Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Look at the conditions of a batch, as long as few are known."""
        source: ConditionSource | None = pl_module.condition
        if source is None or not self._looks_at_batches or source.has_learnt:
            return
        for given in minibatches(batch):
            source.learn_(interleaved(gather(partial(on_cpu, source, given))))


def on_cpu(source: ConditionSource, given: Minibatch) -> Condition:
    """A minibatch's condition, on the CPU.

    Raises:
        UsageError: for what is no condition, and for class numbers out of range wherever they were: on a GPU they would
            end the process.
    """
    rows = len(given.real)
    return source.of_batch(told_to(source.of_batch(given.condition, rows), "cpu"), rows)


def interleaved(shares: Sequence[Condition]) -> Condition:
    """The conditions of a global minibatch, of which device r has the rows ``r::devices``."""

    def in_turn(*rows: torch.Tensor) -> torch.Tensor:
        return torch.stack(rows, 1).flatten(0, 1) if len(set(map(len, rows))) == 1 else torch.cat(rows)

    return cast(Condition, map_condition(in_turn, *shares))
