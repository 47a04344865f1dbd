"""What a picture shows, whoever made it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lit_wgan.callbacks.pictures.flat import Limits
from lit_wgan.callbacks.pictures.names import short_names
from lit_wgan.data.transforms import Transform
from lit_wgan.engine.minibatches import Condition

REAL = "real"
"""The label of samples that are no generator's."""


@dataclass(frozen=True)
class Shown:
    """Samples in the data's own units, in groups that stand apart: columns of images, panels of series.

    Args:
        groups: the samples ``(N, ...)`` of each group.
        conditions: of the groups, a row each, by which they are named; None for groups without names, or one group.
        real: for each group samples ``(M, ...)`` to compare with, where a picture of their kind shows such.
        told: the condition of each sample of a single group, by which points are coloured.
        transform: to the networks' units, in which images are shown; by it tables are known too.
        title: of the picture, where its kind has one.
        label: what the samples are; ``real`` ones look like those to compare with.
        limits: values, in the networks' units, that images show as black and as white; None for those of the samples.
    """

    groups: Sequence[Tensor]
    conditions: Condition | None = None
    real: Sequence[Tensor] | None = None
    told: Condition | None = None
    transform: Transform | None = None
    title: str = ""
    label: str = "generated"
    limits: Limits | None = None

    @property
    def samples(self) -> Tensor:
        """Those of all groups, one group after another."""
        return torch.cat(list(self.groups))

    @property
    def names(self) -> list[str]:
        """Of the groups, a few characters each; empty for those without."""
        return [""] * len(self.groups) if self.conditions is None else short_names(self.conditions)
