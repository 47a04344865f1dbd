"""One pass over images on all devices together, and what it adds up."""

from collections.abc import Iterable

import torch
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm
from torch import Tensor

from lit_wgan.engine.collectives import gather, rank_and_world, sum_
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.extractors import Extractor
from lit_wgan.evaluation.images import ImageSource, blocks
from lit_wgan.evaluation.statistics import FeatureMoments, InceptionSums, split_of_samples

ROWS_AT_ONCE = 4096  # of features in one all-reduce


class Accumulator:
    """What one pass adds up: sums for FID and the Inception Score, and features where they are asked for.

    Args:
        num_samples: how many images there are on all devices.
        batch_size: images in a block.
        moments: the layer of which to take mean and covariance, or None.
        logits: the layer of the Inception Score, or None.
        kept: the layers of which to keep every feature, in ``4 D`` bytes a sample.
        shift: near the mean of the layer ``moments``, the same on all devices; see :class:`FeatureMoments`.
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
        self.owned = torch.zeros_like(self.sizes)
        self.dims: dict[str, int] | None = None

    def start(self, dims: dict[str, int], device: torch.device) -> None:
        """Make the sums, of the size of each layer's features.

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
        self.owned[rows.start // self.batch_size] += rows.stop - rows.start

    def add_up(self, device: torch.device) -> None:
        """Replace the sums by those over all devices, in one all-reduce, and gather what is kept."""
        owned = self.owned.to(device)
        sums = [owned]
        for metric in (self.moments, self.inception):
            if metric is not None:
                sums += [getattr(metric, name) for name in metric._defaults]
        sum_(sums)
        if not torch.equal(owned.cpu(), self.sizes):
            raise RuntimeError("Expected every block of images once, but got other numbers. Report this as a defect.")
        for table in self.kept.values():
            for part in table.split(ROWS_AT_ONCE):
                sum_([part])  # every row is zero but on one device, so nothing is rounded


def collect(
    source: ImageSource,
    extractor: Extractor,
    accumulator: Accumulator,
    device: torch.device,
    shape: tuple[int, ...] | None = None,
    progress: str = "",
) -> tuple[int, ...]:
    """Go through images once, on all devices together, and add up their features.

    No device waits for another before the end; then a failure of one is raised on all.

    Args:
        source: the images.
        extractor: of features, on ``device``.
        accumulator: what to add up.
        device: of this process.
        shape: what an image must have, if that is known.
        progress: what to call the progress bar, which the first device shows; nothing for none.

    Returns:
        The shape of an image.

    Raises:
        UsageError: for images of another shape.
    """
    rank, world = rank_and_world()

    def add() -> tuple[dict[str, int], tuple[int, ...]] | None:
        found: tuple[int, ...] | None = None
        bar = Tqdm(total=len(source), desc=progress, unit=" images", leave=False, disable=not progress or rank > 0)
        with bar:
            for rows, images in source.blocks(accumulator.batch_size, rank, world):
                found = tuple(images.shape[1:])
                _check_shape(found, shape)
                accumulator.update(rows, extractor(images.to(device)))
                bar.update(min(len(images) * world, len(source) - bar.n))
        return (accumulator.dims, found) if accumulator.dims is not None and found is not None else None

    dims, found = next(outcome for outcome in gather(add) if outcome is not None)
    if accumulator.dims is None:  # more devices than blocks
        accumulator.start(dims, device)
    accumulator.add_up(device)
    return found


def _check_shape(found: tuple[int, ...], expected: tuple[int, ...] | None) -> None:
    if expected is not None and found != expected:
        raise UsageError(
            f"Expected images shaped like the reference's, {expected}, but got {found}. Take a reference of the same "
            "channels and size."
        )
