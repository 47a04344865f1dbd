"""Continuing a run: what comes from its checkpoint, what from its configuration, and what must agree."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities import rank_zero_info, rank_zero_warn
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.conditions import ConditionSource
from lit_wgan.data.transforms import restored_transform
from lit_wgan.engine.checkpoint_contents import COUNTERS, FORMAT, check_contents, check_loops, damaged
from lit_wgan.engine.determinism import processor
from lit_wgan.engine.internals import attached_trainer
from lit_wgan.engine.optimizer_states import find_fault, use_switches_
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import RandomStreams

Options = dict[str, Any]
PLAIN = (int, float, str, bool, type(None))


class Resuming(Callback):
    """Lets optimizer options that are configured anew win over those of the checkpoint.

    The kinds of optimizers and schedules must agree. What was moved while the run trained, by a schedule for example,
    stays as the checkpoint has it.
    """

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Keep what optimizers and schedules were configured with, which a checkpoint is about to replace."""
        pl_module.configured = configuration(trainer.optimizers, pl_module.lr_schedulers() or [])
        if pl_module.restored is not None:
            check_configuration(pl_module.restored, pl_module.configured)

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Take the options that were configured anew."""
        if pl_module.restored is not None:
            use_options_(trainer.optimizers, pl_module.restored, pl_module.configured)
            check_optimizers_(trainer.optimizers, pl_module.configured)


class Configuration(NamedTuple):
    """What optimizers and schedules were configured with, as plain types.

    Attributes:
        schedules: the learning rate and the options of each schedule.
        optimizers: the name of each optimizer and the options of its parameter groups; None where it is not known, in
            checkpoints of earlier versions.
    """

    schedules: list[Options]
    optimizers: list[Options] | None


def configuration(optimizers: Sequence[Optimizer], schedulers: Sequence[LRScheduler]) -> Configuration:
    """The configuration of optimizers and schedules that have made no step yet."""
    groups = optimizer_options(optimizers)
    named = [{"name": type(each).__name__, "groups": own} for each, own in zip(optimizers, groups, strict=True)]
    return Configuration(schedule_options(schedulers), named)


def check_configuration(saved: Configuration, asked: Configuration) -> None:
    """Raise a UsageError if a run is to continue with optimizers or schedules of another kind."""
    for before, now in zip(saved.optimizers or [], asked.optimizers or [], strict=False):
        if before["name"] != now["name"]:
            raise UsageError(
                f"Expected the optimizer of the checkpoint, {before['name']}, but got {now['name']}, which cannot go "
                "on from its state. Give the optimizers it was trained with, or start anew without --ckpt_path."
            )
    check_schedules(saved.schedules, asked.schedules)


def check_optimizers_(optimizers: Sequence[Optimizer], asked: Configuration) -> None:
    """Raise a DamagedError for an optimizer that cannot work with what it was restored with."""
    for optimizer, configured in zip(optimizers, asked.optimizers or [], strict=True):
        use_switches_(optimizer, configured["groups"])
        fault = find_fault(optimizer, configured["groups"])
        if fault is not None:
            raise damaged(fault)


def run_state(system: Any) -> Options:
    """What a checkpoint keeps of a run besides weights and optimizers, as plain types."""
    return {
        "format": FORMAT,
        "system": type(system).__name__,
        "seed": system.streams.seed,
        "conditions": [] if system.condition is None else system.condition.law(),
        **({} if system.transform is None else {"transform": system.transform.state()}),
        **_sharding(system),
        **_of_data(system),
        **system.configured._asdict(),
        **asdict(system.counters),
    }


def _sharding(system: Any) -> Options:
    """What the bits of a run depend on whose bits are the same on any number of devices."""
    if system.split.shards is None:
        return {}
    return {"shards": system.split.shards, "processor": processor(system.device)}


def _of_data(system: Any) -> Options:
    """How many samples a run trains on, if not on all that there are."""
    data = getattr(attached_trainer(system), "datamodule", None)
    return {} if not isinstance(data, AdversarialData) or data.num_train is None else {"num_train": data.num_train}


def restore_run_state_(system: Any, checkpoint: Mapping[str, Any]) -> None:
    """Give a system the counters and the seed of a checkpoint.

    Raises:
        UsageError: for a checkpoint of another program, another system or other networks, for one that lacks a part,
            and for one of another seed if the system trains.
    """
    check_contents(checkpoint, parts=("system", "seed", "schedules", *COUNTERS))
    state = dict(checkpoint["lit_wgan"])
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
        own = run_state(system)
        check_shards(state, own)
        check_num_train(state, own)
        check_optimizer_states(checkpoint)
        check_loops(checkpoint, trainer)
    system.restored = Configuration(state.pop("schedules"), state.pop("optimizers", None))
    system.streams = RandomStreams(state.pop("seed"))
    restore_law_(system.condition, state.pop("conditions", []))
    restore_transform_(system, state.pop("transform", None), trainer is not None)
    vars(system.counters).update({name: state[name] for name in COUNTERS})


def restore_law_(condition: ConditionSource | None, law: Sequence[Tensor]) -> None:
    """Let a system's condition know the training set's law again, none of which there is in an unconditional run."""
    if any(part.is_meta or part.layout != torch.strided for part in law):
        raise damaged("lit_wgan['conditions'] holds other tensors than dense ones")
    if condition is not None:
        condition.restore_law_(law)
    elif law:
        raise UsageError(
            "Expected a checkpoint of a system without conditions, but got one with them. Give the model.condition it "
            "was trained with."
        )


def restore_transform_(system: Any, state: Mapping[str, Any] | None, has_data: bool) -> None:
    """Give a system the transform that it was trained with, whose numbers those of the present data need not be.

    Raises:
        UsageError: where the present data has a transform of another kind, or none.
    """
    try:
        transform = None if state is None else restored_transform(state)
    except ValueError as error:
        raise damaged(f"lit_wgan['transform']: {error}") from error
    saved, asked = (None if each is None else each.kind() for each in (transform, system.transform))
    if has_data and saved != asked:
        words = ["none" if each is None else each.in_words() for each in (transform, system.transform)]
        raise UsageError(
            f"Expected data with the transform of those that the checkpoint was trained with, {words[0]}, but got "
            f"{words[1]}. Give the data.transform, data.per and data.value_range of then, and the same columns."
        )
    system.transform = transform


def check_seed(saved: int, asked: str | None) -> None:
    """Raise a UsageError if a checkpoint is to be used with another seed than that of its run."""
    if asked is not None and asked != str(saved):
        raise UsageError(
            f"Expected the seed that the checkpoint was trained with, {saved}, but got {asked}. "
            f"Add --seed_everything {saved}."
        )


def check_shards(saved: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Raise a UsageError if a run is to go on in other blocks; tell if it does so on another kind of processor."""
    _check_kept("model.shards", saved.get("shards"), asked.get("shards"), "Give those")
    if saved.get("processor") != asked.get("processor"):
        rank_zero_warn(
            f"The run began on another kind of processor ({_in_words(saved.get('processor'))}) than it goes on with "
            f"({_in_words(asked.get('processor'))}): it will end as a run on either would but for rounding."
        )


def check_num_train(saved: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Raise a UsageError if a run is to go on with more or fewer training samples than it began with."""
    _check_kept("data.num_train", saved.get("num_train"), asked.get("num_train"), "Give that")


def _check_kept(option: str, before: Any, now: Any, remedy: str) -> None:
    if before != now:
        words = ["null" if value is None else value for value in (before, now)]
        raise UsageError(
            f"Expected the {option} that the run began with, {words[0]}, but got {words[1]}. {remedy}, or begin a run "
            "of its own without --ckpt_path last."
        )


def _in_words(processor: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in dict(processor or {}).items()) or "unknown"


def check_optimizer_states(checkpoint: Mapping[str, Any]) -> None:
    """Raise a UsageError if a run is to continue from a checkpoint without the state of its optimizers."""
    if "optimizer_states" not in checkpoint:
        raise UsageError(
            "Expected a checkpoint with the state of the optimizers to continue from, but got one of weights alone, "
            "saved with checkpoint.save_weights_only. Take one that was saved without it."
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


def use_options_(optimizers: Sequence[Optimizer], saved: Configuration, asked: Configuration) -> None:
    """Replace the options that optimizers were restored with where they are configured otherwise than before.

    Where the checkpoint does not tell how they were configured, all options are replaced; under a schedule, none.
    """
    if saved.optimizers is None and saved.schedules:
        return
    for number, optimizer in enumerate(optimizers):
        before = saved.optimizers[number]["groups"] if saved.optimizers else optimizer_options(optimizers)[number]
        now = (asked.optimizers or [])[number]["groups"]
        for group, old, new in zip(optimizer.param_groups, before, now, strict=True):
            for name, value in new.items():
                if old.get(name) != value:
                    was = group.get(name)
                    rank_zero_info(f"{type(optimizer).__name__}: {name} is now {value}; the checkpoint had {was}.")
                    group[name] = value
