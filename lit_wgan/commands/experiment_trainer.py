"""The Trainer of the command."""

from collections.abc import Iterable
from typing import Any, Literal

from lightning.pytorch import Trainer
from lightning.pytorch.loggers import Logger


class ExperimentTrainer(Trainer):
    """Lightning's Trainer, whose ``logger`` may also be the word ``wandb``: the experiment then makes the loggers."""

    def __init__(
        self, *, logger: Literal["wandb"] | Logger | Iterable[Logger] | bool | None = None, **kwargs: Any
    ) -> None:
        assert logger != "wandb"
        super().__init__(logger=logger, **kwargs)
