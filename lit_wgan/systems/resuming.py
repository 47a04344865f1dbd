"""What a run that continues takes from its checkpoint, what from its configuration, and what must agree in both."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

from lightning.pytorch import LightningModule
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lit_wgan.errors import UsageError
from lit_wgan.functional.schedules import Counters
from lit_wgan.functional.streams import RandomStreams

Options = dict[str, Any]
PLAIN = (int, float, str, bool, type(None))


class ResumableModule(LightningModule):
    """A module whose checkpoint is all that a run needs to continue as if nothing had happened."""

    def __init__(self) -> None:
        super().__init__()
        # The one seed is Lightning's, as set by seed_everything and carried to every process.
        self.streams = RandomStreams(int(os.environ.get("PL_GLOBAL_SEED", 0)))
        self.counters = Counters()
        self._configured_schedules: list[Options] = []
        self._restored_schedules: list[Options] | None = None

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the counters, the seed and the options of schedules."""
        for logger in self.loggers:
            logger.save()  # what a run that continues from here will not log again
        checkpoint["lit_wgan"] = {
            "system": type(self).__name__,
            "seed": self.streams.seed,
            "schedules": self._configured_schedules,
            **asdict(self.counters),
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up the counters and the seed, and refuse what does not fit."""
        state = dict(checkpoint.get("lit_wgan", {"system": "another program"}))
        system = state.pop("system")
        if system != type(self).__name__:
            raise UsageError(
                f"Expected a checkpoint of {type(self).__name__}, but got one of {system}. "
                "Give the --config it was trained with, or another --ckpt_path."
            )
        check_weights(checkpoint["state_dict"], self.state_dict())
        if self._trainer is not None and self.trainer.state.fn == TrainerFn.FITTING:
            check_seed(state["seed"], os.environ.get("PL_GLOBAL_SEED"))
        self._restored_schedules = state.pop("schedules")
        self.streams = RandomStreams(state.pop("seed"))
        vars(self.counters).update(state)

    def on_fit_start(self) -> None:
        """Keep what optimizers and schedules were configured with, which a checkpoint is about to replace."""
        self._configured_options = optimizer_options(self._optimizers)
        self._configured_schedules = schedule_options(self._schedulers)

    def on_train_start(self) -> None:
        """Let what was asked for now win over what the checkpoint restored."""
        if self._restored_schedules is not None:
            check_schedules(self._restored_schedules, self._configured_schedules)
            use_options_(self._optimizers, self._configured_options, scheduled=bool(self._schedulers))

    @property
    def _optimizers(self) -> list[Optimizer]:
        return cast(list[Optimizer], self.optimizers(use_pl_optimizer=False))

    @property
    def _schedulers(self) -> list[LRScheduler]:
        return cast(list[LRScheduler], self.lr_schedulers() or [])


def check_seed(saved: int, asked: str | None) -> None:
    """Raise a UsageError if a run is to continue with another seed than it began with."""
    if asked is not None and int(asked) != saved:
        raise UsageError(
            f"Expected the seed that the checkpoint was trained with, {saved}, but got {asked}. "
            f"Add --seed_everything {saved}."
        )


def check_weights(saved: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> None:
    """Raise a UsageError that names the first weight by which a checkpoint does not fit the networks."""
    for name in sorted(saved.keys() | own.keys()):
        there, here = (tuple(w[name].shape) if name in w else None for w in (saved, own))
        if there != here:
            words = [f"shape {shape}" if shape is not None else "none" for shape in (here, there)]
            raise UsageError(
                f"Expected a checkpoint of these networks, with {words[0]} for {name}, but got {words[1]}. "
                "Give the options it was trained with, such as widths and ema_decay, or another --ckpt_path."
            )


def schedule_options(schedulers: Sequence[LRScheduler]) -> list[Options]:
    """The learning rate and the options of schedules that have made no step yet, as plain types."""
    return [_options_of(scheduler) for scheduler in schedulers]


def _options_of(scheduler: LRScheduler) -> Options:
    state = {name: value for name, value in scheduler.state_dict().items() if name[0] != "_" and _is_plain(value)}
    state.pop("base_lrs", None)  # told as lr
    return state | {"lr": [group.get("initial_lr", group["lr"]) for group in scheduler.optimizer.param_groups]}


def _is_plain(value: Any) -> bool:
    return all(type(item) in PLAIN for item in (value if isinstance(value, list) else [value]))


def check_schedules(saved: list[Options], asked: list[Options]) -> None:
    """Raise a UsageError if learning-rate schedules differ: half of one and half of another would be neither."""
    if len(saved) != len(asked):
        raise UsageError(
            f"Expected {'the' if saved else 'no'} lr_scheduler, as in the checkpoint, but got "
            f"{'one' if asked else 'none'}. Give the model.lr_scheduler it was trained with."
        )
    for before, now in zip(saved, asked, strict=True):
        for name in sorted(before.keys() | now.keys()):
            if before.get(name) != now.get(name):
                raise UsageError(
                    f"Expected the learning-rate schedule of the checkpoint, with {name}={before.get(name)}, but got "
                    f"{name}={now.get(name)}. Give the optimizer and model.lr_scheduler it was trained with."
                )


def optimizer_options(optimizers: Sequence[Optimizer]) -> list[list[Options]]:
    """The options of each parameter group of each optimizer, such as ``lr``."""
    return [
        [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]
        for optimizer in optimizers
    ]


def use_options_(optimizers: Sequence[Optimizer], asked: list[list[Options]], scheduled: bool) -> None:
    """Let the options that were asked for win over those with which optimizers were restored.

    Under a schedule the learning rate stays as restored.
    """
    kept = ("lr", "initial_lr") if scheduled else ()
    for optimizer, groups in zip(optimizers, asked, strict=True):
        for group, options in zip(optimizer.param_groups, groups, strict=True):
            for name, value in options.items():
                if name not in kept and group.get(name) != value:
                    was = group.get(name)
                    rank_zero_info(f"{type(optimizer).__name__}: {name} is now {value}; the checkpoint had {was}.")
                    group[name] = value
