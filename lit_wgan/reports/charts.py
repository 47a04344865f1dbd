"""Charts of a report: which metrics are drawn together, thinned to what a page can hold."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lit_wgan.reports.titles import title
from lit_wgan.runs.main_metrics import is_measured
from lit_wgan.runs.metric_names import ACTIVATIONS, FLOOR, LAYERS, OF_CLASS
from lit_wgan.runs.run import Run

MOST_RUNS = 8
"""Runs whose curves are told apart by their colours."""
MOST_CHARTS = 16
"""In one section."""
MOST_POINTS, ALL_POINTS = 1000, 40_000
"""Points of one curve, and of all curves of a page."""


class Line(NamedTuple):
    """A curve.

    Attributes:
        run: the number of its run.
        label: what it shows.
        x: generator updates.
        y: values; None for those that are not finite.
        dashed: whether it is what another is compared with.
    """

    run: int
    label: str
    x: list[int]
    y: list[float | None]
    dashed: bool = False


class Chart(NamedTuple):
    """Curves that are drawn together: for each run one of each kind.

    Attributes:
        title: in words.
        metric: its name in metrics.csv.
        kinds: labels of the kinds of curves, the dashed one last.
        lines: the curves.
    """

    title: str
    metric: str
    kinds: list[str]
    lines: list[Line]


def quality_charts(runs: Sequence[Run]) -> list[Chart]:
    """One chart for each metric of samples, with its floor."""
    names = [name for name in _names(runs) if is_measured(name)]
    return _charts(runs, [(name, {"generated samples": name, "floor": f"{name}{FLOOR}"}) for name in names])


def critic_charts(runs: Sequence[Run]) -> list[Chart]:
    """What the critic logs, each beside the same of held-out samples, and the gradient norms of its layers."""
    logged = _names(runs)
    names = [name for name in logged if name.startswith("critic/")]
    pairs = [(name, {"training": name, "held out": name.replace("critic/", "eval/")}) for name in names]
    of_layers = [(of.rstrip("/"), _by_layer(logged, of)) for of in (ACTIVATIONS, LAYERS)]
    return _charts(runs, sorted(pairs, key=lambda pair: pair[1]["held out"] not in logged) + of_layers)


def _by_layer(logged: Sequence[str], of: str) -> dict[str, str]:
    """The norms of one kind by the names of their layers, the tenth of which comes after the ninth."""
    names = [name.removeprefix(of) for name in logged if name.startswith(of)]
    return {name: f"{of}{name}" for name in sorted(names, key=_in_order)}


def _in_order(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def other_charts(runs: Sequence[Run]) -> list[Chart]:
    """The generator's losses, learning rates, and whatever else was logged."""
    own = ("critic/", LAYERS, ACTIVATIONS, "eval/", "fidelity/")
    return _charts(runs, [(name, {"training": name}) for name in _names(runs) if not name.startswith(own)])


def thin(x: Sequence[int], y: Sequence[float], most: int) -> tuple[list[int], list[float | None]]:
    """At most ``most`` points of a curve: the smallest and the largest of each of equal parts, and both ends.

    Values that are not finite become None, which is drawn as a gap.
    """
    points = [(update, value if math.isfinite(value) else None) for update, value in zip(x, y, strict=True)]
    if len(points) > most:
        inner, parts = points[1:-1], max(most // 2 - 1, 1)
        kept = [part for place in range(parts) for part in _extremes(_part(inner, place, parts))]
        points = [points[0], *kept, points[-1]]
    return [update for update, _ in points], [value for _, value in points]


def _part(points: list[tuple[int, float | None]], place: int, parts: int) -> list[tuple[int, float | None]]:
    return points[len(points) * place // parts : len(points) * (place + 1) // parts]


def _extremes(points: list[tuple[int, float | None]]) -> list[tuple[int, float | None]]:
    finite = [(value, update) for update, value in points if value is not None]
    if not finite:
        return points[:1]
    low, high = min(finite), max(finite)
    return [(update, value) for value, update in sorted({low, high}, key=lambda each: each[1])]


def _charts(runs: Sequence[Run], wanted: Sequence[tuple[str, dict[str, str]]]) -> list[Chart]:
    charts = [chart for name, kinds in wanted if (chart := _chart(runs, name, kinds)).lines]
    return charts[:MOST_CHARTS]


def _chart(runs: Sequence[Run], name: str, kinds: dict[str, str]) -> Chart:
    lines = [
        Line(number, kind, *series, dashed=kind in ("floor", "held out"))  # type: ignore[arg-type]
        for number, run in enumerate(runs[:MOST_RUNS])
        for kind, metric in kinds.items()
        if any(map(math.isfinite, (series := run.series(metric))[1]))
    ]
    return Chart(title(name), name, [kind for kind in kinds if any(kind == line.label for line in lines)], lines)


def _names(runs: Sequence[Run]) -> list[str]:
    """The metrics of all runs, in the order in which metrics.csv names them, without what has no curve of its own."""
    names = dict.fromkeys(name for run in runs[:MOST_RUNS] for name in run.metrics)
    return [name for name in names if _has_curve(name)]


def _has_curve(name: str) -> bool:
    return not name.endswith((FLOOR, "/seconds", "/num_samples")) and OF_CLASS not in name


def thinned(sections: Sequence[Sequence[Chart]]) -> Iterator[list[Chart]]:
    """The charts of some sections, whose curves all together have no more points than a page can hold."""
    count = sum(len(chart.lines) for charts in sections for chart in charts)
    most = min(MOST_POINTS, ALL_POINTS // max(count, 1))
    for charts in sections:
        yield [chart._replace(lines=[_thin_line(line, most) for line in chart.lines]) for chart in charts]


def _thin_line(line: Line, most: int) -> Line:
    x, y = thin(line.x, [math.nan if value is None else value for value in line.y], most)
    return line._replace(x=x, y=[None if value is None else float(f"{value:.6g}") for value in y])
