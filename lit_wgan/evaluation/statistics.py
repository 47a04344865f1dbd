"""Sums over samples that the metrics are made from. They add up over batches and devices, in float64.

Each is a torchmetrics ``Metric``, which brings moves between devices, ``reset`` and synchronisation to those who use it
alone; the evaluator adds all of them up in one all-reduce instead.
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
        shift: a vector ``(D,)`` near the mean, subtracted first: without it the covariance loses as many digits as the
            square of mean over spread has. All devices must use the same. None for zero.
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
        """The mean ``(D,)`` and the unbiased covariance ``(D, D)``.

        Raises:
            UsageError: for fewer than two samples, or features that are infinite or no number.
        """
        if self.count < 2:
            raise UsageError(f"Expected at least 2 samples for a covariance, but got {int(self.count)}. Add samples.")
        if not self.outer.isfinite().all():
            raise UsageError("Expected finite features, but got some that are not. Look at the extractor's weights.")
        mean = self.total / self.count
        covariance = (self.outer - torch.outer(self.total, mean)) / (self.count - 1)
        return self.shift + mean, covariance


class InceptionSums(Metric):
    """The Inception Score's sums over samples: per split, of p, of p log p, and their count.

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
        """Mean and population standard deviation of the score over splits."""
        return inception_score(self.count, self.p, self.p_log_p)


def split_of_samples(num_samples: int, splits: int, seed: int) -> Tensor:
    """The split that each sample belongs to, shape ``(num_samples,)``, as torch-fidelity shuffles and cuts them."""
    order = np.random.RandomState(seed).permutation(num_samples)
    bounds = [number * num_samples // splits for number in range(splits + 1)]
    split = torch.empty(num_samples, dtype=torch.int64)
    split[torch.from_numpy(order)] = torch.repeat_interleave(torch.arange(splits), torch.tensor(bounds).diff())
    return split
