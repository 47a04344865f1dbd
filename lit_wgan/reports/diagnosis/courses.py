"""The course of a logged metric over a run, and the options it was run with."""

import math
from collections.abc import Sequence
from statistics import fmean, median
from typing import Any, NamedTuple

from lit_wgan.runs.metric_names import FLOOR
from lit_wgan.runs.run import Run

FEWEST = 3
"""Values that a third of a course has to have: with fewer nothing is told of it."""


class Course(NamedTuple):
    """The finite values of a metric, and the generator updates at which they were logged."""

    updates: Sequence[int]
    values: Sequence[float]

    def early(self) -> list[float]:
        """Those of the first third of the updates."""
        return self._third(0)

    def halfway(self) -> list[float]:
        """Those of the second third of the updates."""
        return self._third(1)

    def late(self) -> list[float]:
        """Those of the last third of the updates."""
        return self._third(2)

    def _third(self, number: int) -> list[float]:
        third = self.updates[-1] / 3 if self.updates else 0
        begin, end = number * third, (number + 1) * third
        logged = zip(self.updates, self.values, strict=True)
        return [value for update, value in logged if begin < update <= end or (update == 0 and number == 0)]


def course(run: Run, metric: str) -> Course:
    """The course of a metric; empty if it was not logged."""
    logged = [(update, value) for update, value in zip(*run.series(metric), strict=True) if math.isfinite(value)]
    return Course([update for update, _ in logged], [value for _, value in logged])


def middle(values: Sequence[float]) -> float | None:
    """The median; None of too few values."""
    return median(values) if len(values) >= FEWEST else None


def mean(values: Sequence[float]) -> float | None:
    """The mean; None without values."""
    return fmean(values) if values else None


def floor(run: Run, metric: str) -> float | None:
    """What a perfect generator would reach; None if that is not known, or not above 0."""
    value = run.metrics.get(f"{metric}{FLOOR}", math.nan)
    return value if value > 0 else None


def callbacks(run: Run) -> list[dict[str, Any]]:
    """The options of the run's callbacks, each with its ``class_path``; none of a run without a configuration."""
    try:
        asked = run.options("trainer").get("callbacks")
    except FileNotFoundError:
        return []
    each = asked if isinstance(asked, list) else [asked]
    return [
        {"class_path": str(entry.get("class_path"))} | (entry.get("init_args") or {})
        for entry in each
        if isinstance(entry, dict)
    ]
