"""Whether an exported file makes the samples that the generator makes."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lit_wgan.engine.preserve import preserve_random_state, seed_torch
from lit_wgan.errors import UsageError
from lit_wgan.reports.export.graph import TRACED, Graph

SIZES = (TRACED, 1, 64)
"""Numbers of samples that are compared; the graph was traced with the first alone."""
TOLERANCE = 1e-4
"""Largest difference that counts as rounding, as a share of the largest number of samples, of tables of each column."""


@dataclass(frozen=True)
class Difference:
    """How far the samples of a file are from the generator's.

    Args:
        absolute: the largest difference, in the data's own units.
        relative: the same as a share of the largest number.
    """

    absolute: float
    relative: float


def verified(graph: Graph, run: Callable[..., Tensor], name: str) -> Difference:
    """Compare a file with the generator, on noise that neither has seen.

    Args:
        graph: the generator.
        run: makes samples by the file.
        name: of the format.

    Raises:
        UsageError: if the two differ by more than rounding.
    """
    found = []
    for seed, count in enumerate(SIZES, 1):
        inputs, samples = graph.fresh(count, seed), []
        for make in (graph, run):
            with torch.no_grad(), preserve_random_state():
                seed_torch(seed, inputs[0].device)  # for operations that draw by themselves, which weights may have
                samples.append(make(*inputs))
        found.append(difference(*samples))
    largest = Difference(max(each.absolute for each in found), max(each.relative for each in found))
    if not largest.relative <= TOLERANCE:
        raise UsageError(
            f"Expected the exported {name} to make the generator's samples up to {TOLERANCE:g} of their size, but got "
            f"a difference of {largest.relative:.2g} ({largest.absolute:.3g} in the data's own units). Give another "
            "--format."
        )
    return largest


def difference(expected: Tensor, got: Tensor) -> Difference:
    """The largest difference between samples ``(N, ...)``; rows ``(N, d)`` are compared column by column."""
    if expected.shape != got.shape:
        return Difference(torch.inf, torch.inf)
    expected, apart = expected.double(), (got.double() - expected.double()).abs()
    size = expected.abs().amax(0, keepdim=True) if expected.ndim == 2 else expected.abs().amax()
    shares = torch.where(apart == 0, 0, apart / size)
    return Difference(apart.max().item(), shares.max().item())
