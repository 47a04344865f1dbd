"""Wasserstein distances that stay quick for many samples: along lines, and of each feature alone."""

import torch
from torch import Tensor

PROJECTIONS = 200


def sliced_w1(real: Tensor, fake: Tensor, projections: int = PROJECTIONS, seed: int = 0) -> float:
    """Return the mean over random directions u of the W1 of the samples' projections on u.

    Args:
        real: shape ``(n, d)``.
        fake: shape ``(m, d)``.
        projections: number of directions, uniform on the sphere.
        seed: of the directions.

    Returns:
        The distance in the units of the samples, at most W1. For ``fake = real + s`` about ``|s| sqrt(2 / (pi d))``.

    Source: Bonneel et al. 2015, J. Math. Imaging and Vision 51(1), Definition 6 with p = 1; computed by POT.
    """
    import ot

    x, y = real.double().numpy(), fake.double().numpy()
    return float(ot.sliced_wasserstein_distance(x, y, n_projections=projections, p=1, seed=seed))


def w1_per_feature(real: Tensor, fake: Tensor) -> Tensor:
    """Return the W1 of each feature alone, ``integral of |F_real(t) - F_fake(t)| dt``.

    Args:
        real: shape ``(n, d)``.
        fake: shape ``(m, d)``.

    Returns:
        ``(d,)``, float64, each in the units of its feature; ``|s_i|`` for ``fake = real + s``.

    Source: Villani 2003, Topics in Optimal Transportation, Theorem 2.18; computed by POT.
    """
    import ot

    return torch.as_tensor(ot.wasserstein_1d(real.double(), fake.double(), p=1))
