"""Images to measure, stored or generated, in blocks that are the same for every number of devices.

Block b of consecutive images belongs to device b modulo their number, so a block has the same contents wherever it is
computed, and whatever is added up over blocks is the same up to the order of the sum.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import RandomStreams, noise_shape


def blocks(num_samples: int, batch_size: int) -> list[slice]:
    """The rows of each block: ``batch_size`` of them, and the rest in the last."""
    return [slice(start, min(start + batch_size, num_samples)) for start in range(0, num_samples, batch_size)]


class ImageBlocks(Protocol):
    """Images that several devices go through together, block by block."""

    def __len__(self) -> int:
        """Number of images, over all devices."""

    def blocks(self, batch_size: int, rank: int, world: int) -> Iterator[tuple[slice, Tensor]]:
        """The blocks of device ``rank`` of ``world``: their rows, and images ``(n, C, H, W)``, uint8."""


class StoredImages:
    """Stored images.

    Args:
        images: uint8 tensors ``(C, H, W)`` of one shape, by index, or an array ``(N, C, H, W)``.
    """

    def __init__(self, images: Sequence[Any] | np.ndarray):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def blocks(self, batch_size: int, rank: int, world: int) -> Iterator[tuple[slice, Tensor]]:
        """See :class:`ImageBlocks`; images of other devices are not read."""
        for rows in blocks(len(self), batch_size)[rank::world]:
            if isinstance(self.images, np.ndarray):
                yield rows, torch.from_numpy(self.images[rows].copy())
            else:
                yield rows, torch.stack([self.images[row] for row in range(rows.start, rows.stop)])


class GeneratedImages:
    """Generated images. The noise of image i, and its label, depend on the seed and on i alone.

    Args:
        generator: maps noise ``(n, latent_dim)``, and for classes also labels ``(n,)``, to images ``(n, C, H, W)`` in
            [-1, 1], or to bytes.
        latent_dim: size of the noise vector z, or its shape.
        num_samples: number of images.
        seed: of the noise, which is torch-fidelity's: ``RandomState(seed).randn(num_samples, latent_dim)``.
        num_classes: above 0 for a conditional generator, whose labels are uniform.
    """

    def __init__(
        self, generator: nn.Module, latent_dim: int | Sequence[int], num_samples: int, seed: int, num_classes: int = 0
    ):
        self.generator = generator
        self.latent_shape = noise_shape(latent_dim)
        self.num_samples = num_samples
        self.seed = seed
        self.num_classes = num_classes
        self._like = next(generator.parameters(), torch.empty(0))

    def __len__(self) -> int:
        return self.num_samples

    def blocks(self, batch_size: int, rank: int, world: int) -> Iterator[tuple[slice, Tensor]]:
        """See :class:`ImageBlocks`. Seeds torch's global random state anew for every block."""
        noise = np.random.RandomState(self.seed)
        for number, rows in enumerate(blocks(len(self), batch_size)):
            z = noise.randn(rows.stop - rows.start, *self.latent_shape)  # on every device: the draws form one sequence
            if number % world == rank:
                torch.manual_seed(self.seed + rows.start)  # for generators that draw random numbers themselves
                yield rows, to_bytes(self.generator(*self._inputs(z, rows)))

    def _inputs(self, z: np.ndarray, rows: slice) -> list[Tensor]:
        inputs = [torch.from_numpy(z).float().to(self._like)]
        if self.num_classes:
            uniform = RandomStreams(self.seed).uniform("fidelity/labels", 0, (len(self),), rows)
            inputs.append((uniform * self.num_classes).long().to(self._like.device))
        return inputs


def to_bytes(images: Tensor) -> Tensor:
    """Convert images in [-1, 1] to bytes, ``floor(127.5 x + 128)`` clamped to 0 .. 255, as torchvision saves images.

    Args:
        images: floats ``(N, C, H, W)``, or bytes, which are returned unchanged.

    Returns:
        uint8 ``(N, C, H, W)``; -1 becomes 0, 0 becomes 128 and 1 becomes 255.

    Raises:
        UsageError: for other shapes, and for values that are not finite.
    """
    if not isinstance(images, Tensor) or images.ndim != 4:
        got = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        raise UsageError(f"Expected images (N, C, H, W), but got {got}. Fidelity is measured on images alone.")
    if images.dtype == torch.uint8:
        return images
    if not images.isfinite().all():
        raise UsageError(
            "Expected finite images, but got some with nan or infinity. Look at the generator's weights: training has "
            "diverged."
        )
    return (images.float() * 127.5 + 128).clamp(0, 255).to(torch.uint8)
