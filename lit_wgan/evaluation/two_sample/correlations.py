"""Correlations of features with each other, and of series with themselves at later times."""

import torch
from torch import Tensor


def correlations(x: Tensor) -> Tensor:
    """Pearson's correlations ``(d, d)`` of the features of samples ``(n, d)``; a constant has none, 0."""
    centred = x.double() - x.double().mean(0)
    norms = torch.linalg.vector_norm(centred, dim=0)
    units = centred / norms.where(norms > 0, 1.0)
    return units.T @ units


def correlation_distance(real: Tensor, fake: Tensor) -> float:
    """Return the root mean square difference of the correlations of two different features.

    Args:
        real: shape ``(n, d)``, d at least 2.
        fake: shape ``(m, d)``.

    Returns:
        In ``[0, 2]``; 0 for equal correlations, 2 where those of 1 are -1.

    Source: Goncalves et al. 2020, BMC Medical Research Methodology 20:108, pairwise correlation difference, over
    ``sqrt(d (d - 1))``, so that it does not grow with the number of features.
    """
    difference = correlations(real) - correlations(fake)
    d = len(difference)
    return (
        ((difference.square().sum() - difference.diagonal().square().sum()) / (d * (d - 1))).clamp(min=0).sqrt().item()
    )


def autocorrelations(series: Tensor, lags: int) -> Tensor:
    """Correlations of series with themselves, ``E[(x_t - mean)(x_{t+l} - mean)] / variance``, for lags 1 to ``lags``.

    Mean and variance are those of all series and times together, since those of one short series would bias it.

    Args:
        series: shape ``(n, T, d)``.
        lags: below T.

    Returns:
        Shape ``(lags, d)``, float64; 0 for a constant channel.
    """
    x = series.double() - series.double().mean((0, 1))
    variance = x.square().mean((0, 1))
    products = [(x[:, lag:] * x[:, :-lag]).mean((0, 1)) for lag in range(1, lags + 1)]
    return torch.stack(products) / variance.where(variance > 0, 1.0)


def autocorrelation_distance(real: Tensor, fake: Tensor) -> float:
    """Return the root mean square difference of autocorrelations, over channels and lags up to half the series.

    Args:
        real: shape ``(n, T)`` or ``(n, T, d)``.
        fake: likewise.

    Returns:
        0 for equal autocorrelations; about 1 between a constant in time and white noise.

    Source: Wiese et al. 2020, arXiv:1907.06673v2, Section 7, the ACF score, as a root mean square over lags.
    """
    x, y = (part.reshape(len(part), part.shape[1], -1) for part in (real, fake))
    lags = x.shape[1] // 2
    return (autocorrelations(x, lags) - autocorrelations(y, lags)).square().mean().sqrt().item()
