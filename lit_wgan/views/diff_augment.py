"""Differentiable augmentation."""

from collections.abc import Sequence
from typing import Literal, get_args

from torch import Tensor

from lit_wgan.errors import UsageError
from lit_wgan.functional import augmentations
from lit_wgan.terms.base import Draws, Noise
from lit_wgan.views.base import View

Change = Literal["brightness", "saturation", "contrast", "color", "translation", "cutout", "flip"]
COLOR = ("brightness", "saturation", "contrast")
FLAT = (*COLOR, "flip")
"""What takes one random number for each sample, and not one for each of its axes."""
OF_CONDITIONS = ("translation", "flip")
"""What moves an image that is told as a condition too."""


class DiffAugment(View):
    """Random changes of real and generated samples alike, for data sets so small that the critic learns them by heart.

    Samples are images, series or volumes ``(m, C, ...)`` with any number of channels, in network units: what is not
    covered any more becomes 0. Conditions of as many axes, such as images, are moved and mirrored with their samples,
    to the nearest pixel where they are smaller; nothing else is done to them.

    Args:
        policy: what is done, in this order: ``brightness``, ``saturation``, ``contrast`` or ``color`` for all three,
            ``translation``, ``cutout``, and ``flip``, which mirrors the last axis and is not in the paper.
        channel_axis: where channels are, -1 for series ``(m, T, d)``.

    Raises:
        UsageError: for other changes and, when random numbers are drawn, for samples that have no axis to move along.

    Source: Zhao et al. 2020, arXiv:2006.10738; authors' code mit-han-lab/data-efficient-gans at 0b63395,
    which draws the random numbers of real and of generated samples independently.
    """

    def __init__(self, policy: Sequence[Change] = ("color", "translation", "cutout"), channel_axis: int = 1):
        if not policy or not set(policy) <= set(get_args(Change)):
            raise UsageError(
                f"Expected policy to be of {', '.join(get_args(Change))}, but got {policy}. Give a list of these."
            )
        self.changes = [each for name in policy for each in (COLOR if name == "color" else (name,))]
        self.channel_axis = channel_axis

    def draw(self, draws: Draws, x: Tensor) -> Noise:
        """All numbers of each sample, ``(m, k)``."""
        if x.ndim < 3 and not set(self.changes) <= set(COLOR):
            raise UsageError(
                f"Expected samples (m, C, ...) with an axis to move along for DiffAugment, but got {tuple(x.shape)}. "
                f"Take a policy of {', '.join(COLOR)}, or leave the view out."
            )
        return (draws.uniform(sum(self._counts(x))),)

    def __call__(self, x: Tensor, *noise: Tensor) -> Tensor:
        """Changed samples, of the same shape."""
        (u,) = noise
        return self._changed(x, u, self.changes)

    def condition(self, c: Tensor, *noise: Tensor) -> Tensor:
        """Images and the like moved with their samples; class numbers and vectors as they are."""
        (u,) = noise
        if c.ndim < 3 or sum(self._counts(c)) != u.shape[1]:
            return c
        return self._changed(c, u, OF_CONDITIONS)

    def _changed(self, x: Tensor, u: Tensor, wanted: Sequence[str]) -> Tensor:
        x = x.movedim(self.channel_axis, 1)
        for name, numbers in zip(self.changes, u.split(self._counts(x), dim=1), strict=True):
            if name in wanted:
                x = getattr(augmentations, name)(x, numbers)
        return x.movedim(1, self.channel_axis)

    def _counts(self, x: Tensor) -> list[int]:
        """How many random numbers each change takes of each sample."""
        return [1 if name in FLAT else x.ndim - 2 for name in self.changes]
