"""Continuing a run: what comes from its checkpoint, what from its configuration, and what must agree."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lit_wgan.engine.internals import attached_trainer
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import RandomStreams

Options = dict[str, Any]
PLAIN = (int, float, str, bool, type(None))


class Resuming(Callback):
    """Lets optimizer options that are given now win over those of the checkpoint; schedules must agree."""

    def __init__(self) -> None:
        self._configured: list[list[Options]] = []

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Keep what optimizers and schedules were configured with, which a checkpoint is about to replace."""
        self._configured = optimizer_options(trainer.optimizers)
        pl_module.schedule_options = schedule_options(pl_module.lr_schedulers() or [])

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Refuse another schedule than the checkpoint's, and take the options asked for."""
        if pl_module.restored_schedules is not None:
            check_schedules(pl_module.restored_schedules, pl_module.schedule_options)
            use_options_(trainer.optimizers, self._configured, scheduled=bool(pl_module.schedule_options))


def run_state(system: Any) -> Options:
    """What a checkpoint keeps of a run besides weights and optimizers, as plain types."""
    return {
        "system": type(system).__name__,
        "seed": system.streams.seed,
        "schedules": system.schedule_options,
        **asdict(system.counters),
    }


def restore_run_state_(system: Any, checkpoint: Mapping[str, Any]) -> None:
    """Give a system the counters and the seed of a checkpoint.

    Raises:
        UsageError: for a checkpoint of another system, of other networks or, when it trains, of another seed.
    """
    state = dict(checkpoint.get("lit_wgan", {"system": "another program"}))
    name = state.pop("system")
    if name != type(system).__name__:
        raise UsageError(
            f"Expected a checkpoint of {type(system).__name__}, but got one of {name}. "
            "Give the --config it was trained with, or another --ckpt_path."
        )
    check_weights(checkpoint["state_dict"], system.state_dict())
    trainer = attached_trainer(system)
    if trainer is not None and trainer.state.fn == TrainerFn.FITTING:
        check_seed(state["seed"], os.environ.get("PL_GLOBAL_SEED"))
    system.restored_schedules = state.pop("schedules")
    system.streams = RandomStreams(state.pop("seed"))
    vars(system.counters).update(state)


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
    """Replace the options that optimizers were restored with by those that were asked for.

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
