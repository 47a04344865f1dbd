"""Report the results of a sweep: a table for the screen, as Markdown and as CSV, and figures."""

import csv
import math
from pathlib import Path

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from lit_wgan.commands.sweep.figure import draw
from lit_wgan.commands.sweep.parameters import Value, shown
from lit_wgan.commands.sweep.search import Search, last_value
from lit_wgan.engine.files import writing

STATES = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "stopped early",
    TrialState.RUNNING: "interrupted",
    TrialState.FAIL: "failed",
}


def write_report(search: Search, folder: Path) -> str:
    """Write ``results.csv``, ``results.md`` and a figure for each parameter that varies; return the table."""
    trials = ranked(search)
    varied = varied_parameters(search)
    table = _rows(search, trials, list(varied))
    with writing(folder / "results.csv"), (folder / "results.csv").open("w", newline="") as file:
        csv.writer(file).writerows(table)
    text = _markdown(table)
    with writing(folder / "results.md"):
        (folder / "results.md").write_text(text)
    for name, distribution in varied.items():
        figure = draw(trials, name, distribution, search.file.metric, search.file.maximise)
        with writing(folder / f"{name}.png"):
            figure.savefig(folder / f"{name}.png", dpi=120)
    return text


def varied_parameters(search: Search) -> dict[str, BaseDistribution]:
    """The parameters that have more than one value."""
    return {name: each for name, each in search.file.parameters.items() if not each.single()}


def ranked(search: Search) -> list[FrozenTrial]:
    """All trials that began: finished ones from best to worst, then those stopped early, interrupted and failed."""
    sign = -1 if search.file.maximise else 1

    def rank(trial: FrozenTrial) -> tuple[int, float]:
        judged = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
        return list(STATES).index(trial.state), sign * last_value(trial) if judged else trial.number

    return sorted(search.trials(), key=rank)


def _rows(search: Search, trials: list[FrozenTrial], names: list[str]) -> list[list[Value]]:
    rows: list[list[Value]] = [["trial", *names, search.file.metric, "updates", "state"]]
    for trial in trials:
        value = last_value(trial)
        reason = trial.user_attrs.get("reason")
        state = STATES[trial.state] + (f": {reason}" if reason else "")
        values = [search.values(trial)[name] for name in names]
        updates = trial.user_attrs.get("updates", 0)
        rows.append([trial.number, *values, "" if math.isnan(value) else value, updates, state])
    return rows


def _markdown(rows: list[list[Value]]) -> str:
    cells = [[shown(value).replace("|", "/") for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in cells]
    lines = [f"| {' | '.join(row)} |" for row in padded]
    return "\n".join([lines[0], "|" + "---|" * len(widths), *lines[1:]]) + "\n"
