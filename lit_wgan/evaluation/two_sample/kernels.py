"""Energy distance and maximum mean discrepancy: means over pairs of samples."""

import torch
from torch import Tensor

from lit_wgan.evaluation.two_sample.pairwise import mean_of_pairs

OF_MEDIAN = 1000
"""Reference samples of which the median distance is taken."""


def energy_distance(real: Tensor, fake: Tensor) -> float:
    """Return ``2 E|X - Y| - E|X - X'| - E|Y - Y'|``, unbiased: the means of the last two are over different samples.

    Args:
        real: X, shape ``(n, d)``.
        fake: Y, shape ``(m, d)``.

    Returns:
        The squared energy distance, in the units of the samples; 0 on average for equal distributions, and of either
        sign. ``2 |d|`` for two points at a distance d.

    Source: Szekely and Rizzo 2013, Journal of Statistical Planning and Inference 143(8), Section 2.
    """
    x, y = real.double(), fake.double()
    between = mean_of_pairs(x, y, lambda r: r)
    return 2 * between - mean_of_pairs(x, None, lambda r: r) - mean_of_pairs(y, None, lambda r: r)


def median_distance(reference: Tensor) -> float:
    """The median distance of two different reference samples, of the first thousand; the mean or 1 where that is 0."""
    distances = torch.pdist(reference[:OF_MEDIAN].double())
    return distances.median().item() or distances.mean().item() or 1.0


def mmd(real: Tensor, fake: Tensor, bandwidth: float | None = None) -> float:
    """Return the squared maximum mean discrepancy of the kernel ``exp(-|x - y|^2 / (2 s^2))``, unbiased.

    Args:
        real: shape ``(n, d)``.
        fake: shape ``(m, d)``.
        bandwidth: s; None for the median distance of reference samples, which generated samples do not change.

    Returns:
        ``E k(X, X') + E k(Y, Y') - 2 E k(X, Y)``, at most 2; 0 on average for equal distributions, and of either sign.

    Source: Gretton et al. 2012, JMLR 13(25), Eq. (3); the bandwidth as in its Section 8.
    """
    s = median_distance(real) if bandwidth is None else bandwidth
    x, y = real.double(), fake.double()

    def kernel(r: Tensor) -> Tensor:
        return r.float().square_().div_(-2 * s**2).exp_()  # which takes most of the time, in float64 twice as much

    return mean_of_pairs(x, None, kernel) + mean_of_pairs(y, None, kernel) - 2 * mean_of_pairs(x, y, kernel)
