"""Tables and short vectors as a histogram of each column."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lit_wgan.callbacks.pictures.shown import REAL, Shown
from lit_wgan.data.transforms import TableTransform

MOST_COLUMNS = 16
"""Columns in one figure; those behind are not shown."""
BINS = 40
MOST_CATEGORIES = 20
"""Categories whose names stand below their bars."""


def draw_columns(shown: Shown, path: Path) -> None:
    """Draw the histograms of samples ``(N, columns)``, before those of real ones."""
    samples = shown.samples.cpu()
    real = None if shown.real is None else torch.cat(list(shown.real)).cpu()
    table = shown.transform if isinstance(shown.transform, TableTransform) else None
    names = [str(column) for column in range(samples.shape[1])] if table is None else table.names
    categories = [[]] * samples.shape[1] if table is None else table.categories
    parts = [(REAL, real), (shown.label, samples)]
    save_histograms({label: part for label, part in parts if part is not None}, names, categories, path, shown.title)


def save_histograms(parts: Mapping[str, Tensor], names: Any, categories: Any, path: Path, title: str) -> None:
    """Write a histogram of each column as one PNG, real samples in grey.

    Args:
        parts: samples ``(N, columns)``, by what they are: ``real``, ``generated``.
        names: of the columns.
        categories: of each column their names; none of numbers.
        path: of the file.
        title: of the figure.
    """
    from matplotlib.figure import Figure  # pyplot would keep every figure and choose a window system

    shown = min(next(iter(parts.values())).shape[1], MOST_COLUMNS)
    across = min(shown, 4)
    figure = Figure(figsize=(max(3 * across, 5), max(2.4 * -(-shown // across), 3)), layout="constrained")
    figure.suptitle(title)
    all_axes = figure.subplots(-(-shown // across), across, squeeze=False).flatten()
    for column, axes in enumerate(all_axes):
        if column >= shown:
            axes.set_visible(False)
            continue
        axes.set_title(str(names[column]))
        values = {label: part[:, column].double().numpy() for label, part in parts.items()}
        _histogram(axes, values, categories[column])
    figure.legend(*all_axes[0].get_legend_handles_labels(), loc="outside upper right")
    figure.savefig(path, dpi=100)


def _histogram(axes: Any, parts: Mapping[str, np.ndarray], categories: Any) -> None:
    finite = np.concatenate([values[np.isfinite(values)] for values in parts.values()])
    if categories:
        edges = np.arange(len(categories) + 1) - 0.5
    elif finite.size:
        edges = np.histogram_bin_edges(finite, BINS)
    else:
        return
    for label, values in parts.items():
        colour = "0.6" if label == REAL else "C1"
        axes.hist(values[np.isfinite(values)], edges, density=True, alpha=0.6, label=label, color=colour)
    if 0 < len(categories) <= MOST_CATEGORIES:
        axes.set_xticks(range(len(categories)), [str(each) for each in categories], rotation=45)
