"""FID from features or from their moments: exactly, or as torch-fidelity computes it."""

import torch
from torch import Tensor

from lit_wgan.evaluation.distance import covariance_factor, frechet_distance, mean_and_factor
from lit_wgan.evaluation.reference import Reference


def statistics(features: Tensor, compat: str) -> Reference:
    """The statistics of features ``(N, D)``, without their number and the images' shape."""
    if compat == "exact":
        mean, factor = mean_and_factor(features)
        return Reference(mu=mean.numpy(), factor=factor.numpy())
    from torch_fidelity.metric_fid import fid_features_to_statistics

    return Reference(**fid_features_to_statistics(features))


def fid(features: Tensor, reference: Reference, compat: str) -> float:
    """FID between generated images, from their features ``(N, D)``, and real ones."""
    if compat == "exact":
        return exact_fid(*mean_and_factor(features), reference)
    from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric

    assert reference.mu is not None
    fake = fid_features_to_statistics(features)
    # torch-fidelity refuses means of two types, and those in files of other programs may be float32 or float64.
    real = {"mu": reference.mu.astype(fake["mu"].dtype), "sigma": reference.sigma}
    return fid_statistics_to_metric(fake, real, verbose=False)[KEY_METRIC_FID]


def exact_fid(mean: Tensor, factor: Tensor, reference: Reference) -> float:
    """FID between generated images, given the mean of their features and a factor of the covariance, and real ones."""
    assert reference.mu is not None
    of_real = reference.factor
    if of_real is None:  # in another program's file
        of_real = covariance_factor(torch.from_numpy(reference.sigma).double()).numpy()
    mu_real, factor_real = (torch.from_numpy(array).to(mean) for array in (reference.mu, of_real))
    return frechet_distance(mu_real, factor_real, mean, factor)
