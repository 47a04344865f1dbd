"""What of a run's result is equal when it is run again, and why the rest may not be."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

Figures = dict[str, float]
Row = tuple[int, Figures]

# What says nothing about why a result differs, or is told in other words.
UNTOLD = {"command", "seed", "packages_sha256", "packages", "variables", "git_dirty", "devices", "platform"}


class Figure(NamedTuple):
    """One line of a comparison; None stands for what one of the runs lacks."""

    name: str
    then: Any
    now: Any

    @property
    def equal(self) -> bool:
        """Whether both are the same, to the bit."""
        return repr(self.then) == repr(self.now)  # by their text, since a NaN that is reproduced is equal too

    def __str__(self) -> str:
        return f"{self.name}: {_shown(self.then)} then, {_shown(self.now)} now"


def compare_results(then: dict[str, Any], now: dict[str, Any]) -> list[Figure]:
    """The number of updates, the digest of each network's weights, and each final figure of two results."""
    updates = Figure("generator updates", then["generator_updates"], now["generator_updates"])
    return [
        updates,
        *_compare(then["weights_sha256"], now["weights_sha256"]),
        *(figure for figure in _compare(then["metrics"], now["metrics"]) if not is_timed(figure.name)),
    ]


def compare_rows(then: Sequence[Row], now: Sequence[Row], last: int, ends: set[int]) -> list[Figure]:
    """The figures in which two metrics.csv differ, row by row.

    Args:
        then: rows of the run.
        now: rows of its repetition.
        last: the generator update that the run ended at; later rows do not count.
        ends: updates at which the run also ended for a while, and measured what is measured at the end alone.
    """
    return [
        Figure(f"{figure.name} at update {step}", figure.then, figure.now)
        for step, before, after in _pairs(_by_step(then), _by_step(now))
        if step <= last and (after or step not in ends)
        for figure in _compare(before, after)
        if not figure.equal
    ]


def compare_environments(then: dict[str, Any], now: dict[str, Any]) -> list[Figure]:
    """In what two environments differ that can change a result."""
    packages = _compare(then["packages"], now["packages"])
    variables = _compare(then["variables"], now["variables"])
    others = [figure for figure in _compare(then, now) if figure.name not in UNTOLD]
    return [figure for figure in (*packages, *others, *variables) if not figure.equal]


def is_timed(name: str) -> bool:
    """Whether a figure is a time, which no run repeats."""
    return name.rpartition("/")[2] == "seconds"


def _compare(then: dict[str, Any], now: dict[str, Any]) -> list[Figure]:
    names = dict.fromkeys([*then, *now])
    return [Figure(name, then.get(name), now.get(name)) for name in names]


def _by_step(rows: Sequence[Row]) -> dict[int, list[Figures]]:
    steps: dict[int, list[Figures]] = {}
    for step, row in rows:
        # data is endless, so an epoch is where an attempt ended
        figures = {name: value for name, value in row.items() if name != "epoch" and not is_timed(name)}
        steps.setdefault(step, []).append(figures)
    return steps


def _pairs(then: dict[int, list[Figures]], now: dict[int, list[Figures]]) -> Iterator[tuple[int, Figures, Figures]]:
    nothing: Figures = {}
    for step in sorted(then.keys() | now.keys()):
        for before, after in zip_longest(then.get(step, []), now.get(step, []), fillvalue=nothing):
            yield step, before, after


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
