"""Series as curves; those of a conditional system in a panel for each of a few conditions."""

from collections.abc import Sequence
from math import inf, prod
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from lit_wgan.callbacks.pictures.names import short_names
from lit_wgan.callbacks.pictures.under import samples_under_each
from lit_wgan.data import AdversarialData
from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.engine.minibatches import Condition, Minibatch
from lit_wgan.systems import AdversarialSystem

SHORTEST = 8
"""Numbers that a sample has at least to be drawn as a curve."""
PANELS = 8
"""Conditions in one figure, at most."""
CURVES = 16
"""Series in the panel of a figure that shows no conditions, at most."""
NEIGHBOURS = 1000
"""Held-out series among which those under similar conditions are looked for."""


class Panel(NamedTuple):
    """Generated series ``(N, T)`` with real ones and the name of their condition."""

    name: str
    real: Tensor
    fake: Tensor


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


def draw_series(
    system: AdversarialSystem,
    path: Path,
    count: int,
    data: AdversarialData | None = None,
    condition: Condition | None = None,
) -> None:
    """Draw up to ``count`` series before as many held-out ones, in a panel each for a few conditions."""
    same_units = True
    if system.condition is None or condition is not None:
        fake = system.sample(slice(count), condition=condition)[:CURVES]
        real = fake[:0] if data is None or condition is not None else data.held_out_samples(len(fake)).real
        both = zip(of_channels(real), of_channels(fake), strict=True)
        panels = [Panel(f"channel {number}", *each) for number, each in enumerate(both)]
        if len(panels) == 1:
            panels = [panels[0]._replace(name="")]
        same_units = False
    else:
        panels = _panels(system, system.condition.examples(min(PANELS, count)), count, data)
    save_curves(panels, path, f"{system.counters.generator_updates} generator updates", same_units)


def _panels(system: AdversarialSystem, conditions: Condition, count: int, data: AdversarialData | None) -> list[Panel]:
    fakes = samples_under_each(system, conditions, count)
    real = None if data is None else data.held_out_samples(NEIGHBOURS)
    return [
        Panel(name, fake[:0] if real is None else most_similar(real, conditions, row, len(fake)), fake)
        for row, (name, fake) in enumerate(zip(short_names(conditions), fakes, strict=True))
    ]


def most_similar(real: Minibatch, conditions: Condition, row: int, count: int) -> Tensor:
    """The ``count`` real samples whose conditions are nearest to that in a row, and of the same classes.

    Fewer, if there are no more of those classes.
    """
    assert real.condition is not None
    distance = torch.zeros(len(real.real))
    for part, told in zip(as_tuple(real.condition), as_tuple(conditions), strict=True):
        difference = (part.cpu().flatten(1) if part.ndim > 1 else part.cpu()[:, None]) - told[row].flatten()
        squares = difference.float().square().sum(1)
        distance += squares if part.is_floating_point() else torch.where(squares > 0, inf, 0.0)
    nearest = distance.argsort(stable=True)[:count]
    return real.real.cpu()[nearest[distance[nearest] < inf]]


def save_curves(panels: Sequence[Panel], path: Path, title: str, same_units: bool = True) -> None:
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
        for label, series, look in [
            ("real", panel.real, {"color": "0.5", "linewidth": 0.8, "alpha": 0.5}),
            ("generated", panel.fake, {"color": "C1", "linewidth": 1, "alpha": 0.7}),
        ]:
            for curve in of_channels(series)[0].cpu().double().numpy():
                (drawn[label],) = axes.plot(curve, **look)
    for axes in all_axes[len(panels) :]:
        axes.set_visible(False)
    figure.legend(drawn.values(), drawn.keys(), loc="outside upper right")
    figure.savefig(path, dpi=100)
