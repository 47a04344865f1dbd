"""Distances and scores as functions of statistics or features; no networks, no devices."""

import torch
from torch import Tensor

from lit_wgan.errors import UsageError

ROWS_AT_ONCE = 500  # of a distance matrix


def covariance_factor(covariance: Tensor) -> Tensor:
    """Return a matrix A with ``A A^T = covariance``, with as many columns as the covariance has rank.

    Eigenvalues below D times the rounding error of the largest are rounding errors themselves and are dropped: their
    square roots would not be negligible.

    Args:
        covariance: ``(D, D)``, float64, symmetric.

    Returns:
        ``(D, rank)``.
    """
    values, vectors = torch.linalg.eigh(covariance)
    kept = values > len(values) * torch.finfo(values.dtype).eps * values[-1]
    return vectors[:, kept] * values[kept].sqrt()


def mean_and_factor(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean of features and a factor A of their unbiased covariance, ``A A^T``.

    Args:
        features: ``(N, D)``, N at least 2.

    Returns:
        ``(D,)`` and ``(D, K)``, float64; K is N where N is at most D, else the rank.

    Raises:
        UsageError: for features that are infinite or not a number.
    """
    if not features.isfinite().all():
        raise UsageError("Expected finite features, but got some that are not. Look at the extractor's weights.")
    mean = features.double().mean(0)
    centred = (features.double() - mean) / (len(features) - 1) ** 0.5
    return mean, centred.T if len(centred) <= len(mean) else covariance_factor(centred.T @ centred)


def frechet_distance(mean_1: Tensor, factor_1: Tensor, mean_2: Tensor, factor_2: Tensor) -> float:
    """Return the squared Frechet (Wasserstein-2) distance between two Gaussians, given factors of their covariances.

    ``|m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)``, where the last trace is the nuclear norm of ``A1^T A2``. No
    eigenvalues of a matrix product are taken, so singular and ill-conditioned covariances lose no digits.

    Args:
        mean_1: ``(D,)``, float64.
        factor_1: ``(D, K)`` for any K, such as :func:`covariance_factor` gives, or centred samples over
            ``sqrt(N - 1)`` as columns.
        mean_2: ``(D,)``.
        factor_2: ``(D, L)``.

    Returns:
        The distance, in squared feature units; 0 for equal Gaussians, up to rounding of either sign.

    Source: Heusel et al. 2017, arXiv:1706.08500v6, Eq. (6)
    """
    difference = mean_1 - mean_2
    nuclear_norm = torch.linalg.svdvals(factor_1.T @ factor_2).sum()
    traces = factor_1.square().sum() + factor_2.square().sum()
    return float(difference @ difference + traces - 2 * nuclear_norm)


def inception_score(count: Tensor, p: Tensor, p_log_p: Tensor) -> tuple[float, float]:
    """Return the mean and the population standard deviation over splits of ``exp E KL(p(y|x) || p(y))``.

    Args:
        count: samples per split, ``(S,)``, float64, each at least 1.
        p: per split the sum over samples of the class probabilities, ``(S, C)``.
        p_log_p: per split the sum over samples and classes of ``p log p``, ``(S,)``.

    Returns:
        The mean in ``[1, C]``, 1 if all samples get the same probabilities, and the deviation in ``[0, C]``.

    Source: Salimans et al. 2016, arXiv:1606.03498v1, Section 4
    """
    marginal = p / count[:, None]
    scores = (p_log_p / count - torch.special.xlogy(marginal, marginal).sum(1)).exp()
    return scores.mean().item(), scores.std(correction=0).item()


def kernel_distance(real: Tensor, fake: Tensor, subsets: int, subset_size: int, seed: int) -> tuple[float, float]:
    """Return the mean and the deviation over random subsets of the unbiased squared MMD, kernel ``(x.y / D + 1)^3``.

    Computed by torch-fidelity, which draws the subsets from ``seed``.

    Args:
        real: features ``(N, D)``, float32, with N at least ``subset_size``.
        fake: features ``(M, D)``, likewise.
        subsets: number of subsets.
        subset_size: samples in each.
        seed: of the draw.

    Returns:
        Mean (0 on average for equal distributions, and of either sign), and population standard deviation.

    Source: Binkowski et al. 2018, arXiv:1801.01401v5, Section 4
    """
    from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, KEY_METRIC_KID_STD, kid_features_to_metric

    options = {"kid_subsets": subsets, "kid_subset_size": subset_size, "rng_seed": seed, "verbose": False}
    found = kid_features_to_metric(fake, real, **options)
    return found[KEY_METRIC_KID_MEAN], found[KEY_METRIC_KID_STD]


def precision_recall(real: Tensor, fake: Tensor, save_memory: bool = True) -> dict[str, float]:
    """Return the share of generated samples near real ones, and the reverse, in balls up to the 3rd neighbour.

    Computed by torch-fidelity.

    Args:
        real: features ``(N, D)``, float32, N above 3.
        fake: features ``(M, D)``, likewise.
        save_memory: hold slices of the distance matrix instead of all of it, as torch-fidelity does by default.

    Returns:
        ``precision``, ``recall`` and their harmonic mean ``f_score``, each in ``[0, 1]``; all 1 for equal sets.

    Source: Kynkaanniemi et al. 2019, arXiv:1904.06991v3, Eq. (1) and (2)
    """
    from torch_fidelity.metric_prc import prc_features_to_metric

    size = {"save_cpu_ram": True, "prc_batch_size": ROWS_AT_ONCE} if save_memory else {}
    return prc_features_to_metric(fake, real, verbose=False, **size)


def density_coverage(real: Tensor, fake: Tensor, neighbours: int = 5) -> dict[str, float]:
    """Return density and coverage, from balls around real samples that reach to the k-th neighbour.

    Density is the number of balls that a generated sample lies in, over k, on average; coverage is the share of balls
    with a generated sample inside.

    Args:
        real: features ``(N, D)``, N above ``neighbours``.
        fake: features ``(M, D)``.
        neighbours: the k of the paper.

    Returns:
        ``density``, 0 or more and 1 on average for equal distributions, and ``coverage`` in ``[0, 1]``.

    Source: Naeem et al. 2020, arXiv:2002.09797v2, Eq. (4) and (5)
    """
    # The nearest neighbour of a real sample is the sample itself.
    radii = torch.cat([torch.cdist(x, real).kthvalue(neighbours + 1).values for x in real.split(ROWS_AT_ONCE)])
    inside, covered = 0, torch.zeros(len(real), dtype=torch.bool)
    for part in fake.split(ROWS_AT_ONCE):
        balls = torch.cdist(part, real) <= radii
        inside += int(balls.sum())
        covered |= balls.any(0)
    return {"density": inside / (neighbours * len(fake)), "coverage": covered.double().mean().item()}
