"""Points in the plane as scatter plots; those of a conditional system coloured by condition."""

from pathlib import Path
from typing import Any

from torch import Tensor

from lit_wgan.callbacks.pictures.names import MOST_NUMBERS
from lit_wgan.data import AdversarialData
from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.engine.minibatches import Condition, Minibatch
from lit_wgan.systems import AdversarialSystem


def draw_points(
    system: AdversarialSystem,
    path: Path,
    count: int,
    data: AdversarialData | None = None,
    condition: Condition | None = None,
) -> None:
    """Draw ``count`` points with as many held-out ones, under whose conditions they are made unless one is given."""
    title = f"{system.counters.generator_updates} generator updates"
    real = None if data is None else data.held_out_samples(count)
    count = count if real is None else len(real.real)
    told = condition
    if system.condition is not None and condition is None:
        told = system.condition_of_samples(slice(count)) if real is None else real.condition
    fake = system.sample(slice(count), condition=told)
    colours = None if told is None or condition is not None else colours_of(told)
    if colours is None:
        save_scatter(fake.new_empty(0, 2) if real is None else real.real, fake, path, title)
    else:
        save_coloured(real, fake, colours, path, title)


def colours_of(conditions: Condition) -> Tensor | None:
    """A number ``(N,)`` for the colour of each condition, a class or a first number; None where there is neither."""
    parts = [part.cpu().flatten(1) if part.ndim > 1 else part.cpu()[:, None] for part in as_tuple(conditions)]
    return next((part[:, 0] for part in parts if part.shape[1] <= MOST_NUMBERS), None)


def save_scatter(real: Tensor, fake: Tensor, path: Path, title: str) -> None:
    """Write points ``(N, 2)``, real and generated, as one scatter plot in a PNG."""
    from matplotlib.figure import Figure  # pyplot would keep every figure and choose a window system

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot(title=title, aspect="equal")
    for points, label in [(real, "real"), (fake, "generated")]:
        x, y = points.cpu().double().numpy().reshape(-1, 2).T
        axes.scatter(x, y, s=4, alpha=0.6, label=label)
    axes.legend(loc="upper right")
    figure.savefig(path, dpi=100)


def save_coloured(real: Minibatch | None, fake: Tensor, colours: Tensor, path: Path, title: str) -> None:
    """Write points ``(N, 2)`` and, beside them, real ones of the same conditions as a PNG.

    Args:
        real: points, if there are any.
        fake: points.
        colours: class numbers or numbers ``(N,)`` of both.
        path: of the file.
        title: of the figure.
    """
    from matplotlib.figure import Figure

    panels = [("generated", fake)] if real is None else [("real", real.real), ("generated", fake)]
    figure = Figure(figsize=(4.5 * len(panels) + 0.7, 4.8), layout="constrained")
    figure.suptitle(title)
    all_axes = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (name, points) in zip(all_axes, panels, strict=True):
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
