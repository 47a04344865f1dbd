"""Points in the plane as scatter plots; those of a conditional system coloured by condition."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lit_wgan.callbacks.pictures.names import MOST_NUMBERS
from lit_wgan.callbacks.pictures.shown import REAL, Shown
from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.engine.minibatches import Condition


def draw_points(shown: Shown, path: Path) -> None:
    """Draw points with real ones, coloured by their conditions."""
    points = shown.samples
    real = points.new_empty(0, 2) if shown.real is None else torch.cat(list(shown.real))
    colours = None if shown.told is None else colours_of(shown.told)
    parts = {REAL: real, shown.label: points}
    if colours is None:
        save_scatter(parts, path, shown.title)
    else:
        save_coloured({label: part for label, part in parts.items() if len(part)}, colours, path, shown.title)


def colours_of(conditions: Condition) -> Tensor | None:
    """A number ``(N,)`` for the colour of each condition, a class or a first number; None where there is neither."""
    parts = [part.cpu().flatten(1) if part.ndim > 1 else part.cpu()[:, None] for part in as_tuple(conditions)]
    return next((part[:, 0] for part in parts if part.shape[1] <= MOST_NUMBERS), None)


def save_scatter(parts: Mapping[str, Tensor], path: Path, title: str) -> None:
    """Write points ``(N, 2)``, by what they are (``real``, ``generated``), as one scatter plot in a PNG."""
    from matplotlib.figure import Figure  # pyplot would keep every figure and choose a window system

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot(title=title, aspect="equal")
    for label, points in parts.items():
        x, y = points.cpu().double().numpy().reshape(-1, 2).T
        axes.scatter(x, y, s=4, alpha=0.6, label=label)
    axes.legend(loc="upper right")
    figure.savefig(path, dpi=100)


def save_coloured(parts: Mapping[str, Tensor], colours: Tensor, path: Path, title: str) -> None:
    """Write points ``(N, 2)`` as a PNG, those of each kind beside the others.

    Args:
        parts: points, by what they are: ``real``, ``generated``; row by row of the same conditions.
        colours: class numbers or numbers ``(N,)`` of each kind's points.
        path: of the file.
        title: of the figure.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5 * len(parts) + 0.7, 4.8), layout="constrained")
    figure.suptitle(title)
    all_axes = figure.subplots(1, len(parts), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (name, points) in zip(all_axes, parts.items(), strict=True):
        x, y = points.cpu().double().numpy().T
        axes.set(title=name, aspect="equal")
        drawn = axes.scatter(x, y, s=4, c=colours.double().numpy(), **_scale(colours))
    classes = None if colours.is_floating_point() else range(0, int(colours.max()) + 1, int(colours.max()) // 20 + 1)
    figure.colorbar(drawn, ax=list(all_axes), label="condition", ticks=classes)
    figure.savefig(path, dpi=100)


def _scale(colours: Tensor) -> dict[str, Any]:
    """Distinct colours for classes, a gradual scale for numbers."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    if colours.is_floating_point():
        return {"cmap": "viridis"}
    classes = int(colours.max()) + 1
    if classes <= 20:
        colormap: Any = ListedColormap(colormaps["tab10" if classes <= 10 else "tab20"](range(classes)))
    else:
        colormap = colormaps["turbo"].resampled(classes)
    return {"cmap": colormap, "vmin": -0.5, "vmax": classes - 0.5}
