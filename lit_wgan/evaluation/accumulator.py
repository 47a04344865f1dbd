"""What one pass over images adds up: sums in float64, and whole features for the metrics that need them."""

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor

from lit_wgan.engine.collectives import rank_and_world, sum_
from lit_wgan.engine.trees import folded, sum_over_devices_
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.classes import SampleClasses
from lit_wgan.evaluation.images import blocks
from lit_wgan.evaluation.sums import ClassHits, FeatureMoments, InceptionSums, split_of_samples

ROWS_AT_ONCE = 4096  # of features in one all-reduce
PARTS = 8
"""Sums that are kept apart until the end, block b of images in part ``b % 8``, and then added as one fixed tree: so the
metrics are the same to the bit on 1, 2, 4 and 8 devices."""

Sums = tuple[FeatureMoments | None, InceptionSums | None, ClassHits | None]


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
        self.parts: list[Sums] = []
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
        moments, _, told = self.layers.values()
        if moments is not None and self.shift is not None and len(self.shift) != dims[moments]:
            raise UsageError(
                f"Expected reference statistics of {dims[moments]} dimensions, those of layer {moments}, but got "
                f"{len(self.shift)}. Take a file that was made with the same extractor."
            )
        if told is not None and self.classes is not None:
            self.classes.check_logits(dims[told])
        self.parts = [self._sums(dims, device) for _ in range(PARTS)]
        self.kept = {layer: torch.zeros(self.num_samples, dims[layer]) for layer in self.kept_layers}

    def _sums(self, dims: dict[str, int], device: torch.device) -> Sums:
        moments, logits, told = self.layers.values()
        classes = 0 if self.classes is None else self.classes.number
        return (
            FeatureMoments(dims[moments], self.shift, sync_on_compute=False).to(device) if moments else None,
            InceptionSums(dims[logits], self.splits, sync_on_compute=False).to(device) if logits else None,
            ClassHits(classes, sync_on_compute=False).to(device) if told else None,
        )

    @property
    def moments(self) -> FeatureMoments | None:
        """The moments; of all images once everything is added up, as the others."""
        return self.parts[0][0]

    @property
    def inception(self) -> InceptionSums | None:
        """The sums for the Inception Score."""
        return self.parts[0][1]

    @property
    def hits(self) -> ClassHits | None:
        """The counts of each class."""
        return self.parts[0][2]

    def update(self, rows: slice, features: dict[str, Tensor]) -> None:
        """Add the features of one block."""
        if self.dims is None:
            dims = {layer: x.shape[1] for layer, x in features.items()}
            self.start(dims, next(iter(features.values())).device)
        block = rows.start // self.batch_size
        moments, inception, hits = self.parts[block % PARTS]
        if moments is not None:
            moments.update(features[str(self.layers["moments"])])
        if inception is not None:
            logits = features[str(self.layers["logits"])]
            inception.update(logits, self.split[rows].to(logits.device))
        if hits is not None and self.classes is not None:
            logits = features[str(self.layers["told"])]
            hits.update(logits, self.classes.labels[rows].to(logits.device))
        for layer, table in self.kept.items():
            table[rows] = features[layer].cpu()
        self.seen[block] += rows.stop - rows.start

    def add_up(self, device: torch.device) -> None:
        """Sum everything over all devices, at once, and every few thousand kept features."""
        seen = self.seen.to(device)
        rank, world = rank_and_world()
        divides = PARTS % world == 0
        own = self.parts[rank::world] if divides else self.parts
        own_states, into = [_states(sums) for sums in own], _states(self.parts[0])
        for number, total in enumerate(into):
            total.copy_(folded([states[number] for states in own_states]))
        (sum_over_devices_ if divides else sum_)([seen, *into])
        if not torch.equal(seen.cpu(), self.sizes):
            raise RuntimeError("Expected every block of images once, but got other numbers. Report this as a defect.")
        for table in self.kept.values():
            for part in table.split(ROWS_AT_ONCE):
                sum_([part])  # a row is zero on all devices but one, so nothing is rounded


def _states(sums: Sums) -> list[Tensor]:
    """The tensors that sums consist of."""
    return [cast(Tensor, state) for metric in sums if metric is not None for state in metric.metric_state.values()]
