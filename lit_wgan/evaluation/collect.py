"""One pass over images, on all devices together."""

import torch

from lit_wgan.engine.collectives import gather, rank_and_world
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.accumulator import Accumulator
from lit_wgan.evaluation.extractors import Extractor
from lit_wgan.evaluation.images import ImageBlocks


def collect(
    source: ImageBlocks,
    extractor: Extractor,
    accumulator: Accumulator,
    device: torch.device,
    shape: tuple[int, ...] | None = None,
    progress: str = "",
) -> tuple[int, ...]:
    """Go through images once and accumulate their features.

    No device waits for another before the end; then a failure of one is raised on all.

    Args:
        source: the images.
        extractor: of features, on ``device``.
        accumulator: takes the features.
        device: of this process.
        shape: that images must have, where it is known.
        progress: label of the progress bar, which rank 0 shows; empty for none.

    Returns:
        The shape of an image.

    Raises:
        UsageError: for images of another shape.
    """
    outcomes = gather(lambda: _own_blocks(source, extractor, accumulator, device, shape, progress))
    dims, found = next(outcome for outcome in outcomes if outcome is not None)
    if accumulator.dims is None:  # more devices than blocks
        accumulator.start(dims, device)
    accumulator.add_up(device)
    return found


def _own_blocks(
    source: ImageBlocks,
    extractor: Extractor,
    accumulator: Accumulator,
    device: torch.device,
    shape: tuple[int, ...] | None,
    progress: str,
) -> tuple[dict[str, int], tuple[int, ...]] | None:
    """Accumulate this device's blocks; return the sizes of the layers and of an image, or None if it has no block."""
    from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm  # with Lightning, which takes seconds

    rank, world = rank_and_world()
    found: tuple[int, ...] | None = None
    disabled = None if progress and rank == 0 else True  # None: unless stderr is a terminal
    bar = Tqdm(total=len(source), desc=progress, unit=" images", leave=False, disable=disabled)
    with bar:
        for rows, images in source.blocks(accumulator.batch_size, rank, world):
            found = tuple(images.shape[1:])
            _check_shape(found, shape)
            accumulator.update(rows, extractor(images.to(device)))
            bar.update(min(len(images) * world, len(source) - bar.n))
    return (accumulator.dims, found) if accumulator.dims is not None and found is not None else None


def _check_shape(found: tuple[int, ...], expected: tuple[int, ...] | None) -> None:
    if expected is not None and found != expected:
        raise UsageError(
            f"Expected images shaped like the reference's, {expected}, but got {found}. Take a reference of the same "
            "channels and size."
        )
