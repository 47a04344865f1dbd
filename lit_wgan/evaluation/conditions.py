"""What generated images were conditioned on: their conditions by number, their classes, and both in words."""

from collections.abc import Callable, Sequence
from typing import TypeGuard

import torch
from torch import Tensor

from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.classes import SampleClasses
from lit_wgan.functional.streams import RandomStreams

Conditions = Callable[[slice], Condition | None]
"""The conditions of the samples of the given numbers, ``slice(start, stop)``; None where they have none."""


def are_class_numbers(condition: Condition | None) -> TypeGuard[Tensor]:
    """Whether a condition is one whole number for each sample."""
    if not isinstance(condition, Tensor) or condition.ndim != 1 or condition.dtype == torch.bool:
        return False
    return not condition.is_floating_point() and not condition.is_complex()


def uniform_labels(seed: int, num_samples: int, num_classes: int) -> Conditions:
    """Class numbers ``(n,)``, int64, drawn uniformly; that of sample i depends on the seed and on i alone."""

    def labels(rows: slice) -> Tensor:
        uniform = RandomStreams(seed).uniform("fidelity/labels", 0, (num_samples,), rows)
        return (uniform * num_classes).long()

    return labels


def given_rows(condition: Condition) -> Conditions:
    """The conditions of N samples, by their numbers."""
    return lambda rows: map_condition(lambda part: part[rows], condition)


def sample_classes(metrics: Sequence[str], conditions: Conditions | None, rows: int, num_classes: int) -> SampleClasses:
    """The classes of samples, which some metrics need.

    Args:
        metrics: of classes, that are asked for.
        conditions: of the samples; None where they have none.
        rows: number N of samples.
        num_classes: number of classes; 0 where conditions are no classes.

    Raises:
        UsageError: for samples without classes.
    """
    asked, remedy = " and ".join(metrics), f"Leave {'it' if len(metrics) == 1 else 'them'} out of metrics, or"
    given = None if conditions is None else conditions(slice(0, rows))
    if given is None:
        raise UsageError(
            f"Expected samples that were told a class for {asked}, but got samples without conditions. {remedy} train "
            "with model.condition: lit_wgan.data.conditions.ClassLabels."
        )
    if not num_classes or not are_class_numbers(given):
        raise UsageError(
            f"Expected conditions that are class numbers for {asked}, but got {shape_in_words(given)}. {remedy} give "
            "the number of classes (num_classes; of a system: the condition ClassLabels)."
        )
    labels = given.long().cpu()
    if len(labels) != rows or not 0 <= labels.min() <= labels.max() < num_classes:
        raise UsageError(
            f"Expected {rows} class numbers from 0 to {num_classes - 1} for {asked}, but got {len(labels)} from "
            f"{labels.min()} to {labels.max()}. Give one for each sample, or set num_classes."
        )
    return SampleClasses(labels, num_classes)


def description(conditions: Conditions, rows: int, num_classes: int) -> str:
    """The conditions of samples in words: how many of each class, or else their types and shapes."""
    first = conditions(slice(0, 1))
    if first is None:
        return "none"
    if not num_classes or not are_class_numbers(first):
        return shape_in_words(first)
    told = sample_classes(("fid",), conditions, rows, num_classes)
    counts = [count for count in told.counts if count]
    if len(counts) == 1:
        return f"class {told.labels[0]}"
    return f"{len(counts)} classes, {min(counts)} to {max(counts)} samples each"


def shape_in_words(condition: Condition) -> str:
    """Types and shapes of one sample's condition, in words."""
    parts = as_tuple(condition)
    return " and ".join(f"{str(part.dtype).removeprefix('torch.')} {tuple(part.shape[1:])}" for part in parts)
