"""The transform of images that keep their own values."""

from collections.abc import Sequence
from typing import Any

import torch

from lit_wgan.data.transforms.affine import Affine
from lit_wgan.data.transforms.base import Chunks


class PixelRange(Affine):
    """From the smallest value that images can have at -1 to the largest at 1; knows the type they are stored in, too.

    Args:
        bounds: the smallest and the largest value, which become -1 and 1.
        dtype: of the stored images: ``uint8``, ``uint16`` or ``float32``.
    """

    name = "pixel_range"

    def __init__(self, bounds: Sequence[float] = (0, 1), dtype: str = "float32"):
        super().__init__()
        self.dtype = dtype
        low, high = torch.tensor(bounds, dtype=torch.float64)
        self.fitted(centre=(low + high) / 2, scale=(high - low) / 2)

    def fit(self, chunks: Chunks, count: int) -> None:
        """Nothing: the range is given."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        centre, scale = (self.numbers[name].item() for name in ("centre", "scale"))
        return centre - scale, centre + scale

    def kind(self) -> list[Any]:
        """Its name, the type and the bounds, which are given."""
        return [self.name, self.dtype, *self.bounds]

    def in_words(self) -> str:
        """The same for messages."""
        low, high = self.bounds
        return f"the value_range [{low:g}, {high:g}] of {self.dtype}"

    def state(self) -> dict[str, Any]:
        """See :class:`Transform`."""
        return super().state() | {"dtype": self.dtype}
