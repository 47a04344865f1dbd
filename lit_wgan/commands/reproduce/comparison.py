"""Compare a run with its repetition: results, rows of metrics.csv, environments."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

Metrics = dict[str, float]
Row = tuple[int, Metrics]

# Entries of an environment that do not explain a difference, or that the report tells in other words.
UNTOLD = {"command", "seed", "packages_sha256", "packages", "variables", "git_dirty", "devices", "platform"}


class Compared(NamedTuple):
    """One entry of a comparison; None where a run lacks it."""

    name: str
    then: Any
    now: Any

    @property
    def equal(self) -> bool:
        """Whether both are the same, to the bit."""
        return repr(self.then) == repr(self.now)  # by their text, since a NaN that is reproduced is equal too

    def __str__(self) -> str:
        return f"{self.name}: {_shown(self.then)} then, {_shown(self.now)} now"


def compare_results(then: dict[str, Any], now: dict[str, Any]) -> list[Compared]:
    """Compare the number of updates, the digest of each network's weights, and each final metric of two results."""
    updates = Compared("generator updates", then["generator_updates"], now["generator_updates"])
    return [
        updates,
        *_compare(then["weights_sha256"], now["weights_sha256"]),
        *(entry for entry in _compare(then["metrics"], now["metrics"]) if not is_timed(entry.name)),
    ]


def compare_rows(then: Sequence[Row], now: Sequence[Row], last: int, ends: set[int]) -> list[Compared]:
    """Compare two metrics.csv row by row, and return the metrics that differ.

    Args:
        then: rows of the run.
        now: rows of its repetition.
        last: the generator update that the run ended at; later rows do not count.
        ends: updates at which the run also ended for a while, and logged what is measured at the end only.
    """
    return [
        Compared(f"{entry.name} at update {step}", entry.then, entry.now)
        for step, before, after in _pairs(_by_step(then), _by_step(now))
        if step <= last and (after or step not in ends)
        for entry in _compare(before, after)
        if not entry.equal
    ]


def compare_environments(then: dict[str, Any], now: dict[str, Any]) -> list[Compared]:
    """Compare two environments, and return the entries that differ and can change a result."""
    packages = _compare(then["packages"], now["packages"])
    variables = _compare(then["variables"], now["variables"])
    others = [entry for entry in _compare(then, now) if entry.name not in UNTOLD]
    return [entry for entry in (*packages, *others, *variables) if not entry.equal]


def is_timed(name: str) -> bool:
    """Whether a metric is a duration, which no run repeats."""
    return name.rpartition("/")[2] == "seconds"


def _compare(then: dict[str, Any], now: dict[str, Any]) -> list[Compared]:
    names = dict.fromkeys([*then, *now])
    return [Compared(name, then.get(name), now.get(name)) for name in names]


def _by_step(rows: Sequence[Row]) -> dict[int, list[Metrics]]:
    steps: dict[int, list[Metrics]] = {}
    for step, row in rows:
        # data is endless, so an epoch is where an attempt ended
        metrics = {name: value for name, value in row.items() if name != "epoch" and not is_timed(name)}
        steps.setdefault(step, []).append(metrics)
    return steps


def _pairs(then: dict[int, list[Metrics]], now: dict[int, list[Metrics]]) -> Iterator[tuple[int, Metrics, Metrics]]:
    nothing: Metrics = {}
    for step in sorted(then.keys() | now.keys()):
        for before, after in zip_longest(then.get(step, []), now.get(step, []), fillvalue=nothing):
            yield step, before, after


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
