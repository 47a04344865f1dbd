"""Exact Wasserstein-1 distance between two sets of samples."""

from typing import Any

from torch import Tensor

from lit_wgan.errors import UsageError


def exact_w1(x: Tensor, y: Tensor, weights: Tensor | None = None) -> float:
    """Return the Wasserstein-1 distance between two empirical distributions of equal size, under the Euclidean metric.

    It is positive even for two sets from one distribution: compare it with that floor. Time grows with ``n^3`` at worst
    (2,048 points take about a second), memory with ``n^2``.

    Args:
        x: shape ``(n, ...)``, in data units.
        y: shape ``(n, ...)``, likewise.
        weights: of the points y, shape ``(n,)``, whose sum is 1; None for equal ones.

    Returns:
        The distance in data units, in ``[0, inf)``; ``||d||`` for ``y = x + d``.

    Raises:
        UsageError: if the shapes differ.

    Source: Flamary et al. 2021, JMLR 22(78), the network simplex of the package POT.
    """
    if x.shape != y.shape:
        raise UsageError(
            f"Expected two sets of one shape, but got {tuple(x.shape)} and {tuple(y.shape)}. "
            "Draw as many samples from the one as from the other."
        )
    import ot

    cost = ot.dist(x.flatten(1).double().cpu().numpy(), y.flatten(1).double().cpu().numpy(), metric="euclidean")
    of_y: Any = [] if weights is None else weights.double().cpu().numpy()
    return float(ot.emd2([], of_y, cost, numItermax=10_000_000))
