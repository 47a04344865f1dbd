"""curves.png: what a run has logged, in a few small panels."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lit_wgan.runs.metric_names import FLOOR, OF_CLASS
from lit_wgan.runs.run import Run

MOST_POINTS = 2000
"""Of one line; of more, the mean of each of so many parts is drawn."""
FEW_POINTS = 40
"""A line of at most so many is drawn with a dot for each."""
ACROSS = 3
"""Panels beside each other."""
REAL, DARK, GREY = "#1f6f8b", "#d1495b", "0.45"
"""Colours of what is measured in training, on held-out samples, and of what it is compared with."""


@dataclass(frozen=True)
class Line:
    """A metric over generator updates.

    Args:
        metric: its name in metrics.csv.
        label: in the legend.
        colour: of the line.
        dashed: whether it is something to compare with.
    """

    metric: str
    label: str
    colour: str = REAL
    dashed: bool = False


@dataclass(frozen=True)
class Panel:
    """Lines on the same axes.

    Args:
        title: says what they are.
        lines: those that may have been logged.
        target: a value to compare with; None for none.
    """

    title: str
    lines: Sequence[Line]
    target: float | None = None


def write_curves(run: Run) -> Path | None:
    """Write the curves of a run into its directory.

    Returns:
        The path of ``curves.png``; None if the run has logged nothing that is drawn.

    Raises:
        UsageError: for a metrics.csv that holds anything but steps and numbers.
        OSError: if the file cannot be written.
    """
    panels = panels_of(run)
    if not panels:
        return None
    from matplotlib.figure import Figure  # pyplot would keep every figure and choose a window system

    across = 2 if len(panels) == 4 else min(len(panels), ACROSS)
    down = -(-len(panels) // across)
    width, height = 3.7 * across, 2.5 * down + 0.4
    figure = Figure(figsize=(width, height))
    figure.suptitle(run.name, fontsize=11, color="0.25", y=1 - 0.1 / height)
    all_axes = figure.subplots(down, across, squeeze=False).flatten()
    margins = {"left": 0.55 / width, "right": 1 - 0.15 / width, "bottom": 0.5 / height, "top": 1 - 0.65 / height}
    figure.subplots_adjust(**margins, wspace=0.2, hspace=0.45)  # a layout by matplotlib takes most of a second
    for axes, panel in zip(all_axes, panels, strict=False):
        _draw(axes, panel, run)
    for axes in all_axes[len(panels) :]:
        axes.set_visible(False)
    path = run.directory / "curves.png"
    figure.savefig(path, dpi=120)
    return path


def panels_of(run: Run) -> list[Panel]:
    """The panels of which something was logged, each with its lines that were; learning rates only if they change."""
    logged = {name for _, metrics in run.rows for name in metrics}
    kept = [Panel(panel.title, [line for line in panel.lines if line.metric in logged], panel.target) for panel in ALL]
    kept += [Panel(title, [Line(name, "", DARK)]) for name, title in _fidelity(logged)]
    rates = [name for name in sorted(logged) if name.startswith("lr-") and len(set(run.series(name)[1])) > 1]
    colours = (REAL, DARK, GREY)
    kept.append(Panel("learning rates", [Line(each, each[3:], colours[i % 3]) for i, each in enumerate(rates)]))
    return [panel for panel in kept if panel.lines]


ALL = [
    Panel(
        "critic's estimate",
        [
            Line("critic/wasserstein_estimate", "minibatches"),
            Line("critic/jensen_shannon_estimate", "minibatches"),
            Line("critic/le_cam_estimate", "minibatches"),
            Line("eval/wasserstein_estimate", "held-out", DARK),
            Line("eval/jensen_shannon_estimate", "held-out", DARK),
            Line("eval/le_cam_estimate", "held-out", DARK),
        ],
    ),
    Panel("W1", [Line("eval/w1", "generated", DARK), Line(f"eval/w1{FLOOR}", "floor", GREY, dashed=True)]),
    Panel(
        "W1 with conditions",
        [
            Line("eval/w1_with_condition", "generated", DARK),
            Line(f"eval/w1_with_condition{FLOOR}", "floor", GREY, dashed=True),
        ],
    ),
    Panel(
        "sliced W1",
        [Line("eval/sliced_w1", "generated", DARK), Line(f"eval/sliced_w1{FLOOR}", "floor", GREY, dashed=True)],
    ),
    Panel(
        "modes",
        [
            Line("eval/share_near_a_mode", "share near a mode", DARK),
            Line("eval/smallest_mode_share", "share of the rarest"),
        ],
    ),
    Panel(
        "critic's gradient norm",
        [Line("critic/gradient_norm", "minibatches"), Line("eval/gradient_norm", "held-out", DARK)],
        target=1,
    ),
    Panel("share of clipped weights at the bound", [Line("critic/fraction_at_bound", "")]),
]
"""All panels but those whose metrics are named by the run."""
FIDELITY = {"fid": "FID", "kid_mean": "KID", "inception_score_mean": "Inception Score", "accuracy": "accuracy"}
"""Metrics of fidelity and their titles; an extractor's name may follow."""


def _fidelity(logged: set[str]) -> list[tuple[str, str]]:
    found = []
    for kind, title in FIDELITY.items():
        for name in sorted(logged):
            rest = name.removeprefix(f"fidelity/{kind}")
            if (rest == "" or (rest[0] == "_" and rest != name)) and OF_CLASS not in name:
                found.append((name, f"{title}{f' ({rest[1:]})' if rest else ''}"))
    return found


def _draw(axes: Any, panel: Panel, run: Run) -> None:
    axes.set_title(panel.title, fontsize=10, loc="left")
    if panel.target is not None:
        axes.axhline(panel.target, color=GREY, linestyle="--", linewidth=1)
    for line in panel.lines:
        updates, values = thinned(*run.series(line.metric))
        look = {"linestyle": "--"} if line.dashed else {"marker": "." if len(updates) <= FEW_POINTS else ""}
        finite = [value if math.isfinite(value) else math.nan for value in values]
        axes.plot(updates, finite, color=line.colour, linewidth=1.3, label=line.label, **look)
        lost = next((update for update, value in zip(updates, values, strict=True) if not math.isfinite(value)), None)
        if lost is not None:
            axes.axvline(lost, color=DARK, linewidth=1, linestyle=":")
            axes.annotate(" not finite", (lost, 0.94), xycoords=("data", "axes fraction"), fontsize=8, color=DARK)
    if len(panel.lines) > 1:
        axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color("0.6")
    axes.set_xlim(0, run.updates * 1.02 or None)
    axes.grid(color="0.93")
    axes.ticklabel_format(axis="y", scilimits=(-3, 4))
    axes.tick_params(labelsize=8, color="0.6")
    axes.set_xlabel("generator updates", fontsize=8, color="0.35")


def thinned(updates: Sequence[int], values: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """A line of at most ``MOST_POINTS``: the means of equal parts; that of a part with nan is nan."""
    size = -(-len(updates) // MOST_POINTS)
    if size <= 1:
        return updates, values
    mean: Callable[[Sequence[float]], float] = lambda part: sum(part) / len(part)  # noqa: E731
    starts = range(0, len(updates), size)
    return [mean(updates[i : i + size]) for i in starts], [mean(values[i : i + size]) for i in starts]
