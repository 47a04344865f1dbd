"""Logarithms."""

import torch
from torch import Tensor

from lit_wgan.data.transforms.base import Chunks, Transform
from lit_wgan.errors import UsageError


class Log1p(Transform):
    """``log(1 + x)``, for counts and energies over several powers of ten."""

    name = "log1p"

    def fit(self, chunks: Chunks, count: int) -> None:
        """Nothing but a check.

        Raises:
            UsageError: for numbers of -1 and below, of which there is no logarithm.
        """
        first = 0
        for x in chunks():
            below = (x <= -1).nonzero()
            if len(below):
                row, *place = below[0].tolist()
                raise UsageError(
                    f"Expected numbers above -1 for the transform log1p, but got {x[tuple(below[0])].item():g} in row "
                    f"{first + row} of the training samples{f', place {place}' if place else ''}. Take standardise or "
                    "quantile."
                )
            first += len(x)

    def forward(self, x: Tensor) -> Tensor:
        """``log(1 + x)``."""
        return torch.log1p(x)

    def inverse(self, x: Tensor) -> Tensor:
        """``exp(x) - 1``."""
        return torch.expm1(x)
