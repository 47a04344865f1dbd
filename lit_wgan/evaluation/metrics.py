"""From what a pass has added up to the figures: exactly, or as torch-fidelity computes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, KEY_METRIC_ISC_STD, isc_features_to_metric

from lit_wgan.errors import UsageError
from lit_wgan.evaluation.accumulator import Accumulator
from lit_wgan.evaluation.distance import (
    covariance_factor,
    density_coverage,
    frechet_distance,
    kernel_distance,
    precision_recall,
)
from lit_wgan.evaluation.reference import Reference

FIGURES = {
    "fid": ("fid",),
    "isc": ("inception_score_mean", "inception_score_std"),
    "kid": ("kid_mean", "kid_std"),
    "prc": ("precision", "recall", "f_score", "density", "coverage"),
}
"""What each metric consists of."""
METRICS = tuple(FIGURES)
NEIGHBOURS = 5  # of density and coverage; precision and recall take 3


@dataclass(frozen=True)
class Options:
    """What figures depend on besides features: the random seed, and the sizes of parts and subsets."""

    seed: int
    isc_splits: int
    kid_subsets: int
    kid_subset_size: int


def check_metrics(metrics: Sequence[str]) -> list[str]:
    """The metrics in the order of ``METRICS``, each once.

    Raises:
        UsageError: for none or an unknown one.
    """
    unknown = [metric for metric in metrics if metric not in METRICS]
    if unknown or not metrics:
        raise UsageError(
            f"Expected metrics to be some of {', '.join(METRICS)}, but got {', '.join(unknown) or 'none'}. Choose "
            "among these."
        )
    return [metric for metric in METRICS if metric in metrics]


def check_samples(metrics: Sequence[str], generated: int, real: int | None, options: Options) -> None:
    """Raise a UsageError if there are too few samples, generated or real, for one of the metrics."""
    needs = {"fid": 2, "isc": options.isc_splits, "kid": options.kid_subset_size, "prc": NEIGHBOURS + 1}
    remedy = {"isc": " or lower isc_splits", "kid": " or lower kid_subset_size"}
    for metric in metrics:
        for number, kind in ((generated, "generated"), (None if metric == "isc" else real, "real")):
            if number is not None and number < needs[metric]:
                raise UsageError(
                    f"Expected at least {needs[metric]} {kind} samples for {metric}, but got {number}. Take "
                    f"more{remedy.get(metric, '')}."
                )


def statistics_of(accumulator: Accumulator, shape: tuple[int, ...], layers: dict[str, str]) -> Reference:
    """The reference that a pass over real images amounts to, with its covariance's factor unless compat is asked."""
    features = accumulator.kept.get(layers.get("fid") or layers.get("kid") or layers.get("prc", ""))
    common = {"count": accumulator.num_samples, "shape": shape, "features": features}
    if accumulator.moments is not None:
        mu, sigma = accumulator.moments.compute()
        factor = covariance_factor(sigma)
        return Reference(mu.cpu().numpy(), sigma.cpu().numpy(), factor.cpu().numpy(), **common)  # type: ignore[arg-type]  # mixed
    if "fid" in layers and features is not None:
        return Reference(**fid_features_to_statistics(features), **common)  # type: ignore[arg-type]  # mixed
    return Reference(**common)  # type: ignore[arg-type]  # mixed


def exact(layers: dict[str, str], accumulator: Accumulator, reference: Reference, options: Options) -> dict[str, float]:
    """The figures by name, FID and the Inception Score from sums in float64.

    Args:
        layers: the layer that each metric takes, for the metrics wanted.
        accumulator: of the generated images.
        reference: of the real ones.
        options: see :class:`Options`.
    """
    figures = {}
    if accumulator.moments is not None:
        figures["fid"] = _exact_fid(*accumulator.moments.compute(), reference)
    if accumulator.inception is not None:
        figures["inception_score_mean"], figures["inception_score_std"] = accumulator.inception.compute()
    return figures | _from_features(layers, accumulator, reference, options, save_memory=True)


def _exact_fid(mean: Tensor, covariance: Tensor, reference: Reference) -> float:
    assert reference.mu is not None
    factor = reference.factor
    if factor is None:  # another program's file
        factor = covariance_factor(torch.from_numpy(reference.sigma).double()).numpy()
    mu_real, factor_real = (torch.from_numpy(array).to(mean) for array in (reference.mu, factor))
    return frechet_distance(mu_real, factor_real, mean, covariance_factor(covariance))


def like_torch_fidelity(
    layers: dict[str, str], accumulator: Accumulator, reference: Reference, options: Options
) -> dict[str, float]:
    """The figures by name, each by torch-fidelity's function, bit for bit; arguments as of :func:`exact`."""
    figures = {}
    if "fid" in layers:
        assert reference.mu is not None
        fake = fid_features_to_statistics(accumulator.kept[layers["fid"]])
        # torch-fidelity takes no means of two types, as those of other programs' files may be.
        real = {"mu": reference.mu.astype(fake["mu"].dtype), "sigma": reference.sigma}
        figures["fid"] = fid_statistics_to_metric(fake, real, verbose=False)[KEY_METRIC_FID]
    if "isc" in layers:
        score = isc_features_to_metric(accumulator.kept[layers["isc"]], options.isc_splits, True, options.seed)
        figures["inception_score_mean"] = score[KEY_METRIC_ISC_MEAN]
        figures["inception_score_std"] = score[KEY_METRIC_ISC_STD]
    return figures | _from_features(layers, accumulator, reference, options, save_memory=False)


def _from_features(
    layers: dict[str, str], accumulator: Accumulator, reference: Reference, options: Options, save_memory: bool
) -> dict[str, float]:
    figures: dict[str, float] = {}
    real = reference.features
    if "kid" in layers and real is not None:
        subsets = (options.kid_subsets, options.kid_subset_size, options.seed)
        figures["kid_mean"], figures["kid_std"] = kernel_distance(real, accumulator.kept[layers["kid"]], *subsets)
    if "prc" in layers and real is not None:
        fake = accumulator.kept[layers["prc"]]
        figures |= precision_recall(real, fake, save_memory) | density_coverage(real, fake, NEIGHBOURS)
    return figures


COMPAT: dict[str, Callable[[dict[str, str], Accumulator, Reference, Options], dict[str, float]]] = {
    "exact": exact,
    "torch-fidelity": like_torch_fidelity,
}
