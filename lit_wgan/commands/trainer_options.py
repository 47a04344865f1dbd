"""Options of the Trainer that would have no effect on alternating updates and endless data, or a wrong one."""

from collections.abc import Callable
from pydoc import locate
from typing import Any, NamedTuple

from jsonargparse import Namespace

from lit_wgan.data import AdversarialData
from lit_wgan.errors import UsageError

TRAINING = ("fit",)
ALL = ("fit", "validate", "test", "predict")
ENDLESS = "to be left out, since training data are endless and have no epochs"
BY_TURNS = "to be left out, since critic and generator are updated in turn, each by its own optimizer"
BATCHES = "to be above 0"


class Rule(NamedTuple):
    """What one option of the Trainer may be.

    Args:
        option: its name.
        accepts: says of a value, and of all options of the Trainer, whether it has the effect that its name promises.
        expected: the option, with the reason, in words.
        remedy: what to do instead.
        commands: to which this matters.
        epochs: whether the option is accepted, whatever its value, where training has epochs.
    """

    option: str
    accepts: Callable[[Any, Namespace], bool]
    expected: str
    remedy: str
    commands: tuple[str, ...] = TRAINING
    epochs: bool = False


def _is(*values: Any) -> Callable[[Any, Namespace], bool]:
    return lambda value, _: value in values


def _is_number_of_batches(value: Any, _: Namespace) -> bool:
    return value in (None, 1.0) if isinstance(value, float | None) else value > 0


RULES = (
    Rule("max_epochs", _is(None, -1), ENDLESS, "Give trainer.max_steps, the number of generator updates.", epochs=True),
    Rule("min_epochs", _is(None), ENDLESS, "Give trainer.min_steps, a number of generator updates.", epochs=True),
    Rule(
        "check_val_every_n_epoch",
        _is(None),
        ENDLESS,
        "Give trainer.val_check_interval, a number of generator updates.",
        epochs=True,
    ),
    Rule("reload_dataloaders_every_n_epochs", _is(0), ENDLESS, "Leave it out.", epochs=True),
    Rule(
        "limit_train_batches",
        _is_number_of_batches,
        "to be a number of generator updates above 0, which then make an epoch",
        "Give trainer.max_steps to say when training ends.",
    ),
    Rule(
        "overfit_batches",
        _is(0),
        "to be left out, since no minibatch is drawn twice",
        "Train on a data set of few samples instead.",
    ),
    Rule(
        "min_steps",
        lambda value, trainer: value is None or trainer.max_steps == -1 or value <= trainer.max_steps,
        "to be at most trainer.max_steps",
        "Raise trainer.max_steps.",
    ),
    Rule(
        "accumulate_grad_batches",
        _is(1),
        BY_TURNS,
        "Raise data.batch_size or, for the generator alone, model.generator_batch_multiple.",
    ),
    Rule("gradient_clip_val", _is(None, 0), BY_TURNS, "Lower the optimizers' lr, or clip in an optimizer of your own."),
    Rule("gradient_clip_algorithm", _is(None), BY_TURNS, "Clip in an optimizer of your own."),
    Rule(
        "val_check_interval",
        lambda value, _: value != 0,
        "to be a number of generator updates above 0",
        "Give trainer.limit_val_batches 0 to train without validation.",
    ),
    Rule("log_every_n_steps", lambda value, _: value is None or value > 0, BATCHES, "Give 50 or another number."),
    Rule(
        "profiler",
        lambda value, _: value != "pytorch",
        "to be simple or advanced, since PyTorch's profiler hooks into networks so that they cannot be copied",
        "Use torch.profiler around trainer.fit in a script.",
    ),
    Rule(
        "enable_checkpointing",
        lambda value, _: value is not False,
        "to be true, since a run that is interrupted saves a checkpoint and continues from it",
        "Raise checkpoint.every_n_train_steps to save less often.",
    ),
    Rule(
        "barebones",
        _is(False),
        "to be false, since it forbids what every run has: logs, checkpoints and progress",
        "Leave it out; trainer.limit_val_batches 0 leaves validation out.",
        ALL,
    ),
    *(
        Rule(f"limit_{split}_batches", lambda value, _: value != 0, BATCHES, "Leave it out.", (command,))
        for command, split in (("validate", "val"), ("test", "test"), ("predict", "predict"))
    ),
)

CALLBACKS = {
    "LearningRateFinder": "Compare learning rates with lit-wgan sweep.",
    "BatchSizeFinder": "Set data.batch_size.",
    "GradientAccumulationScheduler": "Raise data.batch_size.",
    "StochasticWeightAveraging": "Set model.ema_decay, which averages the generator.",
    "SpikeDetection": "A loss that is not finite ends the run anyway.",
    "BackboneFinetuning": "Freeze layers in a network of your own.",
}
"""Callbacks of Lightning that work with one optimizer alone, and what to do instead."""


def check_trainer_options(command: str, trainer: Namespace, data: str) -> None:
    """Raise a UsageError for the first option of the Trainer that would have no effect, or another than it says.

    Args:
        command: such as ``fit``.
        trainer: the options of the Trainer.
        data: class path of the data.
    """
    kind = locate(data)
    endless = isinstance(kind, type) and issubclass(kind, AdversarialData)
    has_epochs = not endless or isinstance(trainer.limit_train_batches, int)
    for rule in RULES:
        value = trainer.get(rule.option)
        if command in rule.commands and not (rule.epochs and has_epochs) and not rule.accepts(value, trainer):
            raise UsageError(f"Expected trainer.{rule.option} {rule.expected}, but got {value}. {rule.remedy}")
    for callback in trainer.callbacks or []:
        package, _, name = str(callback.get("class_path", "")).rpartition(".")
        if command == "fit" and package.startswith("lightning.") and name in CALLBACKS:
            raise UsageError(f"Expected callbacks that work with two optimizers, but got {name}. {CALLBACKS[name]}")
        if command == "fit" and name == "EarlyStopping" and endless and not _validates(trainer):
            raise UsageError(
                "Expected validations, after each of which EarlyStopping looks at its metric, but got none: "
                f"trainer.val_check_interval is {trainer.val_check_interval}, trainer.limit_val_batches "
                f"{trainer.limit_val_batches}. Set the first to a number of generator updates below trainer.max_steps."
            )


def _validates(trainer: Namespace) -> bool:
    """Whether a run on endless data comes to a validation."""
    every, last = trainer.val_check_interval, trainer.max_steps
    counts = isinstance(every, int) and (last == -1 or every <= last)
    by_time = every is not None and not isinstance(every, int | float)
    by_epochs = trainer.check_val_every_n_epoch is not None
    return trainer.limit_val_batches != 0 and (counts or by_time or by_epochs)
