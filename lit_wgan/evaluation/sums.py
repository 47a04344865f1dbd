"""Sums over images, in float64: ``Metric`` objects, which move between devices, reset, and synchronise where they are
used alone. An :class:`~lit_wgan.evaluation.accumulator.Accumulator` adds up all of them over all devices at once.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torchmetrics import Metric

from lit_wgan.errors import UsageError
from lit_wgan.evaluation.distance import inception_score


class FeatureMoments(Metric):
    """Mean and covariance of features, from their count, sum, and sum of outer products.

    Args:
        dim: size D of a feature vector.
        shift: a vector ``(D,)`` near the mean, the same on all devices, that is subtracted first: the covariance loses
            digits with the square of the mean over the spread. None for zero.
        kwargs: options of torchmetrics' ``Metric``.
    """

    full_state_update = False
    count: Tensor
    total: Tensor
    outer: Tensor
    shift: Tensor

    def __init__(self, dim: int, shift: Tensor | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.register_buffer("shift", torch.zeros(dim).double() if shift is None else shift.double())
        self.add_state("count", torch.zeros(1).double(), dist_reduce_fx="sum")
        self.add_state("total", torch.zeros(dim).double(), dist_reduce_fx="sum")
        self.add_state("outer", torch.zeros(dim, dim).double(), dist_reduce_fx="sum")

    def update(self, features: Tensor) -> None:
        """Add features ``(N, D)``."""
        x = features.double() - self.shift
        self.count += len(x)
        self.total += x.sum(0)
        self.outer.addmm_(x.T, x)

    def compute(self) -> tuple[Tensor, Tensor]:
        """Return the mean ``(D,)`` and the unbiased covariance ``(D, D)``.

        Raises:
            UsageError: for fewer than two samples, and for features that are infinite or not a number.
        """
        if self.count < 2:
            raise UsageError(f"Expected at least 2 samples for a covariance, but got {int(self.count)}. Add samples.")
        if not self.outer.isfinite().all():
            raise UsageError("Expected finite features, but got some that are not. Look at the extractor's weights.")
        mean = self.total / self.count
        covariance = (self.outer - torch.outer(self.total, mean)) / (self.count - 1)
        return self.shift + mean, covariance


class InceptionSums(Metric):
    """Sums for the Inception Score: in each split the count of samples, and the sums of p and of p log p.

    Args:
        num_classes: number C of logits.
        splits: number S of splits.
        kwargs: options of torchmetrics' ``Metric``.
    """

    full_state_update = False
    count: Tensor
    p: Tensor
    p_log_p: Tensor

    def __init__(self, num_classes: int, splits: int = 10, **kwargs: Any):
        super().__init__(**kwargs)
        self.splits = splits
        self.add_state("count", torch.zeros(splits).double(), dist_reduce_fx="sum")
        self.add_state("p", torch.zeros(splits, num_classes).double(), dist_reduce_fx="sum")
        self.add_state("p_log_p", torch.zeros(splits).double(), dist_reduce_fx="sum")

    def update(self, logits: Tensor, split: Tensor) -> None:
        """Add logits ``(N, C)`` of samples that belong to splits ``(N,)``, numbered from 0."""
        log_p = logits.double().log_softmax(1)
        p = log_p.exp()
        members = one_hot(split, self.splits).double().T
        self.count += members.sum(1)
        self.p.addmm_(members, p)
        self.p_log_p.addmv_(members, (p * log_p).sum(1))

    def compute(self) -> tuple[float, float]:
        """Return the mean and the population standard deviation of the score over splits."""
        return inception_score(self.count, self.p, self.p_log_p)


class ClassHits(Metric):
    """Counts, for each class, of the samples that were told it, and of those that an extractor takes for it.

    Args:
        num_classes: number K of classes.
        kwargs: options of torchmetrics' ``Metric``.
    """

    full_state_update = False
    told: Tensor
    hits: Tensor

    def __init__(self, num_classes: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.add_state("told", torch.zeros(num_classes).double(), dist_reduce_fx="sum")
        self.add_state("hits", torch.zeros(num_classes).double(), dist_reduce_fx="sum")

    def update(self, logits: Tensor, labels: Tensor) -> None:
        """Add logits ``(N, K)`` of samples that were told the classes ``(N,)``."""
        right = logits.argmax(1) == labels
        self.told += labels.bincount(minlength=len(self.told))
        self.hits += labels[right].bincount(minlength=len(self.hits))

    def compute(self) -> tuple[Tensor, Tensor]:
        """Return both counts ``(K,)``, float64: of samples told each class, and of those taken for it."""
        return self.told, self.hits


def split_of_samples(num_samples: int, splits: int, seed: int) -> Tensor:
    """The split that each sample belongs to, shape ``(num_samples,)``, as torch-fidelity shuffles and cuts them."""
    order = np.random.RandomState(seed).permutation(num_samples)
    bounds = [number * num_samples // splits for number in range(splits + 1)]
    split = torch.empty(num_samples, dtype=torch.int64)
    split[torch.from_numpy(order)] = torch.repeat_interleave(torch.arange(splits), torch.tensor(bounds).diff())
    return split
