"""Read a sweep file in the format of Weights & Biases."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.distributions import BaseDistribution

from lit_wgan.commands.sweep.choices import check_choice, remedy
from lit_wgan.commands.sweep.parameters import is_argument, read_parameter
from lit_wgan.errors import UsageError
from lit_wgan.runs.metric_names import ESTIMATE
from lit_wgan.runs.yaml_files import read_yaml

METHODS = ("bayes", "random", "grid")
_MEANING = ("command", "program", "method", "metric", "parameters", "early_terminate")
"""Keys on which the results of trials depend."""
_KEYS = (*_MEANING, "run_cap", "name", "description", "project", "entity")
_OF_TRAINING = ("critic/", "generator/")


@dataclass(frozen=True)
class EarlyStop:
    """Successive halving: of the trials that reach a rung, the best ``1 / eta`` go on.

    Args:
        first: the lowest rung, in evaluations; each further rung is ``eta`` times as high as the one below.
        eta: at least 2.
    """

    first: int
    eta: int


@dataclass(frozen=True)
class SweepFile:
    """The command to run, the parameters to vary, and the metric to optimise."""

    path: Path
    command: list[str]
    program: str
    method: str
    metric: str
    maximise: bool
    parameters: dict[str, BaseDistribution]
    early_stop: EarlyStop | None
    run_cap: int | None
    meaning: dict[str, Any]
    """The part of the file on which the results of trials depend."""


def read_sweep(path: Path) -> SweepFile:
    """Read a sweep file.

    Raises:
        FileNotFoundError: if there is none.
        UsageError: for anything that W&B or the search on this machine does not accept.
    """
    contents = read_yaml(path, "a sweep file with method, metric and parameters", "Copy one from configs/sweeps/.")
    for key in contents:
        if key not in _KEYS:
            raise UsageError(f"Expected {path} to have only {', '.join(_KEYS)}, but got {key}. {remedy(key, _KEYS)}")
    check_choice(f"method in {path}", contents.get("method"), METHODS)
    return SweepFile(
        path=path,
        command=_command(path, contents.get("command")),
        program=str(contents.get("program", "")),
        method=contents["method"],
        metric=_metric(path, contents.get("metric")),
        maximise=_maximise(path, contents["metric"]),
        parameters=_parameters(path, contents.get("parameters")),
        early_stop=_early_stop(path, contents.get("early_terminate")),
        run_cap=_whole(f"run_cap in {path}", contents["run_cap"]) if "run_cap" in contents else None,
        meaning={key: contents[key] for key in _MEANING if key in contents},
    )


def _command(path: Path, command: Any) -> list[str]:
    if not isinstance(command, list) or not command or not all(is_argument(str(part)) for part in command):
        raise UsageError(
            f"Expected command in {path} to be the list of a trial's arguments, but got {command}. "
            "Copy that of configs/sweeps/clip_value.yaml."
        )
    return [str(part) for part in command]


def _metric(path: Path, metric: Any) -> str:
    if not isinstance(metric, dict) or not isinstance(metric.get("name"), str):
        raise UsageError(f"Expected metric in {path} to have a name and a goal, but got {metric}. Add both.")
    for key in metric:
        check_choice(f"the keys of metric in {path}", key, ("name", "goal"))
    name: str = metric["name"]
    if name.startswith(_OF_TRAINING) or ESTIMATE in name:  # computed by the critic
        raise UsageError(
            f"Expected metric in {path} to judge the samples, as eval/w1 and fidelity/fid do, but got {name}. It comes "
            "from the critic, and changes with c and lambda even where the samples do not: name another."
        )
    return name


def _maximise(path: Path, metric: dict[str, Any]) -> bool:
    goal = metric.get("goal", "minimize")
    check_choice(f"the goal of metric in {path}", goal, ("minimize", "maximize"))
    return bool(goal == "maximize")


def _parameters(path: Path, parameters: Any) -> dict[str, BaseDistribution]:
    if not isinstance(parameters, dict) or not parameters:
        raise UsageError(
            f"Expected parameters in {path} to be options and their values, but got {parameters}. Add some."
        )
    return {str(name): read_parameter(str(name), spec) for name, spec in parameters.items()}


def _early_stop(path: Path, spec: Any) -> EarlyStop | None:
    if spec is None:
        return None
    what = f"early_terminate in {path}"
    if not isinstance(spec, dict) or spec.get("type") != "hyperband":
        raise UsageError(f"Expected {what} to have the type hyperband, but got {spec}. Write that, or remove it.")
    for key in spec:
        check_choice(f"the keys of {what}", key, ("type", "min_iter", "max_iter", "s", "eta", "strict"))
    eta = _whole(f"eta of {what}", spec.get("eta", 3), least=2)
    if "min_iter" in spec:
        return EarlyStop(_whole(f"min_iter of {what}", spec["min_iter"]), eta)
    if "max_iter" not in spec or "s" not in spec:
        raise UsageError(f"Expected {what} to have min_iter, or max_iter and s, but got {spec}. Add what is missing.")
    last, rungs = (_whole(f"{key} of {what}", spec[key]) for key in ("max_iter", "s"))
    return EarlyStop(max(1, last // eta**rungs), eta)


def _whole(what: str, value: Any, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UsageError(f"Expected {what} to be a whole number, at least {least}, but got {value}. Change it.")
    return value
