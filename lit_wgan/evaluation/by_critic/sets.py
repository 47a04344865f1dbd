"""Two sets of samples out of files."""

from typing import cast

import numpy as np
import torch
from torch import Tensor

from lit_wgan.data.floats import as_floats
from lit_wgan.data.parts.column import Column
from lit_wgan.data.parts.specs import samples_of
from lit_wgan.data.stored import check_finite
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.float_rows import FloatRows
from lit_wgan.evaluation.image_sets import names_images, open_float_set


def read_sets(a: str, b: str, at_most: int, seed: int) -> tuple[Tensor, Tensor]:
    """The samples in two files or folders, as floats in their own units; of images in [-1, 1].

    Args:
        a: an array or a table as ``ArrayData`` takes them, or a folder of images.
        b: likewise; of a table, the same columns are taken.
        at_most: samples of each; of more, so many are chosen at random.
        seed: of that choice.

    Raises:
        UsageError: for what cannot be read, numbers that are not finite, and columns of categories.
    """
    if names_images(a) or names_images(b):
        return _images(a, "A", at_most, seed), _images(b, "B", at_most, seed)
    first = samples_of(a, (), "A", None)
    second = samples_of(b, (), "B", None, like=first)
    return _numbers(first, at_most, seed), _numbers(second, at_most, seed)


def _images(path: str, option: str, at_most: int, seed: int) -> Tensor:
    images = cast(FloatRows, open_float_set(path, option).images)
    return torch.cat([images.read(slice(row, row + 1)) for row in _chosen(len(images), at_most, seed)])


def _numbers(column: Column, at_most: int, seed: int) -> Tensor:
    table = column.table
    texts = [] if table is None else [name for name, own in zip(table.names, table.categories, strict=True) if own]
    if texts:
        raise UsageError(
            f"Expected columns of numbers, but got categories in {', '.join(texts)} of {column.array.name}. Name the "
            "columns that count, as in x.csv:a,b."
        )
    check_finite(column.array)
    return as_floats(column.take(np.array(_chosen(len(column), at_most, seed))))


def _chosen(count: int, at_most: int, seed: int) -> list[int]:
    """The numbers of all samples or, of many, of some."""
    return sorted(np.random.RandomState(seed).permutation(count)[:at_most].tolist())
