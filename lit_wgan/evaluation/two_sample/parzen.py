"""The Parzen-window estimate of a generator's log-likelihood."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from lit_wgan.evaluation.two_sample.pairwise import distances
from lit_wgan.evaluation.two_sample.scaling import UnitRange

BANDWIDTHS = torch.logspace(-1, 0, 10, dtype=torch.float64)
"""Of which the best is taken."""
VALIDATION = 1000
"""Real samples at most by which it is chosen."""


class LogLikelihood(NamedTuple):
    """A Parzen-window estimate.

    Args:
        mean: log-likelihood of a test sample in nats, on average.
        error: its standard error: the standard deviation over the square root of the number of test samples.
        bandwidth: standard deviation of the kernels.
    """

    mean: float
    error: float
    bandwidth: float


def parzen(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Return ``parzen``, ``parzen_error`` and ``parzen_bandwidth``, see :class:`LogLikelihood`.

    Samples are taken in units in which the real ones reach from 0 to 1, as pixels do. The first of the real samples,
    half of them but 1,000 at most, choose the bandwidth; the others are the test samples.

    Args:
        real: held-out samples ``(N, ...)``, at least 3.
        fake: generated ones, any number.
    """
    unit, chosen_by = UnitRange(real), min(VALIDATION, len(real) // 2)
    points, kernels = unit(real).flatten(1), unit(fake).flatten(1)
    found = log_likelihood(kernels, points[:chosen_by], points[chosen_by:])
    return {"parzen": found.mean, "parzen_error": found.error, "parzen_bandwidth": found.bandwidth}


def log_likelihood(samples: Tensor, validation: Tensor, test: Tensor, bandwidths: Tensor = BANDWIDTHS) -> LogLikelihood:
    """Return the log-likelihood of test samples under a mixture of Gaussians, one about each generated sample.

    It does not say how good samples are: the centres of clusters, which are blurred, reach more than the training
    samples themselves (Theis et al. 2016, arXiv:1511.01844v3). In many dimensions it is far from the log-likelihood
    that it estimates, whatever the number of samples.

    Args:
        samples: the kernels' centres, shape ``(n, d)``.
        validation: real samples ``(k, d)``, for which the likeliest of the bandwidths is taken.
        test: other real samples ``(m, d)``.
        bandwidths: standard deviations of the kernels to choose from, shape ``(b,)``.

    Source: Goodfellow et al. 2014, arXiv:1406.2661v1, Section 5 and Table 1: 10,000 samples, 1,000 validation samples
    and pixels in [0, 1]; authors' code goodfeli/adversarial at 1720041, parzen_ll.py, the bandwidths.
    """
    bandwidth = bandwidths[log_densities(validation, samples, bandwidths).mean(1).argmax()]
    (densities,) = log_densities(test, samples, bandwidth[None])
    error = densities.std(correction=0) / math.sqrt(len(test))
    return LogLikelihood(densities.mean().item(), error.item(), bandwidth.item())


def log_densities(x: Tensor, centres: Tensor, bandwidths: Tensor) -> Tensor:
    """Logarithms of the density of a mixture of Gaussians at points ``(m, d)``, for each bandwidth, ``(b, m)``.

    Args:
        x: the points.
        centres: of the Gaussians, shape ``(n, d)``; all weigh the same.
        bandwidths: their standard deviations, shape ``(b,)``.
    """
    parts = []
    for distance in distances(x.double(), centres.double()):
        squares = distance.square_()
        parts.append(torch.stack([(squares / (-2 * s**2)).logsumexp(1) for s in bandwidths]))
    d = x.shape[1]
    normaliser = math.log(len(centres)) + d * (bandwidths * math.sqrt(2 * math.pi)).log()
    return torch.cat(parts, 1) - normaliser[:, None]
