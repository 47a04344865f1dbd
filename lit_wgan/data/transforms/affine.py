"""Transforms that shift and scale."""

import math

import torch
from torch import Tensor

from lit_wgan.data.transforms.base import Chunks, Transform
from lit_wgan.engine.notices import tell_once


class Affine(Transform):
    """``(x - centre) / scale``. What does not vary becomes 0, and comes out as the constant that it is."""

    def forward(self, x: Tensor) -> Tensor:
        """The samples shifted and scaled."""
        scale = self.number("scale", x)
        return (x - self.number("centre", x)) / torch.where(scale > 0, scale, 1)

    def inverse(self, x: Tensor) -> Tensor:
        """``scale x + centre``."""
        return x * self.number("scale", x) + self.number("centre", x)

    def tell_of_constants(self, scale: Tensor) -> None:
        """Say once which entries do not vary, if there are others that do."""
        constant = (scale.flatten() == 0).nonzero().flatten().tolist()
        if constant:
            which = ", ".join(map(str, constant[:5])) + (", ..." if len(constant) > 5 else "")
            tell_once(
                f"{len(constant)} of {scale.numel()} columns or channels are constant in the training data (number "
                f"{which}): samples get the constant."
            )


class Standardise(Affine):
    """Mean 0 and standard deviation 1."""

    name = "standardise"

    def fit(self, chunks: Chunks, count: int) -> None:
        """Mean and standard deviation, by the pairwise formula of Chan et al. 1983, which loses no digits."""
        count, mean, squares = 0, torch.zeros(()), torch.zeros(())
        for x in chunks():
            axes = self.axes(x.ndim)
            number = math.prod(x.shape[axis] for axis in axes)
            variance, own = torch.var_mean(x, axes, correction=0, keepdim=True)
            difference = own - mean
            squares = squares + variance * number + difference**2 * (count * number / (count + number))
            mean = mean + difference * (number / (count + number))
            count += number
        self.fitted(centre=mean[0], scale=(squares[0] / count).sqrt())
        self.tell_of_constants(self.numbers["scale"])


class MinMax(Affine):
    """From the smallest number at -1 to the largest at 1."""

    name = "minmax"

    def fit(self, chunks: Chunks, count: int) -> None:
        """The smallest and the largest numbers."""
        low, high = torch.tensor(math.inf), torch.tensor(-math.inf)
        for x in chunks():
            axes = self.axes(x.ndim)
            low = torch.minimum(low, x.amin(axes, keepdim=True))
            high = torch.maximum(high, x.amax(axes, keepdim=True))
        self.fitted(centre=(low + high)[0] / 2, scale=(high - low)[0] / 2)
        self.tell_of_constants(self.numbers["scale"])
