"""Samples, and what they were told, as columns of a table."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from lit_wgan.callbacks.pictures.series import is_series
from lit_wgan.callbacks.sample_files import as_array
from lit_wgan.data.stored import named_columns
from lit_wgan.data.transforms import TableTransform, TextTransform, Transform


def is_tabular(shape: Sequence[int], transform: Transform | None = None) -> bool:
    """Whether samples of a shape are written as a table: rows of one, vectors and series."""
    return len(shape) == 1 or is_series(shape)


def table_of(
    samples: Tensor, transform: Transform | None = None, conditions: Sequence[Tensor] = ()
) -> dict[str, np.ndarray]:
    """Samples ``(N, ...)`` and their conditions as the columns of a table, by name.

    Rows of a table keep the names of their columns and categories. Vectors ``(d,)`` have the columns ``x0``, ``x1`` and
    so on, and a row each; series of several channels a row for each time, with the columns ``sample``, ``time`` and one
    for each channel. Lines of text are the column ``text``. A condition is a column ``condition``, or several.

    Args:
        samples: in the data's own units.
        transform: of the data, by which tables are known.
        conditions: class numbers ``(N,)`` or vectors ``(N, d)``.
    """
    columns = _columns_of(samples, transform)
    rows = len(next(iter(columns.values()))) // len(samples)
    for name, part in zip(names_of("condition", len(conditions)), conditions, strict=True):
        for column, values in _named(f"{name}_", as_array(part), name).items():
            columns[_new(column, columns)] = np.repeat(values, rows)
    return columns


def _columns_of(samples: Tensor, transform: Transform | None) -> dict[str, Any]:
    if isinstance(transform, TableTransform):
        return named_columns(transform.names, transform.categories, as_array(samples))
    if isinstance(transform, TextTransform):
        return {"text": np.array(transform.lines(samples), dtype=object)}
    if samples.ndim == 2:
        return _named("x", as_array(samples), "x")
    series = as_array(samples if samples.shape[1] >= samples.shape[2] else samples.transpose(1, 2))
    count, times, channels = series.shape
    numbers = {"sample": np.repeat(np.arange(count), times), "time": np.tile(np.arange(times), count)}
    return numbers | _named("x", series.reshape(count * times, channels), "x")


def divided(conditions: Sequence[Tensor]) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """The conditions that are classes or vectors, and the others, such as images, which no column holds."""
    short = tuple(part for part in conditions if part.ndim <= 2)
    return short, tuple(part for part in conditions if part.ndim > 2)


def names_of(name: str, count: int) -> list[str]:
    """The names of the parts of a condition: the plain one of a single part, ``<name>_1`` and so on of several."""
    return [name] if count == 1 else [f"{name}_{place}" for place in range(1, count + 1)]


def _named(prefix: str, values: np.ndarray, plain: str) -> dict[str, np.ndarray]:
    """Numbers ``(N,)`` or vectors ``(N, d)`` by column: of one number by a plain name, else by prefix and place."""
    if values.ndim == 1 or values.shape[1] == 1:
        return {plain: values.reshape(-1)}
    return {f"{prefix}{place}": column for place, column in enumerate(values.T)}


def _new(name: str, columns: dict[str, Any]) -> str:
    while name in columns:
        name = f"{name}_"
    return name
