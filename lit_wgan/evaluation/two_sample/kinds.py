"""The metrics of samples of any shape: what each is called, needs, and can be computed of. Imports nothing heavy."""

from collections.abc import Sequence
from math import prod
from typing import Literal, NamedTuple

from lit_wgan.errors import UsageError

Of = Literal["anything", "features", "fields", "series", "text"]
"""What samples a metric is of: any numbers, several features, fields on a grid, series, or text."""
MOST_FEATURES = 5000
"""Of which a matrix of correlations is computed."""
MOST_EXACT = 2048
"""Samples of which the exact W1 is computed: its time grows up to the cube of their number."""
MOST_PAIRS = 5000
"""Samples of which all pairs are taken: time grows with the square of their number."""
MOST_KERNELS = 10_000
"""Samples of which a Parzen window is made, as many as its paper takes."""
LONGEST = 4
"""Characters of the longest n-grams."""
NGRAMS = tuple(f"ngram_jsd_{n}" for n in range(1, LONGEST + 1))


class SampleMetric(NamedTuple):
    """A metric of samples.

    Args:
        names: of the numbers that it gives.
        of: the samples that it can be computed of.
        needs: the smallest number of samples.
        at_most: of more samples than this the first are taken; None for all.
        own_units: whether it is computed in the data's own units; else of standardised samples.
        needs_train: whether it compares with training samples too.
    """

    names: tuple[str, ...]
    of: Of = "anything"
    needs: int = 2
    at_most: int | None = None
    own_units: bool = False
    needs_train: bool = False


SAMPLE_METRICS = {
    "w1": SampleMetric(("w1",), needs=1, at_most=MOST_EXACT, own_units=True),
    "sliced_w1": SampleMetric(("sliced_w1",), needs=1),
    "w1_per_feature": SampleMetric(("w1_feature_mean", "w1_feature_max"), needs=1),
    "mmd": SampleMetric(("mmd",), at_most=MOST_PAIRS),
    "energy": SampleMetric(("energy",), at_most=MOST_PAIRS),
    "auc": SampleMetric(("auc",), needs=10),
    "correlation": SampleMetric(("correlation",), of="features"),
    "spectrum": SampleMetric(("spectrum",), of="fields", needs=1),
    "autocorrelation": SampleMetric(("autocorrelation",), of="series"),
    "prdc": SampleMetric(("precision", "recall", "density", "coverage"), needs=6, at_most=MOST_PAIRS),
    "duplicates": SampleMetric(("duplicates",), at_most=MOST_PAIRS),
    "memorisation": SampleMetric(("memorisation",), at_most=MOST_PAIRS, needs_train=True),
    "parzen": SampleMetric(
        ("parzen", "parzen_error", "parzen_bandwidth"), needs=4, at_most=MOST_KERNELS, own_units=True
    ),
    "ngram_jsd": SampleMetric(NGRAMS, of="text", needs=1, own_units=True),
}
"""By what the option ``metrics`` asks for."""


def check_computable(metric: str, shape: Sequence[int], samples: int) -> None:
    """Raise a UsageError if a metric cannot be computed of so many samples of a shape, that of one sample."""
    kind = SAMPLE_METRICS[metric]
    if samples < kind.needs:
        raise UsageError(f"Expected at least {kind.needs} samples for {metric}, but got {samples}. Take more.")
    expected = _expected(kind.of, tuple(shape))
    if expected:
        raise UsageError(
            f"Expected {expected} for {metric}, but got samples of shape {tuple(shape)}. Leave {metric} out of metrics."
        )


def _expected(of: Of, shape: tuple[int, ...]) -> str:
    """What a metric would need other than samples of this shape, in words; nothing where they do."""
    if of == "features" and not 2 <= prod(shape) <= MOST_FEATURES:
        return f"2 to {MOST_FEATURES} features"
    if of == "fields" and (len(shape) not in (3, 4) or min(shape[1:]) < 4):
        return "fields (C, H, W) or (C, D, H, W) of at least 4 points a side"
    if of == "series" and (len(shape) not in (1, 2) or shape[0] < 4):
        return "series (T,) or (T, d) of at least 4 steps"
    if of == "text" and (len(shape) != 1 or shape[0] < LONGEST):
        return f"text, codes of at least {LONGEST} characters (T,)"
    return ""
