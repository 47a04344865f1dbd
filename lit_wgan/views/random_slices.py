"""Slices of volumes."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lit_wgan.errors import UsageError, check_positive
from lit_wgan.functional.augmentations import whole_numbers
from lit_wgan.terms.base import Draws, Noise
from lit_wgan.views.base import View


class RandomSlices(View):
    """Images cut from volumes ``(m, C, D, H, W)`` at random places, across each of some axes.

    The critic scores images ``(n, C, ...)`` with ``n = len(axes) * slices * m``: first one of each volume, then the
    next. A critic of images so judges volumes. Volumes as a condition are cut at the same places; other conditions go
    along with every slice.

    Args:
        axes: across which to cut, of 0 (D), 1 (H) and 2 (W). Slices across all of them need cubes, since they go
            through the critic together.
        slices: how many of each volume across each axis.

    Raises:
        UsageError: for numbers out of range and, when volumes are cut, for other shapes.

    Source: Kench and Cooper 2021, arXiv:2102.07708, where real samples are images, and volumes are generated and cut.
    Here real samples are volumes too, cut likewise.
    """

    def __init__(self, axes: Sequence[int] = (0, 1, 2), slices: int = 1):
        check_positive(slices=slices)
        if not axes or not set(axes) <= {0, 1, 2}:
            raise UsageError(f"Expected axes to be of 0, 1 and 2, but got {list(axes)}. Take those to cut across.")
        self.axes = tuple(axes)
        self.slices = slices

    def draw(self, draws: Draws, x: Tensor) -> Noise:
        """Where each volume is cut, as parts of its length, ``(m, len(axes) * slices)``."""
        return (draws.uniform(len(self.axes) * self.slices),)

    def __call__(self, x: Tensor, *noise: Tensor) -> Tensor:
        """Slices of volumes."""
        shapes = {(*x.shape[1 : 2 + axis], *x.shape[3 + axis :]) for axis in self.axes}
        if x.ndim != 5 or len(shapes) > 1:
            raise UsageError(
                f"Expected volumes (m, C, D, H, W) whose slices across axes {list(self.axes)} have one shape for "
                f"RandomSlices, but got {tuple(x.shape)}. Set view.axes, or cut the data to cubes."
            )
        (places,) = noise
        rows = torch.arange(len(x), device=x.device)
        return torch.cat(
            [
                x.movedim(2 + axis, 1)[rows, whole_numbers(place, x.shape[2 + axis])]
                for axis, place in zip(self.axes * self.slices, places.unbind(1), strict=True)
            ]
        )

    def condition(self, c: Tensor, *noise: Tensor) -> Tensor:
        """Volumes cut likewise; else the condition of a volume with each of its slices."""
        return self(c, *noise) if c.ndim == 5 else torch.cat([c] * (len(self.axes) * self.slices))
