"""The metrics, computed from what a pass has accumulated: exactly, or as torch-fidelity computes them."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from lit_wgan.evaluation.accumulator import Accumulator
from lit_wgan.evaluation.class_metrics import accuracy, intra_fid
from lit_wgan.evaluation.classes import SampleClasses
from lit_wgan.evaluation.distance import covariance_factor, density_coverage, kernel_distance, precision_recall
from lit_wgan.evaluation.fid import exact_fid, fid, statistics
from lit_wgan.evaluation.options import NEIGHBOURS, EvaluationOptions
from lit_wgan.evaluation.reference import Reference


def accumulator_for(
    options: EvaluationOptions,
    layers: dict[str, str],
    num_samples: int,
    reference: Reference | None,
    classes: SampleClasses | None = None,
) -> Accumulator:
    """An accumulator of all that the metrics need from a pass.

    Args:
        options: name the metrics and how to compute them.
        layers: the layer that each of the metrics takes.
        num_samples: number of images in the pass.
        reference: of the real images, if the pass is over generated ones; None for the pass over real images.
        classes: of the generated images, if a metric needs them.
    """
    generated, exact = reference is not None, options.compat == "exact"
    kept = ["intra_fid", *FROM_FEATURES]
    if not exact:
        kept += ["fid", "isc"] if generated else ["fid"]
    return Accumulator(
        num_samples,
        options.batch_size,
        moments=layers.get("fid") if exact else None,
        logits=layers.get("isc") if exact and generated else None,
        told=layers.get("acc") if generated else None,
        kept=[layers[metric] for metric in kept if metric in layers],
        shift=None if reference is None or reference.mu is None else torch.from_numpy(reference.mu),
        splits=options.isc_splits,
        seed=options.seed,
        classes=classes,
    )


def reference_from(accumulator: Accumulator, shape: tuple[int, ...], layers: dict[str, str]) -> Reference:
    """The statistics of real images after a pass over them.

    Args:
        accumulator: of the real images.
        shape: of an image.
        layers: the layer that each of the metrics takes.
    """
    features = {layers[metric]: accumulator.kept[layers[metric]] for metric in FROM_FEATURES if metric in layers}
    common = {"count": accumulator.num_samples, "shape": shape, "features": features}
    if accumulator.moments is not None:
        mu, sigma = accumulator.moments.compute()
        factor = covariance_factor(sigma)
        return Reference(mu.cpu().numpy(), sigma.cpu().numpy(), factor.cpu().numpy(), **common)  # type: ignore[arg-type]  # mixed
    if "fid" in layers:
        return replace(statistics(accumulator.kept[layers["fid"]], "torch-fidelity"), **common)  # type: ignore[arg-type]  # mixed
    return Reference(**common)  # type: ignore[arg-type]  # mixed


def exact_metrics(
    options: EvaluationOptions, layers: dict[str, str], accumulator: Accumulator, reference: Reference
) -> dict[str, float]:
    """All metrics by name, FID and the Inception Score from sums in float64.

    Args:
        options: seed, splits and subsets.
        layers: the layer that each of the metrics takes.
        accumulator: of the generated images.
        reference: of the real ones.
    """
    metrics = {}
    if accumulator.moments is not None:
        mean, covariance = accumulator.moments.compute()
        metrics["fid"] = exact_fid(mean, covariance_factor(covariance), reference)
    if accumulator.inception is not None:
        metrics["inception_score_mean"], metrics["inception_score_std"] = accumulator.inception.compute()
    return metrics | _from_features(options, layers, accumulator, reference)


def torch_fidelity_metrics(
    options: EvaluationOptions, layers: dict[str, str], accumulator: Accumulator, reference: Reference
) -> dict[str, float]:
    """All metrics by name, each by torch-fidelity's own function, bit for bit. Arguments: see :func:`exact_metrics`."""
    from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, KEY_METRIC_ISC_STD, isc_features_to_metric

    metrics = {}
    if "fid" in layers:
        metrics["fid"] = fid(accumulator.kept[layers["fid"]], reference, "torch-fidelity")
    if "isc" in layers:
        score = isc_features_to_metric(accumulator.kept[layers["isc"]], options.isc_splits, True, options.seed)
        metrics["inception_score_mean"] = score[KEY_METRIC_ISC_MEAN]
        metrics["inception_score_std"] = score[KEY_METRIC_ISC_STD]
    return metrics | _from_features(options, layers, accumulator, reference)


def _from_features(
    options: EvaluationOptions, layers: dict[str, str], accumulator: Accumulator, reference: Reference
) -> dict[str, float]:
    metrics: dict[str, float] = {}
    for metric, compute in FROM_FEATURES.items():
        if metric in layers and reference.features is not None:
            layer = layers[metric]
            metrics |= compute(options, reference.features[layer], accumulator.kept[layer])
    if accumulator.hits is not None:
        metrics |= accuracy(accumulator.hits)
    if accumulator.classes is not None and reference.by_class is not None:
        features = accumulator.kept[layers["intra_fid"]]
        metrics |= intra_fid(features, accumulator.classes, reference.by_class, options.compat)
    return metrics


def _kid(options: EvaluationOptions, real: Tensor, fake: Tensor) -> dict[str, float]:
    mean, std = kernel_distance(real, fake, options.kid_subsets, options.kid_subset_size, options.seed)
    return {"kid_mean": mean, "kid_std": std}


def _prc(options: EvaluationOptions, real: Tensor, fake: Tensor) -> dict[str, float]:
    save_memory = options.compat == "exact"
    return precision_recall(real, fake, save_memory) | density_coverage(real, fake, NEIGHBOURS)


FROM_FEATURES: dict[str, Callable[[EvaluationOptions, Tensor, Tensor], dict[str, float]]] = {"kid": _kid, "prc": _prc}
"""Functions of all real and generated features, by what the option ``metrics`` asks for."""
COMPUTE: dict[str, Callable[[EvaluationOptions, dict[str, str], Accumulator, Reference], dict[str, float]]] = {
    "exact": exact_metrics,
    "torch-fidelity": torch_fidelity_metrics,
}
"""The functions that compute the metrics, by the option ``compat``."""
