"""The packs of PacGAN."""

import torch
from torch import Tensor

from lit_wgan.errors import UsageError
from lit_wgan.views.base import View


class Pack(View):
    """``size`` samples as one, which shows the critic whether they differ as much as real ones do.

    Pack p of M samples holds the rows ``p + j M/size``, so that the packs are the same on any number of devices.
    Vectors ``(m, d)`` become ``(m/size, size d)``, images ``(m/size, size C, H, W)``: the critic is made for that
    shape.

    Conditions are packed likewise: vectors ``(m/size, size d)``, images ``(m/size, size C, H, W)``, class numbers
    ``(m/size, size)``. The packaged critics take packed vectors (``condition_dim``) and images
    (``condition_channels``), but no packed class numbers.

    Args:
        size: samples in a pack; 2 to 4 in the paper, 10 in CTGAN (Xu et al. 2019, arXiv:1907.00503).
        axis: along which samples are joined: 1 for vectors and for the channels of images, -1 for series ``(m, T, d)``.

    Raises:
        UsageError: for a size below 2 and, when samples are packed, for a number of them that fills no whole packs.

    Source: Lin et al. 2018, arXiv:1712.04086.
    """

    def __init__(self, size: int, axis: int = 1):
        if size < 2:
            raise UsageError(f"Expected size to be at least 2, but got {size}. Leave the view out for single samples.")
        self.size = self.group = size
        self.axis = axis

    def __call__(self, x: Tensor, *noise: Tensor) -> Tensor:
        """Packs of samples ``(m, ...)``."""
        if len(x) % self.size:
            raise UsageError(
                f"Expected a multiple of {self.size} samples for Pack, but got {len(x)}. Give whole packs."
            )
        if x.ndim == 1:
            return x.view(self.size, -1).T
        return torch.cat(x.chunk(self.size), dim=self.axis)

    def condition(self, c: Tensor, *noise: Tensor) -> Tensor:
        """The conditions of a pack beside each other, as its samples are."""
        return self(c)
