"""Stored samples of any kind as floats in the data's own units, for extractors that take them so."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lit_wgan.data.floats import as_floats
from lit_wgan.data.image_minibatches import to_unit_range
from lit_wgan.data.sources import is_map_style
from lit_wgan.data.stored import StoredArray
from lit_wgan.engine.batch_layouts import parts_of
from lit_wgan.errors import UsageError


class FloatRows:
    """Samples that are read a block at a time.

    Args:
        count: of samples.
        read: gives those of some rows as floats ``(n, ...)``.
    """

    def __init__(self, count: int, read: Callable[[slice], Tensor]):
        self.count = count
        self.read = read

    def __len__(self) -> int:
        return self.count


def floats_of_array(array: StoredArray, option: str) -> FloatRows:
    """The rows of a stored array ``(N, ...)`` of numbers in the data's own units."""

    def read(rows: slice) -> Tensor:
        return finite_floats(torch.from_numpy(array.take(np.arange(rows.start, rows.stop))), option)

    return FloatRows(array.shape[0], read)


def floats_of_images(images: Any) -> FloatRows:
    """Opened images, uint8 ``(C, H, W)`` by index, in [-1, 1], which are their own units."""
    count = len(images)
    return FloatRows(count, lambda rows: to_unit_range(torch.stack([images[row] for row in _numbers(rows)])))


def floats_of_items(dataset: Any, option: str) -> FloatRows:
    """The samples of a data set by index, alone or in what :func:`parts_of` takes; bytes of images are in [-1, 1]."""

    def read(rows: slice) -> Tensor:
        items = [parts_of(dataset[row])[0] for row in _numbers(rows)]
        return torch.stack([to_unit_range(item) if item.dtype == torch.uint8 else item.float() for item in items])

    if not is_map_style(dataset) or not len(dataset):
        raise UsageError(
            f"Expected {option} to be a data set with __len__ and __getitem__ that holds samples, but got "
            f"{type(dataset).__name__}. Give an array (N, ...) of them."
        )
    return FloatRows(len(dataset), read)


def finite_floats(samples: Tensor, option: str) -> Tensor:
    """Stored numbers as :func:`~lit_wgan.data.floats.as_floats` gives them.

    Raises:
        UsageError: for values that are not finite.
    """
    floats = as_floats(samples)
    if not floats.isfinite().all():
        raise UsageError(f"Expected {option} to hold finite numbers, but got nan or infinity. Mend the samples.")
    return floats


def _numbers(rows: slice) -> range:
    return range(rows.start, rows.stop)
