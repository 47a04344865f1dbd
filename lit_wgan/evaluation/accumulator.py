"""What one pass over images adds up: sums in float64, and whole features for the metrics that need them.

The sums are torchmetrics ``Metric`` objects, which move between devices, reset and synchronise where they are used
alone. An :class:`Accumulator` adds up all of them over all devices in one all-reduce instead.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torchmetrics import Metric

from lit_wgan.engine.collectives import sum_
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.distance import inception_score
from lit_wgan.evaluation.images import blocks

ROWS_AT_ONCE = 4096  # of features in one all-reduce


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


def split_of_samples(num_samples: int, splits: int, seed: int) -> Tensor:
    """The split that each sample belongs to, shape ``(num_samples,)``, as torch-fidelity shuffles and cuts them."""
    order = np.random.RandomState(seed).permutation(num_samples)
    bounds = [number * num_samples // splits for number in range(splits + 1)]
    split = torch.empty(num_samples, dtype=torch.int64)
    split[torch.from_numpy(order)] = torch.repeat_interleave(torch.arange(splits), torch.tensor(bounds).diff())
    return split


class Accumulator:
    """Adds up the features of one pass: moments for FID, sums for the Inception Score, and all features of a layer.

    Args:
        num_samples: number of images on all devices.
        batch_size: images per block.
        moments: the layer of which to take mean and covariance, or None.
        logits: the layer of the Inception Score, or None.
        kept: the layers of which to keep every feature, in ``4 D`` bytes per sample.
        shift: see :class:`FeatureMoments`.
        splits: of the Inception Score.
        seed: of its shuffle.
    """

    def __init__(
        self,
        num_samples: int,
        batch_size: int,
        moments: str | None = None,
        logits: str | None = None,
        kept: Iterable[str] = (),
        shift: Tensor | None = None,
        splits: int = 10,
        seed: int = 0,
    ):
        self.num_samples = num_samples
        self.batch_size = batch_size
        self.layers = {"moments": moments, "logits": logits}
        self.kept_layers = sorted(set(kept))
        self.shift = shift
        self.splits = splits
        self.split = split_of_samples(num_samples, splits, seed) if logits else torch.empty(0)
        self.moments: FeatureMoments | None = None
        self.inception: InceptionSums | None = None
        self.kept: dict[str, Tensor] = {}
        self.sizes = torch.tensor([rows.stop - rows.start for rows in blocks(num_samples, batch_size)]).double()
        self.seen = torch.zeros_like(self.sizes)  # images of each block that this device has added
        self.dims: dict[str, int] | None = None

    def start(self, dims: dict[str, int], device: torch.device) -> None:
        """Allocate the sums for layers of these sizes.

        Raises:
            UsageError: if the reference has features of another size.
        """
        self.dims = dims
        moments, logits = self.layers["moments"], self.layers["logits"]
        if moments is not None:
            if self.shift is not None and len(self.shift) != dims[moments]:
                raise UsageError(
                    f"Expected reference statistics of {dims[moments]} dimensions, those of layer {moments}, but got "
                    f"{len(self.shift)}. Take a file that was made with the same extractor."
                )
            self.moments = FeatureMoments(dims[moments], self.shift, sync_on_compute=False).to(device)
        if logits is not None:
            self.inception = InceptionSums(dims[logits], self.splits, sync_on_compute=False).to(device)
        self.kept = {layer: torch.zeros(self.num_samples, dims[layer]) for layer in self.kept_layers}

    def update(self, rows: slice, features: dict[str, Tensor]) -> None:
        """Add the features of one block."""
        if self.dims is None:
            dims = {layer: x.shape[1] for layer, x in features.items()}
            self.start(dims, next(iter(features.values())).device)
        if self.moments is not None:
            self.moments.update(features[str(self.layers["moments"])])
        if self.inception is not None:
            logits = features[str(self.layers["logits"])]
            self.inception.update(logits, self.split[rows].to(logits.device))
        for layer, table in self.kept.items():
            table[rows] = features[layer].cpu()
        self.seen[rows.start // self.batch_size] += rows.stop - rows.start

    def add_up(self, device: torch.device) -> None:
        """Sum everything over all devices, in one all-reduce and one more for every few thousand kept features."""
        seen = self.seen.to(device)
        sums = [seen]
        for metric in (self.moments, self.inception):
            if metric is not None:
                sums += metric.metric_state.values()  # type: ignore[arg-type]  # no state here is a list
        sum_(sums)
        if not torch.equal(seen.cpu(), self.sizes):
            raise RuntimeError("Expected every block of images once, but got other numbers. Report this as a defect.")
        for table in self.kept.values():
            for part in table.split(ROWS_AT_ONCE):
                sum_([part])  # a row is zero on all devices but one, so nothing is rounded
