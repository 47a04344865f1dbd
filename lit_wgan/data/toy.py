"""The three toy distributions of WGAN-GP, from which every minibatch is drawn anew.

Source of all three: the authors' code of Gulrajani et al. 2017, arXiv:1704.00028v3 (igul222/improved_wgan_training at
fa66c57, gan_toy.py), whose scaling brings each to a standard deviation of about 1.
"""

import math
from itertools import product
from typing import Protocol

import torch
from torch import Tensor

from lit_wgan.functional.streams import ALL_ROWS, RandomStreams


class ToyDistribution(Protocol):
    """A distribution of points ``(N, 2)`` that draws from random streams."""

    def draw(self, streams: RandomStreams, stream: str, update: int, n: int, rows: slice = ALL_ROWS) -> Tensor:
        """The given rows of ``n`` points, float32."""


class GaussianMixture:
    """Equally likely round Gaussians.

    Args:
        centres: shape ``(K, 2)``.
        std: of each Gaussian, in the unit of the centres.
    """

    def __init__(self, centres: Tensor, std: float):
        self.centres = centres
        self.std = std

    def draw(self, streams: RandomStreams, stream: str, update: int, n: int, rows: slice = ALL_ROWS) -> Tensor:
        """The given rows of ``n`` points, float32."""
        mode = (streams.uniform(f"{stream}/mode", update, (n,), rows) * len(self.centres)).long()
        return self.centres[mode] + self.std * streams.normal(f"{stream}/spread", update, (n, 2), rows)

    def nearest_mode(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Distance to the nearest centre and its index, each of shape ``(N,)``, for points ``(N, 2)``."""
        nearest = torch.cdist(points, self.centres.to(points)).min(dim=1)
        return nearest.values, nearest.indices


class SwissRoll:
    """The swiss roll seen from its end, as scikit-learn's ``make_swiss_roll(noise=0.25)[:, [0, 2]] / 7.5``."""

    def draw(self, streams: RandomStreams, stream: str, update: int, n: int, rows: slice = ALL_ROWS) -> Tensor:
        """The given rows of ``n`` points, float32."""
        angle = 1.5 * math.pi * (1 + 2 * streams.uniform(f"{stream}/angle", update, (n,), rows))
        roll = torch.stack([angle * angle.cos(), angle * angle.sin()], dim=1)
        return (roll + 0.25 * streams.normal(f"{stream}/spread", update, (n, 2), rows)) / 7.5


def _eight_gaussians() -> GaussianMixture:
    """Centres on a circle of radius 2, standard deviation 0.02, divided by 1.414."""
    angle = torch.arange(8) * math.tau / 8
    return GaussianMixture(2 * torch.stack([angle.cos(), angle.sin()], dim=1) / 1.414, 0.02 / 1.414)


def _twenty_five_gaussians() -> GaussianMixture:
    """Centres on a 5 x 5 grid of spacing 2, standard deviation 0.05, divided by 2.828."""
    grid = torch.tensor(list(product(range(-2, 3), repeat=2)))
    return GaussianMixture(2 * grid / 2.828, 0.05 / 2.828)


TOY_DISTRIBUTIONS: dict[str, ToyDistribution] = {
    "eight_gaussians": _eight_gaussians(),
    "twenty_five_gaussians": _twenty_five_gaussians(),
    "swiss_roll": SwissRoll(),
}
