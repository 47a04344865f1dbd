"""Distances of all pairs of two sets of points, a few rows at a time."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

ROWS = 500
"""Of a matrix of distances that are in memory at once."""


def distances(x: Tensor, y: Tensor) -> Iterator[Tensor]:
    """Euclidean distances of points ``(n, d)`` from points ``(m, d)``, some rows of the matrix ``(n, m)`` at a time."""
    for rows in x.split(ROWS):
        yield torch.cdist(rows, y)


def mean_of_pairs(x: Tensor, y: Tensor | None, of_distance: Callable[[Tensor], Tensor]) -> float:
    """The mean over all pairs of a function of their distance.

    Args:
        x: points ``(n, d)``, float64.
        y: points ``(m, d)``; None for the pairs of different points of x, whose mean then is unbiased.
        of_distance: maps distances of any shape, one by one.
    """
    if y is not None:
        return sum(of_distance(part).sum(dtype=torch.float64).item() for part in distances(x, y)) / (len(x) * len(y))
    total = 0.0
    for first, part in zip(range(0, len(x), ROWS), distances(x, x), strict=True):
        values = of_distance(part)
        total += (values.sum(dtype=torch.float64) - values.diagonal(first).sum(dtype=torch.float64)).item()
    return total / (len(x) * (len(x) - 1))


def nearest_others(x: Tensor) -> Tensor:
    """The distance of each point ``(n, d)`` from the nearest of the other ones, shape ``(n,)``."""
    found = []
    for first, part in zip(range(0, len(x), ROWS), distances(x, x), strict=True):
        part.diagonal(first).fill_(torch.inf)
        found.append(part.min(1).values)
    return torch.cat(found)


def nearest(x: Tensor, y: Tensor) -> Tensor:
    """The distance of each point ``(n, d)`` from the nearest of others ``(m, d)``, shape ``(n,)``."""
    return torch.cat([part.min(1).values for part in distances(x, y)])
