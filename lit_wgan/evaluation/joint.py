"""Samples and the conditions they were drawn under as points of one space, and samples weighted by their classes."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.evaluation.conditions import are_class_numbers

LABEL_SCALE = 10.0
"""The length of the vector that stands for a class: two classes are 14.1 apart."""


def joint_points(sets: Sequence[Minibatch]) -> list[Tensor]:
    """Each sample and its condition as one vector, for several sets of samples of one kind.

    Numbers of a condition count as they are, flattened; a class number is a one-hot vector times ``LABEL_SCALE``.

    Args:
        sets: of samples, all with conditions.

    Returns:
        For each set ``(n, d)``, float64, on the CPU.
    """
    columns = [[samples, *as_tuple(condition)] for samples, condition in sets if condition is not None]
    parts = [_alike([part.detach().cpu() for part in column]) for column in zip(*columns, strict=True)]
    return [torch.cat(own, 1) for own in zip(*parts, strict=True)]


def class_weights(labels: Tensor, wanted: Tensor) -> Tensor:
    """Weights of samples with which each of their classes weighs as much as among others.

    Args:
        labels: classes of the samples, ``(n,)``, whole numbers, on the CPU.
        wanted: classes of the others, ``(m,)``, likewise.

    Returns:
        ``(n,)``, float64, with sum 1. A class that none of the samples has weighs nothing.
    """
    labels, number = labels.long(), int(max(labels.max(), wanted.max())) + 1
    weights = (wanted.bincount(minlength=number).double() / labels.bincount(minlength=number))[labels]
    return weights / weights.sum()


def _alike(sets: list[Tensor]) -> list[Tensor]:
    """One part of several sets as vectors ``(n, d)``."""
    if all(map(are_class_numbers, sets)):
        number = int(max(labels.max() for labels in sets)) + 1
        return [LABEL_SCALE * one_hot(labels.long(), number).double() for labels in sets]
    return [rows.double().reshape(len(rows), -1) for rows in sets]
