"""Open the files of samples, and of what belongs to them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lit_wgan.data.held_out import trained_on
from lit_wgan.data.parts.column import Column, Told, number_of_each
from lit_wgan.data.parts.fitting import fitted_once
from lit_wgan.data.parts.part import Part
from lit_wgan.data.parts.specs import column_of, samples_of, split_table
from lit_wgan.data.parts.splitting import rows_by_mark, rows_by_share
from lit_wgan.data.transforms import Per, TableTransform, Transform, make_transform
from lit_wgan.errors import UsageError


@dataclass(frozen=True)
class Parts:
    """Training and held-out samples, and the transform that was fitted to the former.

    ``left_out`` samples are neither.
    """

    train: Part
    held_out: Part
    transform: Transform | None
    left_out: int = 0

    def sizes(self) -> dict[str, Any]:
        """Shapes of a sample and of a condition as networks see them, by the names of networks' arguments."""
        shape = self.train.samples.shape
        shape = shape if self.transform is None else self.transform.network_shape(shape)
        sizes: dict[str, Any] = {"data_shape": list(shape)}
        if len(shape) > 1:
            sizes |= {"channels": shape[0], "image_size": list(shape[1:])}
        if isinstance(self.transform, TableTransform):
            sizes["columns"] = self.transform.columns
        elif len(shape) == 1:
            sizes["columns"] = [1] * shape[0]  # a vector is a row of numbers
        for told in self.train.conditions:
            if told.is_class:
                sizes.setdefault("num_classes", told.num_classes)
            else:
                sizes.setdefault("shape", list(told.shape))
                sizes.setdefault("condition_dim", math.prod(told.shape))
        return sizes


@dataclass(frozen=True)
class Files:
    """What a user names: the arguments of :class:`~lit_wgan.data.array_data.ArrayData` that say where data are."""

    samples: Any
    conditions: Any = None
    held_out: Any = 0.1
    held_out_conditions: Any = None
    groups: Any = None
    weights: Any = None

    def columns(self) -> list[Any]:
        """All but the samples, which may be columns of their table."""
        return [*several(self.conditions), self.held_out, self.groups, self.weights]


def open_parts(
    files: Files,
    transform: str | Sequence[str] | None,
    per: Per | None,
    copies: Path | None,
    cache_dir: Path,
    num_train: int | None = None,
) -> Parts:
    """Open files, check that they fit together, and fit the transform.

    Args:
        files: that a user names.
        transform: names of transforms.
        per: what has statistics of its own.
        copies: folder for copies of arrays whose random reads are slow; None to read them as they are.
        cache_dir: folder for what is computed of them once.
        num_train: see :func:`~lit_wgan.data.held_out.trained_on`.

    Raises:
        UsageError: for files that cannot be read or do not fit together.
    """
    samples = samples_of(files.samples, files.columns(), "data.samples", copies)
    told = tuple(column_of(each, Told, "data.conditions", copies) for each in several(files.conditions))
    groups, weights = (
        None if spec is None else column_of(spec, Column, f"data.{name}", None)
        for name, spec in (("groups", files.groups), ("weights", files.weights))
    )
    check_lengths(samples, [*told, groups, weights])
    other, rows = None, np.empty(0, dtype=np.int64)
    marks = marks_of(files.held_out, samples)
    if marks is None and not isinstance(files.held_out, int | float):
        other = held_out_files(files, samples, told, copies)
    elif files.held_out_conditions is not None:
        raise UsageError(
            "Expected data.held_out_conditions along with files of samples as data.held_out, but got "
            f"{files.held_out}. Leave it out: samples that are held out keep their conditions."
        )
    else:
        rows = rows_by_share(samples, files.held_out, groups) if marks is None else rows_by_mark(samples, marks)
    others = np.setdiff1d(np.arange(len(samples)), rows, assume_unique=True)
    chosen = trained_on(len(others), num_train)
    train_rows = others if chosen is None else others[chosen]
    train = Part(samples, told, train_rows, weights_of(weights, train_rows))
    held_out = other or Part(samples, told, rows, weights_of(weights, rows))
    fitted = fitted_once(train, held_out, make_transform(transform, per), cache_dir)
    return Parts(train, held_out, fitted, len(others) - len(train_rows))


def several(conditions: Any) -> list[Any]:
    """What is told of a sample: none, one or a list of columns."""
    return [] if conditions is None else list(conditions) if isinstance(conditions, list | tuple) else [conditions]


def check_lengths(samples: Column, others: Iterable[Column | None]) -> None:
    """Raise a UsageError for a column that does not have as many rows as there are samples."""
    for other in others:
        if other is not None and len(other) != len(samples):
            raise UsageError(
                f"Expected one row for each of the {len(samples)} samples of {samples.array.name}, but "
                f"{other.array.name} has {len(other)}. Give files whose rows belong together."
            )


def marks_of(held_out: Any, samples: Column) -> Column | None:
    """The number of each sample that tells whether it is held out; None for a share, and for samples of their own."""
    path, columns = split_table(held_out)
    if isinstance(held_out, int | float) or (path is not None and columns is None):
        return None
    column = column_of(held_out, Column, "data.held_out", None)
    return column if len(column) == len(samples) and column.shape == (1,) != samples.shape else None


def held_out_files(files: Files, samples: Column, told: Sequence[Told], copies: Path | None) -> Part:
    """The held-out samples, out of files of their own.

    Raises:
        UsageError: for samples that are unlike those to train on, and where only one of both has conditions.
    """
    own = Files(files.held_out, files.held_out_conditions)
    held_out = samples_of(own.samples, own.columns(), "data.held_out", copies, like=samples)
    conditions = tuple(
        column_of(spec, Told, "data.held_out_conditions", copies, like=like)
        for spec, like in zip(several(own.conditions), told, strict=False)
    )
    if held_out.shape != samples.shape or len(several(own.conditions)) != len(told):
        raise UsageError(
            f"Expected held-out samples like those to train on, of shape {samples.shape} with {len(told)} conditions, "
            f"but got {held_out.shape} with {len(conditions)} from {held_out.array.name}. Give both alike "
            "(data.held_out_conditions)."
        )
    check_lengths(held_out, conditions)
    return Part(held_out, conditions, np.arange(len(held_out)))


def weights_of(column: Column | None, rows: npt.NDArray[np.int64]) -> Tensor | None:
    """The weights of some rows, float64.

    Raises:
        UsageError: for weights below 0 and infinite ones, and where all are 0.
    """
    if column is None:
        return None
    weights = number_of_each(column).astype(np.float64)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong) or not weights[rows].any():
        got = f"{weights[wrong[0]]:g} in row {wrong[0]}" if len(wrong) else "nothing but 0"
        raise UsageError(
            f"Expected weights of 0 or more, some above 0, but got {got} of {column.array.name}. Mend the file, or "
            "leave data.weights out."
        )
    return torch.from_numpy(weights[rows])
