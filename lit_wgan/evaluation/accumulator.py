"""What one pass over images adds up: sums in float64, and whole features for the metrics that need them."""

from collections.abc import Iterable

import torch
from torch import Tensor

from lit_wgan.engine.collectives import sum_
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.classes import SampleClasses
from lit_wgan.evaluation.images import blocks
from lit_wgan.evaluation.sums import ClassHits, FeatureMoments, InceptionSums, split_of_samples

ROWS_AT_ONCE = 4096  # of features in one all-reduce


class Accumulator:
    """Adds up the features of one pass: moments, sums for the Inception Score and accuracy, and all features of layers.

    Args:
        num_samples: number of images on all devices.
        batch_size: images per block.
        moments: the layer of which to take mean and covariance, or None.
        logits: the layer of the Inception Score, or None.
        told: the layer of the logits that are compared with the classes that samples were told, or None.
        kept: the layers of which to keep every feature, in ``4 D`` bytes per sample.
        shift: see :class:`FeatureMoments`.
        splits: of the Inception Score.
        seed: of its shuffle.
        classes: of the samples, where they have some.
    """

    def __init__(
        self,
        num_samples: int,
        batch_size: int,
        moments: str | None = None,
        logits: str | None = None,
        told: str | None = None,
        kept: Iterable[str] = (),
        shift: Tensor | None = None,
        splits: int = 10,
        seed: int = 0,
        classes: SampleClasses | None = None,
    ):
        self.num_samples = num_samples
        self.batch_size = batch_size
        self.layers = {"moments": moments, "logits": logits, "told": told}
        self.kept_layers = sorted(set(kept))
        self.shift = shift
        self.splits = splits
        self.split = split_of_samples(num_samples, splits, seed) if logits else torch.empty(0)
        self.moments: FeatureMoments | None = None
        self.inception: InceptionSums | None = None
        self.hits: ClassHits | None = None
        self.classes = classes
        self.kept: dict[str, Tensor] = {}
        self.sizes = torch.tensor([rows.stop - rows.start for rows in blocks(num_samples, batch_size)]).double()
        self.seen = torch.zeros_like(self.sizes)  # images of each block that this device has added
        self.dims: dict[str, int] | None = None

    def start(self, dims: dict[str, int], device: torch.device) -> None:
        """Allocate the sums for layers of these sizes.

        Raises:
            UsageError: if the reference has features of another size, or there are not as many logits as classes.
        """
        self.dims = dims
        moments, logits, told = self.layers.values()
        if moments is not None:
            if self.shift is not None and len(self.shift) != dims[moments]:
                raise UsageError(
                    f"Expected reference statistics of {dims[moments]} dimensions, those of layer {moments}, but got "
                    f"{len(self.shift)}. Take a file that was made with the same extractor."
                )
            self.moments = FeatureMoments(dims[moments], self.shift, sync_on_compute=False).to(device)
        if logits is not None:
            self.inception = InceptionSums(dims[logits], self.splits, sync_on_compute=False).to(device)
        if told is not None:
            assert self.classes is not None
            self.classes.check_logits(dims[told])
            self.hits = ClassHits(self.classes.number, sync_on_compute=False).to(device)
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
        if self.hits is not None and self.classes is not None:
            logits = features[str(self.layers["told"])]
            self.hits.update(logits, self.classes.labels[rows].to(logits.device))
        for layer, table in self.kept.items():
            table[rows] = features[layer].cpu()
        self.seen[rows.start // self.batch_size] += rows.stop - rows.start

    def add_up(self, device: torch.device) -> None:
        """Sum everything over all devices, in one all-reduce and one more for every few thousand kept features."""
        seen = self.seen.to(device)
        sums = [seen]
        for metric in (self.moments, self.inception, self.hits):
            if metric is not None:
                sums += metric.metric_state.values()  # type: ignore[arg-type]  # no state here is a list
        sum_(sums)
        if not torch.equal(seen.cpu(), self.sizes):
            raise RuntimeError("Expected every block of images once, but got other numbers. Report this as a defect.")
        for table in self.kept.values():
            for part in table.split(ROWS_AT_ONCE):
                sum_([part])  # a row is zero on all devices but one, so nothing is rounded
