"""Toy distributions, drawn anew for every minibatch: the three of WGAN-GP, one on a line, curves told by a number.

Source of the three: the authors' code of Gulrajani et al. 2017, arXiv:1704.00028v3 (igul222/improved_wgan_training at
fa66c57, gan_toy.py), whose scaling brings each to a standard deviation of about 1.
"""

import math
from itertools import product

import torch
from torch import Tensor

from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import ALL_ROWS, RandomStreams


class ToyDistribution:
    """A distribution of samples ``(N, ...)`` that draws from random streams."""

    conditions: tuple[str, ...] = ()
    """Names of what can be told of a sample."""

    def draw(self, streams: RandomStreams, stream: str, update: int, n: int, rows: slice = ALL_ROWS) -> Tensor:
        """The given rows of ``n`` samples, float32."""
        raise NotImplementedError

    def condition(
        self, name: str, streams: RandomStreams, stream: str, update: int, n: int, rows: slice = ALL_ROWS
    ) -> Tensor:
        """What is told of the samples that :meth:`draw` gives for the same arguments, one of ``conditions``."""
        raise NotImplementedError


def draw_minibatch(
    distribution: ToyDistribution,
    condition_of: str | None,
    streams: RandomStreams,
    stream: str,
    update: int,
    n: int,
    rows: slice = ALL_ROWS,
) -> Minibatch:
    """The given rows of ``n`` samples of a distribution and, if there is something to be told of them, that."""
    drawn = (streams, stream, update, n, rows)
    return Minibatch(
        distribution.draw(*drawn), None if condition_of is None else distribution.condition(condition_of, *drawn)
    )


class GaussianMixture(ToyDistribution):
    """Equally likely round Gaussians.

    A sample may be told as the number of its Gaussian, ``label``, or as the cosine and sine of the direction in which
    the centre of that lies, ``angle``, which has no jump as the angle itself would have; the origin lies at angle 0.

    Args:
        centres: shape ``(K, d)``, with d = 2 where angles are told.
        std: of each Gaussian, in the unit of the centres.
    """

    conditions: tuple[str, ...] = ("label", "angle")

    def __init__(self, centres: Tensor, std: float):
        self.centres = centres
        self.std = std
        if centres.shape[1] != 2:
            self.conditions = ("label",)

    def draw(self, streams: RandomStreams, stream: str, update: int, n: int, rows: slice = ALL_ROWS) -> Tensor:
        """The given rows of ``n`` points, float32."""
        mode = self._mode(streams, stream, update, n, rows)
        shape = (n, self.centres.shape[1])
        return self.centres[mode] + self.std * streams.normal(f"{stream}/spread", update, shape, rows)

    def condition(
        self, name: str, streams: RandomStreams, stream: str, update: int, n: int, rows: slice = ALL_ROWS
    ) -> Tensor:
        """The labels, int64 ``(number of rows,)``, or the angles, float32 ``(number of rows, 2)``."""
        mode = self._mode(streams, stream, update, n, rows)
        if name == "label":
            return mode
        angle = torch.atan2(self.centres[:, 1], self.centres[:, 0])[mode]
        return torch.stack([angle.cos(), angle.sin()], dim=1)

    def _mode(self, streams: RandomStreams, stream: str, update: int, n: int, rows: slice) -> Tensor:
        return (streams.uniform(f"{stream}/mode", update, (n,), rows) * len(self.centres)).long()

    def nearest_mode(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Distance to the nearest centre and its index, each of shape ``(N,)``, for points ``(N, d)``."""
        nearest = torch.cdist(points, self.centres.to(points)).min(dim=1)
        return nearest.values, nearest.indices


class SwissRoll(ToyDistribution):
    """The swiss roll seen from its end, as scikit-learn's ``make_swiss_roll(noise=0.25)[:, [0, 2]] / 7.5``."""

    def draw(self, streams: RandomStreams, stream: str, update: int, n: int, rows: slice = ALL_ROWS) -> Tensor:
        """The given rows of ``n`` points, float32."""
        angle = 1.5 * math.pi * (1 + 2 * streams.uniform(f"{stream}/angle", update, (n,), rows))
        roll = torch.stack([angle * angle.cos(), angle * angle.sin()], dim=1)
        return (roll + 0.25 * streams.normal(f"{stream}/spread", update, (n, 2), rows)) / 7.5


class Curves(ToyDistribution):
    """Waves of a random phase within an envelope, at 32 points in time, with noise of standard deviation 0.05.

    ``y(t) = 2 sin(pi t) sin(2 pi f t + phase) + 0.05 eps`` for ``t = (k + 1/2) / 32``, with the frequency f uniform on
    ``[1, 4)``, so that values have about unit scale. A curve may be told as its ``frequency``, ``(f - 2.5) / 1.5``.
    """

    conditions = ("frequency",)
    points = 32
    noise = 0.05

    def draw(self, streams: RandomStreams, stream: str, update: int, n: int, rows: slice = ALL_ROWS) -> Tensor:
        """The given rows of ``n`` curves ``(n, 32)``, float32."""
        frequency = 2.5 + 1.5 * self.condition("frequency", streams, stream, update, n, rows)
        phase = math.tau * streams.uniform(f"{stream}/phase", update, (n, 1), rows)
        time = (torch.arange(self.points) + 0.5) / self.points
        wave = 2 * (math.pi * time).sin() * (math.tau * frequency * time + phase).sin()
        return wave + self.noise * streams.normal(f"{stream}/spread", update, (n, self.points), rows)

    def condition(
        self, name: str, streams: RandomStreams, stream: str, update: int, n: int, rows: slice = ALL_ROWS
    ) -> Tensor:
        """The frequencies, rescaled to ``[-1, 1)``, float32 ``(number of rows, 1)``."""
        return 2 * streams.uniform(f"{stream}/frequency", update, (n, 1), rows) - 1


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
    "curves": Curves(),
    "standard_normal": GaussianMixture(torch.zeros(1, 1), 1.0),
}


def named(name: str) -> ToyDistribution:
    """The distribution of a name; a UsageError with the names that there are for any other."""
    if name not in TOY_DISTRIBUTIONS:
        raise UsageError(
            f"Expected data.distribution to be one of {', '.join(TOY_DISTRIBUTIONS)}, but got {name}. Take one, or "
            "give the class path of a ToyDistribution of your own."
        )
    return TOY_DISTRIBUTIONS[name]
