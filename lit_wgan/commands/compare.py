"""``lit-wgan compare``: what differs between runs, and how good each is."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lit_wgan.commands.columns import in_columns
from lit_wgan.commands.options import Parser
from lit_wgan.errors import UsageError
from lit_wgan.runs.differences import Difference, differences, shown
from lit_wgan.runs.main_metrics import Values, measured, values_of
from lit_wgan.runs.run import Run
from lit_wgan.trained import find_run

NOT_OF_INTEREST = ("command", "packages_sha256", "lock_sha256")
"""What environments hold that follows from the rest, or names the run."""


class Measured(NamedTuple):
    """A metric in all runs.

    Attributes:
        metric: its name.
        values: of each run; None for one that has not logged it.
        update: the last generator update at which all these have logged it; None if there is none.
        there: the values at that update.
    """

    metric: str
    values: list[Values | None]
    update: int | None
    there: list[float | None]


def parser() -> Parser:
    """The parser of the command's options."""
    parser = Parser(
        "lit-wgan compare",
        description="Show in which options runs differ, their metrics side by side, at the same generator update where "
        "one trained longer, and in what else they differ: versions, device, commit.",
    )
    parser.add_argument("runs", nargs="+", metavar="RUN", help="directory of a run, or its name in runs/; two or more")
    parser.add_argument("--json", action="store_true", help="print the same as JSON, for scripts")
    return parser


def compare(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for fewer than two runs, and for what is no run or cannot be read.
    """
    chosen = parser().parse_args(arguments)
    runs = [find_run(each) for each in dict.fromkeys(chosen.runs)]
    if len(runs) < 2:
        raise UsageError(f"Expected two runs or more, but got {chosen.runs[0]} alone. Name another.")
    options = differences([run.config for run in runs])
    metrics = list(_measured(runs))
    environment = differences([_environment(run.environment) for run in runs])
    print(
        _as_json(runs, options, metrics, environment) if chosen.json else _as_text(runs, options, metrics, environment)
    )


def _measured(runs: Sequence[Run]) -> Iterator[Measured]:
    for metric in dict.fromkeys(metric for run in runs for metric in measured(run)):
        series = [dict(zip(*run.series(metric), strict=True)) for run in runs]
        common = set.intersection(*(set(each) for each in series if each))
        update = max(common, default=None)
        there = [None if update is None else each.get(update) for each in series]
        values = [values_of(run, metric) if each else None for run, each in zip(runs, series, strict=True)]
        yield Measured(metric, values, update, there)


def _environment(environment: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in environment.items() if name not in NOT_OF_INTEREST}


def _as_text(
    runs: Sequence[Run], options: Sequence[Difference], metrics: Sequence[Measured], environment: Sequence[Difference]
) -> str:
    blank = [""] * (len(runs) + 1)
    rows = [["", *(run.name for run in runs)], ["state", *(f"{run.state}, {run.updates} updates" for run in runs)]]
    rows += [blank, *_section("options", options, "the same", blank)]
    rows += [blank, ["metrics" if metrics else "metrics: none", *blank[1:]]]
    rows += [row for metric in metrics for row in _metric_rows(metric)]
    rows += [blank, *_section("environment", environment, "the same", blank)]
    return "\n".join(in_columns(rows))


def _section(title: str, found: Sequence[Difference], none: str, blank: Sequence[str]) -> list[list[str]]:
    rows = [[f"  {option}", *map(shown, values)] for option, values in found]
    return [[title if rows else f"{title}: {none}", *blank[1:]], *rows]


def _metric_rows(metric: Measured) -> Iterator[list[str]]:
    """The best and the last values, and those at the last common update where runs are of different lengths."""
    known = [values for values in metric.values if values is not None]
    yield [f"  {metric.metric}, best", *(_at(v and v.best, v and v.best_at) for v in metric.values)]
    if any(values.last_at != values.best_at for values in known):
        yield ["    last", *(_at(v and v.last, v and v.last_at) for v in metric.values)]
    if metric.update is not None and any(values.last_at != metric.update for values in known):
        yield [f"    at {metric.update}", *(_at(value) for value in metric.there)]
    if any(values.floor is not None for values in known):
        yield ["    floor", *(_at(v and v.floor) for v in metric.values)]


def _at(value: float | None, update: int | None = None) -> str:
    if value is None:
        return shown(None)
    return f"{value:.4g}" + ("" if update is None else f" at {update}")


def _as_json(
    runs: Sequence[Run], options: Sequence[Difference], metrics: Sequence[Measured], environment: Sequence[Difference]
) -> str:
    names = [str(run.directory) for run in runs]
    of_runs = {
        each.metric: {
            "values": {name: v and v._asdict() for name, v in zip(names, each.values, strict=True)},
            "update": each.update,
            "at_update": dict(zip(names, each.there, strict=True)),
        }
        for each in metrics
    }
    contents = {
        "runs": {name: {"state": run.state, "updates": run.updates} for name, run in zip(names, runs, strict=True)},
        "options": {each.option: dict(zip(names, each.values, strict=True)) for each in options},
        "metrics": of_runs,
        "environment": {each.option: dict(zip(names, each.values, strict=True)) for each in environment},
    }
    return json.dumps(contents, indent=2, default=str)
