"""Series as curves; those of a conditional system in a panel for each of a few conditions."""

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from lit_wgan.callbacks.pictures.shown import REAL, Shown

SHORTEST = 8
"""Numbers that a sample has at least to be drawn as a curve."""
PANELS = 8
"""Conditions or channels in one figure, at most."""
BEHIND: dict[str, Any] = {"color": "0.5", "linewidth": 0.8, "alpha": 0.5}
"""The look of the real series that others are compared with."""


class Panel(NamedTuple):
    """Series ``(N, T)`` with real ones to compare with and the name of their condition."""

    name: str
    real: Tensor
    series: Tensor


def is_series(shape: Sequence[int]) -> bool:
    """Whether samples of a shape are drawn as curves: ``(T,)``, ``(T, d)`` or ``(d, T)`` of at least 8 numbers in time.

    With more than a few channels, time is an axis that is far longer than the other.
    """
    if len(shape) not in (1, 2) or max(shape) < SHORTEST:
        return False
    channels = prod(shape) // max(shape)
    return max(shape) > channels and (channels <= PANELS or max(shape) >= 4 * channels)


def of_channels(series: Tensor) -> list[Tensor]:
    """The series ``(N, T)`` of each channel, of the first few; time is the longer axis."""
    if series.ndim == 2:
        return [series]
    last = series if series.shape[1] >= series.shape[2] else series.transpose(1, 2)
    return list(last[..., :PANELS].unbind(-1))


def draw_series(shown: Shown, path: Path) -> None:
    """Draw series before real ones, in a panel for each group, or of a single group for each channel."""
    real = [group[:0] for group in shown.groups] if shown.real is None else shown.real
    if shown.conditions is None and len(shown.groups) == 1:
        both = list(zip(of_channels(real[0]), of_channels(shown.groups[0]), strict=True))
        names = [f"channel {number}" for number in range(len(both))] if len(both) > 1 else [""]
        panels = [Panel(name, *each) for name, each in zip(names, both, strict=True)]
    else:
        panels = [Panel(*each) for each in zip(shown.names, real, shown.groups, strict=True)]
    save_curves(panels, path, shown.title, same_units=len(shown.groups) > 1, label=shown.label)


def save_curves(
    panels: Sequence[Panel], path: Path, title: str, same_units: bool = True, label: str = "generated"
) -> None:
    """Write the curves of each panel as one PNG, on the same axes if units are, real ones in grey behind."""
    from matplotlib.figure import Figure  # pyplot would keep every figure and choose a window system

    columns = min(len(panels), 4)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(max(3 * columns, 6), max(2.2 * rows, 4)), layout="constrained")
    figure.suptitle(title)
    all_axes = figure.subplots(rows, columns, sharex=True, sharey=same_units, squeeze=False).flatten()
    drawn = {}
    for axes, panel in zip(all_axes, panels, strict=False):
        axes.set_title(panel.name)
        front = {"color": "0.3" if label == REAL else "C1", "linewidth": 1, "alpha": 0.7}
        for name, series, look in [(REAL, panel.real, BEHIND), (label, panel.series, front)]:
            for curve in of_channels(series)[0].cpu().double().numpy():
                (drawn[name],) = axes.plot(curve, **look)
    for axes in all_axes[len(panels) :]:
        axes.set_visible(False)
    figure.legend(drawn.values(), drawn.keys(), loc="outside upper right")
    figure.savefig(path, dpi=100)
