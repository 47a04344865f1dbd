"""Quantiles."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from lit_wgan.data.transforms.base import Chunks, Transform

KNOTS = 1001
"""Quantiles that are kept; between two of them the map is linear."""
ROWS = 100_000
"""Training samples from which they are taken, at most about so many, evenly spaced."""
EDGE = 1e-6
"""The smallest and the largest number become the quantiles of this and of 1 minus it, -4.75 and 4.75."""
PLACES = (KNOTS - 1) / (1 - 2 * EDGE)
"""Knots for each unit of share. One factor: a division by 1 - 2 EDGE is taken for none when it is exported to ONNX."""


class Quantile(Transform):
    """Each number becomes that of N(0, 1) with the same share of data below it, whatever the data's law is.

    Samples so stay between the smallest and the largest number of the training data.
    """

    name = "quantile"

    def fit(self, chunks: Chunks, count: int) -> None:
        """Quantiles of the training samples."""
        stride = -(-count // ROWS)
        columns, first = [], 0
        for x in chunks():
            columns.append(self._columns(x[(-first) % stride :: stride])[0])
            first += len(x)
        knots = np.quantile(torch.cat(columns, 1).numpy(), np.linspace(0, 1, KNOTS), axis=1)
        self.fitted(knots=torch.from_numpy(knots.T.copy()))

    def forward(self, x: Tensor) -> Tensor:
        """The quantile of N(0, 1) of the share of data below each number."""
        numbers, restored = self._columns(x)
        knots = self.number("knots", x)
        first, behind = torch.searchsorted(knots, numbers), torch.searchsorted(knots, numbers, right=True)
        left = (behind - 1).clamp(0, KNOTS - 2)
        low, high = knots.gather(1, left), knots.gather(1, left + 1)
        ratio = ((numbers - low) / torch.where(high > low, high - low, 1)).clamp(0, 1)
        # A number that many data share is put into the middle of their share.
        shared, middle = first < behind - 1, (first + behind - 1) / 2
        from_low = torch.where(shared, middle, left + ratio)
        from_high = torch.where(shared, KNOTS - 1 - middle, KNOTS - 1 - left - ratio)
        # Counted from the nearer end, since shares near 1 have few digits.
        z = torch.special.ndtri(EDGE + torch.minimum(from_low, from_high) / PLACES)
        return restored(torch.where(from_low < from_high, z, -z))

    def inverse(self, x: Tensor) -> Tensor:
        """The data's quantile of the share of N(0, 1) below each number."""
        numbers, restored = self._columns(x)
        knots = self.number("knots", x)
        place = ((torch.special.ndtr(-numbers.abs()) - EDGE) * PLACES).clamp(min=0)  # from the nearer end
        knot, upper = place.floor().long(), numbers > 0
        outer = knots.gather(1, torch.where(upper, KNOTS - 1 - knot, knot))
        inner = knots.gather(1, torch.where(upper, KNOTS - 2 - knot, knot + 1))
        return restored(torch.lerp(outer, inner, place - knot))

    def _columns(self, x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        """All numbers of each column or channel, ``(columns, n)``, and what puts such numbers back in their places."""
        kept = [axis for axis in range(x.ndim) if axis not in self.axes(x.ndim)]
        if not kept:
            return x.reshape(1, -1), lambda columns: columns.reshape(x.shape)
        moved = x.movedim(kept[0], 0)
        return moved.reshape(len(moved), -1).contiguous(), lambda columns: columns.reshape(moved.shape).movedim(
            0, kept[0]
        )
