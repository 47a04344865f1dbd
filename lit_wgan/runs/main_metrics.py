"""Which metrics of a run say how good its samples are, and what was best among their values."""

import math
from typing import NamedTuple

from lit_wgan.runs.metric_names import ESTIMATE, FLOOR, OF_CLASS
from lit_wgan.runs.run import Run

MAIN = ("eval/w1", "fidelity/fid", "eval/sliced_w1", "eval/auc", "fidelity/inception_score_mean")
"""Beginnings of the names of main metrics, in the order of their worth."""
MOST = 3
"""Main metrics of a run."""
HIGHER_IS_BETTER = (
    *("precision", "recall", "f_score", "density", "coverage", "accuracy", "inception_score_mean"),
    *("parzen", "smallest_mode_share", "share_near_a_mode", "share_in_own_mode"),
)
BEST_AT_HALF = ("auc", "memorisation")
NO_METRICS = ("gradient_norm", "seconds", "num_samples", "parzen_error", "parzen_bandwidth")
"""What is logged beside the metrics of samples."""


class Values(NamedTuple):
    """The values of a metric in a run.

    Attributes:
        best: the value that is best: by ``checkpoint.mode`` if checkpoints are chosen by it, else by :func:`badness`.
        best_at: the first generator update at which it was reached.
        last: the newest value.
        last_at: its generator update.
        floor: the newest of its floors; None for a metric without one.
    """

    best: float
    best_at: int
    last: float
    last_at: int
    floor: float | None


def is_measured(metric: str) -> bool:
    """Whether a logged number is a metric of all samples, and not a floor, of one class, or the critic's own."""
    section, _, name = metric.partition("/")
    is_other = OF_CLASS in name or ESTIMATE in name or name.endswith(FLOOR) or name.startswith(NO_METRICS)
    return section in ("eval", "fidelity") and not is_other


def badness(metric: str, value: float) -> float:
    """A number that is smaller the better a metric's value is."""
    name = metric.rpartition("/")[2]
    if name.startswith(BEST_AT_HALF):
        return abs(value - 0.5)
    return -value if name.startswith(HIGHER_IS_BETTER) else value


def measured(run: Run) -> list[str]:
    """All metrics of a run's samples: the one that its checkpoints are chosen by, if any, the main ones, the others."""
    monitor = run.options("checkpoint").get("monitor")
    order = (monitor, *MAIN)

    def place(metric: str) -> int:
        return next((i for i, each in enumerate(order) if f"{metric}_".startswith(f"{each}_")), len(order))

    known = [metric for metric in run.metrics if is_measured(metric) or metric == monitor]
    return sorted(known, key=lambda metric: (place(metric), metric))


def main_metrics(run: Run) -> list[str]:
    """The few metrics of a run's samples that say most."""
    return measured(run)[:MOST]


def values_of(run: Run, metric: str) -> Values:
    """The best and the last value of a metric that a run has logged; NaN is never the best."""
    updates, values = run.series(metric)
    options = run.options("checkpoint")
    sign = {"min": 1, "max": -1}.get(str(options.get("mode"))) if options.get("monitor") == metric else None

    def order(i: int) -> tuple[bool, float]:
        return math.isnan(values[i]), sign * values[i] if sign else badness(metric, values[i])

    best = min(range(len(values)), key=order)
    return Values(values[best], updates[best], values[-1], updates[-1], run.metrics.get(f"{metric}{FLOOR}"))
