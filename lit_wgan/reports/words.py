"""Metrics in words: what each is, what a perfect generator would reach, and how near a run has come to it."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from lit_wgan.reports.diagnosis import Finding
from lit_wgan.runs.metric_names import FLOOR, OF_CLASS
from lit_wgan.runs.run import Run

Verdict = Callable[[float, float], str]
"""How near a value is to its floor, in words."""


def above(value: float, floor: float) -> str:
    """How far a distance is above its floor: ``reached``, ``15 % above it``, ``3.1 times it``."""
    if value <= floor:
        return "reached"
    return f"{value / floor:.1f} times it" if value >= 2 * floor else f"{100 * (value / floor - 1):.0f} % above it"


def below(value: float, floor: float) -> str:
    """How far what should be large is below what it could be: ``reached``, ``31 % of it``."""
    return "reached" if value >= floor else f"{100 * value / floor:.0f} % of it"


def told_apart(value: float, floor: float) -> str:
    """What an area under the ROC curve says: 0.5 where generated samples cannot be told from real ones."""
    steps = (0.55, "hardly"), (0.7, "in part"), (0.9, "mostly"), (math.inf, "nearly always")
    how = next(word for limit, word in steps if max(value, 1 - value) <= limit)
    return f"{how} told from real ones"


class Kind(NamedTuple):
    """What a metric is, in words.

    Args:
        label: comes before the value.
        remark: comes behind it, where there is no floor.
        verdict: of a metric with a floor; None where value and floor speak for themselves.
    """

    label: str
    remark: str = ""
    verdict: Verdict | None = None


KINDS = {
    "eval/w1": Kind("W1", "", above),
    "eval/w1_with_condition": Kind("W1 of samples with conditions", "", above),
    "fidelity/fid": Kind("FID", "0 would be perfect"),
    "fidelity/intra_fid": Kind("mean FID of a class", "0 would be perfect"),
    "fidelity/kid_mean": Kind("KID", "0 would be perfect"),
    "fidelity/inception_score_mean": Kind("Inception Score", "at best the number of classes"),
    "fidelity/accuracy": Kind("share of samples of the class they were told", "1 at best"),
    "eval/share_in_own_mode": Kind("share of samples in the mode they were told", "1 at best"),
    "eval/smallest_mode_share": Kind("share of samples in the rarest mode", "at best 1 over the number of modes"),
    "eval/share_near_a_mode": Kind("share of samples near a mode", "1 at best"),
    "eval/sliced_w1": Kind("sliced W1", "", above),
    "eval/auc": Kind("AUC", "", told_apart),
    "eval/w1_feature_max": Kind("largest W1 of a feature", "", above),
    "eval/w1_feature_mean": Kind("mean W1 of a feature", "", above),
    "eval/recall": Kind("recall", "", below),
    "eval/precision": Kind("precision", "", below),
    "eval/coverage": Kind("coverage", "", below),
    "eval/density": Kind("density", "", below),
    "eval/correlation": Kind("difference of correlations", "", above),
    "eval/spectrum": Kind("difference of spectra in decibels", "", above),
    "eval/autocorrelation": Kind("difference of autocorrelations", "", above),
    **{f"eval/ngram_jsd_{n}": Kind(f"divergence of {n}-grams", "", above) for n in (1, 2, 3, 4)},
    "eval/energy": Kind("squared energy distance"),
    "eval/mmd": Kind("squared MMD"),
    "eval/duplicates": Kind("share of samples that another one repeats"),
    "eval/memorisation": Kind("share nearer to training than held-out samples"),
    "eval/parzen": Kind("Parzen log-likelihood in nats", "blurred samples can have more than real ones"),
    "eval/parzen_error": Kind("standard error of the Parzen log-likelihood"),
    "eval/parzen_bandwidth": Kind("bandwidth of the Parzen windows"),
    "eval/wasserstein_estimate_per_slope": Kind("critic's estimate of W1 on held-out samples, over its slope"),
    "eval/wasserstein_estimate": Kind("critic's estimate on held-out samples", "it compares within this run only"),
    "eval/jensen_shannon_estimate": Kind("estimate of the Jensen-Shannon divergence", "at most log 2 = 0.693"),
    "eval/le_cam_estimate": Kind("estimate of the Le Cam divergence", "at most 1"),
}
"""In the order in which they are told; metrics of one's own come behind them."""
NEEDLESS = {
    *("fidelity/num_samples", "fidelity/seconds", "eval/gradient_norm"),
    *("eval/parzen_error", "eval/parzen_bandwidth"),
}


def metrics_in_words(run: Run) -> list[str]:
    """A sentence for each metric of a run's samples, by its last value; the main ones first.

    Those of single classes and of training minibatches are left out.
    """
    return in_words(run.metrics)


def finding_in_words(finding: Finding) -> str:
    """A line of at most 120 columns, which names the page where more is said."""
    return f"{finding.kind.capitalize()}: {finding.seen} See {finding.page}."


def in_words(metrics: Mapping[str, float]) -> list[str]:
    """As :func:`metrics_in_words`, for values by name."""
    told = [name for name in metrics if _is_told(name, metrics)]
    order = list(KINDS)
    told.sort(key=lambda name: order.index(_known(name)) if _known(name) in KINDS else len(order))
    return [_sentence(name, metrics) for name in told]


def label(name: str) -> str:
    """A metric in words, such as ``FID (digits)``; its name where there are no words for it."""
    known = _known(name)
    if known not in KINDS:
        return name
    of = name.removeprefix(known).removeprefix("_")
    words = KINDS[known].label
    return f"{words[:1].upper()}{words[1:]}{f' ({of})' if of else ''}"


def _is_told(name: str, metrics: Mapping[str, float]) -> bool:
    is_floor = name.endswith(FLOOR) and name.removesuffix(FLOOR) in metrics
    has_better = f"{name}_per_slope" in metrics
    needless = is_floor or has_better or OF_CLASS in name or name in NEEDLESS
    return name.startswith(("eval/", "fidelity/")) and not needless


def _known(name: str) -> str:
    """The entry of ``KINDS``: metrics of images are named after their extractor too, ``fidelity/fid_digits``."""
    known = [kind for kind in KINDS if name == kind or (kind[:9] == "fidelity/" and name.startswith(f"{kind}_"))]
    return known[0] if known else name


def _sentence(name: str, metrics: Mapping[str, float]) -> str:
    known = _known(name)
    kind = KINDS.get(known, Kind(name))
    value, floor = metrics[name], metrics.get(f"{name}{FLOOR}")
    told = f"{label(name)} {value:.4g}"
    if floor is None:
        return told + (f"; {kind.remark}." if kind.remark else ".")
    verdict = kind.verdict(value, floor) if kind.verdict and floor > 0 and math.isfinite(value) else ""
    expected = "a perfect generator would reach about" if known in KINDS else "training samples in their place give"
    return f"{told}; {expected} {floor:.4g} on these samples{f': {verdict}' if verdict else ''}."
