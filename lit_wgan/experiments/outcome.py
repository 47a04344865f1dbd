"""What came out of an experiment: its numbers and its picture, as files."""

import csv
import io
import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lit_wgan.engine.files import atomic_write
from lit_wgan.experiments.experiment import Experiment, Result
from lit_wgan.runs.training_time import training_seconds

RESULT, NUMBERS, PICTURE = "result.json", "numbers.csv", "picture"
OF_INTEREST = ("git_commit", "git_dirty", "accelerator", "precision", "cpu", "cpu_capability", "cpu_threads", "gpus")
"""Of a run's environment; the run itself keeps all of it."""


@dataclass(frozen=True)
class Outcome:
    """An experiment of several seeds, as result.json keeps it.

    Args:
        name: such as ``wgan/figure_2``.
        paper: see :class:`Experiment`, as for the next three.
        claim: likewise.
        published: likewise.
        headline: likewise.
        full: whether it had the paper's own budget.
        seeds: of its runs.
        numbers: by name, a value for each seed.
        holds: whether the claim does, for each seed.
        seconds: that the runs of each seed trained, together.
        environment: commit, processor and the like of the first run; nothing for an experiment without runs.
    """

    name: str
    paper: str
    claim: str
    published: str
    headline: str
    full: bool
    seeds: list[int]
    numbers: dict[str, list[float]]
    holds: list[bool]
    seconds: list[float]
    environment: dict[str, Any]

    def verdict(self) -> str:
        """For how many seeds the claim holds, in words."""
        return f"{'holds' if all(self.holds) else 'does not hold'} ({sum(self.holds)} of {len(self.holds)})"

    def measured(self) -> str:
        """The mean of the number that the claim is about and, of several seeds, from where to where it goes."""
        return spread(self.numbers[self.headline])


def spread(values: Sequence[float]) -> str:
    """The mean of some values and, of several, the least and the greatest."""
    mean = f"{statistics.fmean(values):.3g}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3g} to {max(values):.3g})"


def outcome_of(name: str, experiment: Experiment, full: bool, results: Sequence[Result]) -> Outcome:
    """What came out of an experiment."""
    first = next(iter(results[0].runs.values()), None)
    environment = {} if first is None else first.environment
    return Outcome(
        name,
        experiment.paper,
        experiment.claim,
        experiment.published,
        experiment.headline,
        full,
        [result.seed for result in results],
        {number: [result.numbers[number] for result in results] for number in results[0].numbers},
        [bool(experiment.holds(result.numbers)) for result in results],
        [_seconds(result) for result in results],
        {name: environment[name] for name in OF_INTEREST if name in environment},
    )


def _seconds(result: Result) -> float:
    return round(sum(training_seconds(run.directory) or 0.0 for run in result.runs.values()), 1)


def write_outcome(folder: Path, outcome: Outcome, picture: Figure) -> None:
    """Write numbers.csv, result.json and the picture, as PNG and PDF, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    table.writerow(["seed", *outcome.numbers, "holds"])
    table.writerows(zip(outcome.seeds, *outcome.numbers.values(), outcome.holds, strict=True))
    _write(folder / NUMBERS, rows.getvalue())
    _write(folder / RESULT, f"{json.dumps(asdict(outcome), indent=2)}\n")
    for ending in ("png", "pdf"):
        drawn = io.BytesIO()
        picture.savefig(drawn, format=ending, dpi=150)
        with atomic_write(folder / f"{PICTURE}.{ending}") as file:
            file.write(drawn.getvalue())


def read_outcome(path: Path) -> Outcome:
    """What a result.json holds."""
    return Outcome(**json.loads(path.read_text()))


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as file:
        file.write(text.encode())
