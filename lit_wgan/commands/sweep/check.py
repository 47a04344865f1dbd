"""Validate the sweep before starting any trial: its command is understood, and logs the objective."""

import difflib
from typing import Protocol, runtime_checkable

from jsonargparse import ArgumentError, Namespace
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, instantiate_class

from lit_wgan.commands.fit import Experiment
from lit_wgan.commands.given_options import check_options
from lit_wgan.commands.messages import describe
from lit_wgan.commands.sweep.choices import remedy
from lit_wgan.commands.sweep.command_line import command_line, fit_options
from lit_wgan.commands.sweep.file import SweepFile
from lit_wgan.commands.sweep.parameters import Value, extremes
from lit_wgan.errors import UsageError
from lit_wgan.runs.yaml_files import check_config_files

OWN_OPTIONS = ["--trainer.logger=true", "--trainer.enable_progress_bar=false"]
"""Options of every trial: the search reads metrics.csv, and a progress bar would only fill log.txt."""
FOLDER_OPTION = "--trainer.default_root_dir="
"""With the folder of the trial."""


@runtime_checkable
class LogsMetrics(Protocol):
    """A callback that lists the metrics that it will log."""

    def metric_names(self) -> list[str]:
        """The names of the metrics that are logged."""


@runtime_checkable
class LogsMore(Protocol):
    """A callback that logs more in conditional systems, and lists it."""

    def conditional_metric_names(self) -> list[str]:
        """The names of the further metrics."""


class FitParser(Experiment):
    """The parser of ``lit-wgan fit``, without the run."""

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parse nothing yet; :meth:`read` does."""
        self.config = Namespace(subcommand=None, seed_everything=False)

    def _parse_ckpt_path(self) -> None: ...

    def instantiate_classes(self) -> None:
        """Instantiate nothing."""

    def read(self, options: list[str]) -> Namespace:
        """Parse options of ``lit-wgan fit``.

        Raises:
            ArgumentError: for options that it does not have, and values that they do not take.
            UsageError: for options that would have no effect.
        """
        given: Namespace = self.parser.parse_args(["fit", *options]).fit
        check_options("fit", given)
        return given


def check_trials(file: SweepFile, for_trials: list[str]) -> Namespace:
    """Parse the command of a trial with the extreme values of each parameter in turn; return the options of one.

    Args:
        file: the sweep file.
        for_trials: options of ``lit-wgan fit`` that all trials get.

    Raises:
        UsageError: for a parameter that the command does not have, a value it does not take, an objective that its
            trials do not log, checkpoints that trials would share, and a parameter or an option of the trials that an
            option behind it overrides.
    """
    _check_not_own(for_trials)
    own = [*for_trials, *OWN_OPTIONS, f"{FOLDER_OPTION}FOLDER"]
    check_config_files([*fit_options(file, command_line(file, {})), *own])
    parser = FitParser()
    first: dict[str, Value] = {}
    for name, distribution in file.parameters.items():
        for value in reversed(extremes(distribution)):
            options = _read_with(parser, file, first, name, value, own)
        first[name] = value
    for name in ("ckpt_path", "checkpoint.dirpath"):
        if options.get(name) is not None:
            raise UsageError(
                f"Expected each trial to keep checkpoints of its own, but got {name} {options.get(name)}. Remove it."
            )
    _check_objective(file, options)
    return options


def _read_with(
    parser: FitParser, file: SweepFile, before: dict[str, Value], name: str, value: Value, own: list[str]
) -> Namespace:
    """Parse a trial's options; raise a UsageError for a parameter that the command lacks, refuses or overrides."""
    try:
        options = _read(parser, file, before | {name: value}, own)
        last = _read(parser, file, before | {name: value}, [*own, f"--{name}={value}"])
    except ArgumentError as error:
        known = [option.replace(".init_args", "") for option in _read(parser, file, before, own).keys()]  # noqa: SIM118
        if name in known:
            raise UsageError(f"Expected {name} in {file.path} to take {value}, but got: {describe(error)}") from error
        near = difflib.get_close_matches(name, known, n=1)
        raise UsageError(
            f"Expected the parameters in {file.path} to be options of its command, but got {name}. "
            f"{f'Did you mean {near[0]}?' if near else 'lit-wgan fit --help lists them.'}"
        ) from error
    if _value(options, name) != _value(last, name):  # then all trials would be alike
        raise UsageError(
            f"Expected {name}, a parameter in {file.path}, to be set by the sweep alone, but got another value for it "
            "behind ${args} in the command, after --, or among the sweep's own options. Remove it there, or from the "
            "parameters."
        )
    return options


def _read(parser: FitParser, file: SweepFile, values: dict[str, Value], own: list[str]) -> Namespace:
    return parser.read([*fit_options(file, command_line(file, values)), *own])


def _check_not_own(for_trials: list[str]) -> None:
    own = [option.partition("=")[0] for option in (*OWN_OPTIONS, FOLDER_OPTION)]
    for option in for_trials:
        if option.partition("=")[0] in own:
            raise UsageError(f"Expected no option after -- that the sweep sets itself, but got {option}. Remove it.")


def _value(options: Namespace, name: str) -> list[str]:
    """The value of one option, as text; nothing for a group of options."""
    plain = name.replace(".init_args", "")
    return [repr(value) for key, value in options.items() if key.replace(".init_args", "") == plain != "config"]


def _check_objective(file: SweepFile, options: Namespace) -> None:
    """Raise a UsageError if no callback logs the objective; a user's own callback may log anything."""
    callbacks = [instantiate_class((), callback.as_dict()) for callback in options.trainer.callbacks or []]
    can_tell = [callback for callback in callbacks if isinstance(callback, LogsMetrics)]
    logged = [name for callback in can_tell for name in callback.metric_names()]
    if options.get("model.init_args.condition") is not None:
        logged += [name for each in can_tell if isinstance(each, LogsMore) for name in each.conditional_metric_names()]
    if file.metric not in logged and callbacks == can_tell:
        raise UsageError(
            f"Expected metric in {file.path} to be one of {', '.join(logged) or 'none'}, which its runs log, but got "
            f"{file.metric}. {remedy(file.metric, logged)} A callback in the configuration logs more."
        )
    every, last = options.trainer.val_check_interval, options.trainer.max_steps
    if file.metric.startswith("eval/") and isinstance(every, int) and 0 < last < every:
        raise UsageError(
            f"Expected trainer.val_check_interval to be at most trainer.max_steps={last}, but got {every}: "
            f"{file.metric} would never be logged. Lower it."
        )
