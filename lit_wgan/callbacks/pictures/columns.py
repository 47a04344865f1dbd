"""Tables and short vectors as a histogram of each column."""

from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from lit_wgan.data import AdversarialData
from lit_wgan.data.transforms import TableTransform
from lit_wgan.engine.minibatches import Condition
from lit_wgan.systems import AdversarialSystem

MOST_COLUMNS = 16
"""Columns in one figure; those behind are not shown."""
BINS = 40
MOST_CATEGORIES = 20
"""Categories whose names stand below their bars."""


def draw_columns(
    system: AdversarialSystem,
    path: Path,
    count: int,
    data: AdversarialData | None = None,
    condition: Condition | None = None,
) -> None:
    """Draw the histograms of ``count`` samples ``(N, columns)``, before those of as many held-out ones."""
    fake = system.sample(slice(count), condition=condition).cpu()
    real = None
    if data is not None and condition is None:
        real = data.held_out_samples(count).real
    table = system.transform if isinstance(system.transform, TableTransform) else None
    names = [str(column) for column in range(fake.shape[1])] if table is None else table.names
    categories = [[]] * fake.shape[1] if table is None else table.categories
    save_histograms(real, fake, names, categories, path, f"{system.counters.generator_updates} generator updates")


def save_histograms(real: Tensor | None, fake: Tensor, names: Any, categories: Any, path: Path, title: str) -> None:
    """Write a histogram of each column as one PNG, real samples in grey.

    Args:
        real: samples ``(N, columns)``, if there are any.
        fake: samples ``(M, columns)``.
        names: of the columns.
        categories: of each column their names; none of numbers.
        path: of the file.
        title: of the figure.
    """
    from matplotlib.figure import Figure  # pyplot would keep every figure and choose a window system

    shown = min(fake.shape[1], MOST_COLUMNS)
    across = min(shown, 4)
    figure = Figure(figsize=(max(3 * across, 5), max(2.4 * -(-shown // across), 3)), layout="constrained")
    figure.suptitle(title)
    all_axes = figure.subplots(-(-shown // across), across, squeeze=False).flatten()
    for column, axes in enumerate(all_axes):
        if column >= shown:
            axes.set_visible(False)
            continue
        axes.set_title(str(names[column]))
        both = [("real", real, "0.6"), ("generated", fake, "C1")]
        numbers = [
            (label, part[:, column].double().numpy(), colour) for label, part, colour in both if part is not None
        ]
        _histogram(axes, numbers, categories[column])
    figure.legend(*all_axes[0].get_legend_handles_labels(), loc="outside upper right")
    figure.savefig(path, dpi=100)


def _histogram(axes: Any, numbers: list[tuple[str, np.ndarray, str]], categories: Any) -> None:
    finite = np.concatenate([values[np.isfinite(values)] for _, values, _ in numbers])
    if categories:
        edges = np.arange(len(categories) + 1) - 0.5
    elif finite.size:
        edges = np.histogram_bin_edges(finite, BINS)
    else:
        return
    for label, values, colour in numbers:
        axes.hist(values[np.isfinite(values)], edges, density=True, alpha=0.6, label=label, color=colour)
    if 0 < len(categories) <= MOST_CATEGORIES:
        axes.set_xticks(range(len(categories)), [str(each) for each in categories], rotation=45)
