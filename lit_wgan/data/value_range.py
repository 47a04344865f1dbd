"""The range of values of images: that of their type, or one that is asked for."""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lit_wgan.errors import UsageError

Bounds = tuple[float, float]
OF_TYPE: dict[torch.dtype, Bounds] = {torch.uint8: (0, 255), torch.uint16: (0, 65535), torch.float32: (0, 1)}
"""The types in which images are kept, and what their values are between where no range is asked for."""
TYPE_NAMES = {torch.uint8: "8 bits a channel", torch.uint16: "16 bits a channel", torch.float32: "floats"}


def known_bounds(value_range: Sequence[float] | None) -> Bounds | None:
    """The option ``value_range``.

    Raises:
        UsageError: for what is not two finite numbers, the smaller one first.
    """
    if value_range is None:
        return None
    if len(value_range) != 2 or not -inf < value_range[0] < value_range[1] < inf:
        raise UsageError(
            f"Expected data.value_range to be two numbers, the smaller one first, but got {list(value_range)}. Give "
            "the smallest and the largest value that images can have, such as [0, 4095]."
        )
    return float(value_range[0]), float(value_range[1])


class ValueRange(NamedTuple):
    """Which values images may have.

    Attributes:
        asked: the smallest and the largest, of images of any type; None for those of their own type.
        keeps_floats: whether floats in [0, 1] stay floats where no range is asked for; else they stand for bytes.
    """

    asked: Bounds | None = None
    keeps_floats: bool = False

    def bounds(self, dtype: torch.dtype) -> Bounds:
        """The smallest and the largest value of images of a type."""
        return self.asked or OF_TYPE[dtype]

    def keeps(self, dtype: torch.dtype) -> bool:
        """Whether images of a type keep their values, instead of becoming bytes or being refused."""
        if dtype.is_complex or dtype == torch.bool:
            return False
        return not dtype.is_floating_point or self.keeps_floats or self.asked is not None

    def checked(self, pixels: Tensor, name: str) -> Tensor:
        """Pixels in the type in which they are kept: uint8 and uint16 as they are, all others as float32.

        Raises:
            UsageError: for values outside the range, and for those that are not finite.
        """
        kept = pixels if pixels.dtype in OF_TYPE else pixels.float()
        if self.asked is None and not kept.is_floating_point():
            return kept
        low, high = self.bounds(kept.dtype)
        values = kept.numpy()
        smallest, largest = values.min().item(), values.max().item()
        if not np.isfinite(values).all():
            raise UsageError(
                f"Expected {name} to hold finite values, but got {int((~np.isfinite(values)).sum())} of {values.size} "
                "that are nan or infinite. Mend or remove it."
            )
        if smallest < low or largest > high:
            raise UsageError(
                f"Expected {name} to hold values in [{low:g}, {high:g}], but got values from {smallest:g} to "
                f"{largest:g}. Give the smallest and the largest value of all images, such as --data.value_range "
                f"[{min(low, smallest):g},{max(high, largest):g}]."
            )
        return kept


OF_THEIR_TYPE = ValueRange()
"""Images with the values of their type, and floats that stand for bytes."""
