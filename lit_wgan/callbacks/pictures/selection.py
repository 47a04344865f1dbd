"""Which samples a picture shows: generated ones, and held-out ones in the same arrangement."""

from math import ceil, inf, sqrt

import torch
from torch import Tensor

from lit_wgan.data import AdversarialData
from lit_wgan.data.conditions.given import as_tuple, first_part
from lit_wgan.engine.minibatches import Condition, Minibatch, map_condition
from lit_wgan.systems import AdversarialSystem

NEIGHBOURS = 1000
"""Held-out samples among which those under similar conditions are looked for, at most."""
NUMBERS = 2**24
"""The numbers of so many samples are read for that, and not of many more."""


def samples_under_each(system: AdversarialSystem, conditions: Condition, count: int) -> list[Tensor]:
    """About ``count`` samples in all, number 0, 1, ... under each condition: those of one number share their noise.

    Returns:
        Samples ``(N, ...)`` for each condition, where N is the same for all, and at most the root of ``count``.
    """
    columns = len(first_part(conditions))
    rows = rows_under_each(columns, count)

    def under(column: int) -> Tensor:
        repeated = map_condition(lambda part: part[column].expand(rows, *part.shape[1:]), conditions)
        return system.sample(slice(rows), condition=repeated)

    return [under(column) for column in range(columns)]


def rows_under_each(columns: int, count: int) -> int:
    """How many samples there are under each of several conditions, if there are about ``count`` in all."""
    return min(count // columns, ceil(sqrt(count)))


def held_out_under_each(data: AdversarialData, conditions: Condition, rows: int) -> list[Tensor]:
    """Held-out samples, at most ``rows`` for each condition: those of its class and of the nearest numbers."""
    columns = len(first_part(conditions))
    size = data.held_out_samples(1).real[0].numel()
    real = data.held_out_samples(min(NEIGHBOURS, max(NUMBERS // size, 2 * rows * columns)))
    return [most_similar(real, conditions, column, rows) for column in range(columns)]


def most_similar(real: Minibatch, conditions: Condition, row: int, count: int) -> Tensor:
    """The ``count`` real samples whose conditions are nearest to that in a row, and of the same classes.

    Fewer, if there are no more of those classes.
    """
    assert real.condition is not None
    distance = torch.zeros(len(real.real))
    for part, told in zip(as_tuple(real.condition), as_tuple(conditions), strict=True):
        difference = (part.cpu().flatten(1) if part.ndim > 1 else part.cpu()[:, None]) - told[row].flatten()
        squares = difference.float().square().sum(1)
        distance += squares if part.is_floating_point() else torch.where(squares > 0, inf, 0.0)
    nearest = distance.argsort(stable=True)[:count]
    return real.real.cpu()[nearest[distance[nearest] < inf]]
