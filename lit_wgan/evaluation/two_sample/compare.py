"""Several metrics of samples at once, and the floor of each: the same between training and held-out samples."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lit_wgan.engine.minibatches import Condition
from lit_wgan.engine.preserve import preserve_random_state
from lit_wgan.errors import NonFiniteError, UsageError
from lit_wgan.evaluation.two_sample.computed import COMPUTE, Sets
from lit_wgan.evaluation.two_sample.features import Features
from lit_wgan.evaluation.two_sample.kinds import SAMPLE_METRICS, check_computable
from lit_wgan.evaluation.two_sample.own import imported, name_of, own_metric, takes_condition
from lit_wgan.evaluation.two_sample.scaling import Scaling
from lit_wgan.runs.metric_names import FLOOR

Metric = str | Callable[..., Any]


class Comparison:
    """Metrics of generated against real samples of any shape; nothing depends on global random state, or changes it.

    Args:
        metrics: names of ``SAMPLE_METRICS``, functions ``f(real, fake)`` or ``f(real, fake, condition)`` that give a
            number, and paths of such functions.
        features: computes all but functions of features of the samples: see :class:`Features`.
        seed: of projections, folds and trees.

    Raises:
        UsageError: for unknown names.
    """

    def __init__(self, metrics: Sequence[Metric], features: Metric | None = None, seed: int = 0):
        self.known = [metric for metric in metrics if isinstance(metric, str) and metric in SAMPLE_METRICS]
        self.own = [_function(metric) for metric in metrics if metric not in self.known]
        if not metrics:
            raise UsageError(f"Expected metrics to be some of {', '.join(SAMPLE_METRICS)}, but got none. Name some.")
        self.features = None if features is None else Features(features)
        self.seed = seed
        names = self.names()
        for name in names:
            if names.count(name) > 1:
                raise UsageError(f"Expected metrics of different names, but got {name} twice. Leave one out.")

    def names(self) -> list[str]:
        """The names of the metrics, without those of their floors; of features they end in the features' name."""
        of_samples = [name for metric in self.known for name in SAMPLE_METRICS[metric].names]
        return [self._name(name) for name in of_samples] + [name_of(function) for function in self.own]

    def floor_names(self) -> list[str]:
        """The names of the floors. Functions of a condition have none: training samples have other conditions."""
        of_samples = [self._name(name) for metric in self.known for name in SAMPLE_METRICS[metric].names]
        own = [name_of(function) for function in self.own if not takes_condition(function)]
        return [f"{name}{FLOOR}" for name in of_samples + own]

    def of_protocol(self) -> dict[str, Any]:
        """What the metrics depend on besides the samples."""
        metrics = [*self.known, *map(name_of, self.own)]
        return {
            "metrics": metrics,
            "seed": self.seed,
            "features": None if self.features is None else self.features.name,
        }

    def check_without_train(self) -> None:
        """Raise a UsageError if a metric asks for training samples, of which there are none."""
        for metric in self.known:
            if SAMPLE_METRICS[metric].needs_train:
                raise UsageError(
                    f"Expected training samples for {metric}, but got none. Give --train, or leave it out."
                )

    def check_kind(self, are_text: bool) -> None:
        """Raise a UsageError for metrics of numbers if samples are text, whose codes are no quantities, and inversely.

        Features of text are numbers.
        """
        for metric in self.known:
            of_text = SAMPLE_METRICS[metric].of == "text"
            if of_text != (are_text and self.features is None):
                expected, got = ("text (lit_wgan.TextData)", "numbers") if of_text else ("numbers", "text")
                raise UsageError(f"Expected {expected} for {metric}, but got {got}. Leave {metric} out of metrics.")

    def check_for(self, like: Tensor, samples: int) -> None:
        """Raise a UsageError if a metric cannot be computed of so many samples of one kind, of which some are given."""
        points = self._points(Sets(like, like, like))
        for metric in self.known:
            check_computable(metric, points.real.shape[1:], samples)

    def measure(
        self, real: Tensor, fake: Tensor, train: Tensor, condition: Condition | None = None
    ) -> dict[str, float]:
        """All metrics of generated samples.

        Args:
            real: held-out samples ``(N, ...)``, in the data's own units.
            fake: as many generated samples, on any device.
            train: as many training samples.
            condition: of the real and of the generated samples, row by row.

        Raises:
            UsageError: for sets of different shapes, for metrics that cannot be computed of them, and for samples that
                are not finite.
        """
        sets = self._points(Sets(real, fake, train))
        return self._values(self.known, sets) | self._own_values(self.own, Sets(real, fake, train), condition)

    def floors(self, real: Tensor, train: Tensor) -> dict[str, float]:
        """All metrics of training samples in place of generated ones: what a perfect generator would reach.

        That of copies is of held-out samples: one half of them, compared with the other and with training samples.

        Arguments and errors: see :meth:`measure`.
        """
        sets, half = self._points(Sets(real, train, train)), len(real) // 2
        halves = Sets(sets.real[:half], sets.real[half:], sets.train[:half])
        of_copies = [metric for metric in self.known if SAMPLE_METRICS[metric].needs_train]
        others = [metric for metric in self.known if metric not in of_copies]
        found = self._values(others, sets) | self._values(of_copies, halves)
        without = [function for function in self.own if not takes_condition(function)]
        found |= self._own_values(without, Sets(real, train, train), None)
        return {f"{name}{FLOOR}": value for name, value in found.items()}

    def _points(self, sets: Sets) -> Sets:
        """The samples, checked, or their features."""
        for name, part in zip(("real", "generated", "training"), sets, strict=True):
            check_finite(part, name)
            if part.shape[1:] != sets.real.shape[1:]:
                raise UsageError(
                    f"Expected {name} samples of the reference's shape {tuple(sets.real.shape[1:])}, but got "
                    f"{tuple(part.shape[1:])}. Compare samples of one kind."
                )
        if self.features is None:
            return Sets(*(part.detach().cpu() if part.ndim > 1 else part[:, None] for part in sets))
        device = sets.fake.device
        found = Sets(*(self.features(part.to(device)) for part in sets))
        for part in found:
            check_finite(part, f"features {self.features.name} of")
        return found

    def _values(self, metrics: Sequence[str], sets: Sets) -> dict[str, float]:
        for metric in metrics:
            check_computable(metric, sets.real.shape[1:], min(map(len, sets)))
        scaling = Scaling(sets.real)
        # Features of a network are in one unit, and common metrics take them as they are.
        scaled = sets if self.features is not None else Sets(*map(scaling, sets))
        found: dict[str, float] = {}
        for metric in metrics:
            kind = SAMPLE_METRICS[metric]
            chosen = Sets(*(part[: kind.at_most] for part in (sets if kind.own_units else scaled)))
            with preserve_random_state():
                value = COMPUTE[metric](chosen, self.seed)
            found |= value if isinstance(value, dict) else {metric: value}
        return {self._name(name): value for name, value in found.items()}

    def _own_values(
        self, functions: Sequence[Callable[..., Any]], sets: Sets, condition: Condition | None
    ) -> dict[str, float]:
        found = {}
        for function in functions:
            with preserve_random_state():
                seed_all(self.seed)
                found[name_of(function)] = own_metric(function, sets.real.cpu(), sets.fake.cpu(), condition)
        return found

    def _name(self, name: str) -> str:
        return name if self.features is None else f"{name}_{self.features.name}"


def seed_all(seed: int) -> None:
    """Seed torch's, numpy's and Python's global random states."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def check_finite(samples: Tensor, kind: str) -> None:
    """Raise a NonFiniteError for samples ``(N, ...)`` that are infinite or not a number."""
    bad = int((~samples.flatten(1).isfinite()).any(1).sum()) if samples.ndim > 1 else int((~samples.isfinite()).sum())
    if bad:
        raise NonFiniteError(
            f"Expected finite {kind} samples, but {bad} of {len(samples)} hold infinities or NaN. Mend or leave them "
            "out; if they are generated, training or the way back to the data's own units has diverged."
        )


def _function(metric: Metric) -> Callable[..., Any]:
    if not isinstance(metric, str):
        return metric
    if "." in metric:
        found = imported(metric, "metrics")
        return found() if isinstance(found, type) else found
    raise UsageError(
        f"Expected metrics to be some of {', '.join(SAMPLE_METRICS)}, or a function's path, but got {metric}. Choose "
        "among these."
    )
