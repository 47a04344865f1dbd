"""Where the images to measure come from, in blocks that are the same for every number of devices.

Block b of consecutive images belongs to device b modulo their number, so a block has the same contents wherever it is
computed, and everything that is added up over blocks is the same up to the order of the sum.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import RandomStreams


def blocks(num_samples: int, batch_size: int) -> list[slice]:
    """The rows of each block: ``batch_size`` of them, and what is left over in the last."""
    return [slice(start, min(start + batch_size, num_samples)) for start in range(0, num_samples, batch_size)]


class ImageSource(Protocol):
    """Images that can be gone through once, by several devices together."""

    def __len__(self) -> int:
        """How many there are, over all devices."""

    def blocks(self, batch_size: int, rank: int, world: int) -> Iterator[tuple[slice, Tensor]]:
        """The blocks of device ``rank`` of ``world``: their rows, and images ``(n, C, H, W)``, uint8."""


class StoredImages:
    """Images that exist.

    Args:
        images: uint8 tensors ``(C, H, W)`` of one shape, by index; an array ``(N, C, H, W)`` will do.
    """

    def __init__(self, images: Sequence[Any] | np.ndarray):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def blocks(self, batch_size: int, rank: int, world: int) -> Iterator[tuple[slice, Tensor]]:
        """See :class:`ImageSource`; other devices' images are not read."""
        for rows in blocks(len(self), batch_size)[rank::world]:
            if isinstance(self.images, np.ndarray):
                yield rows, torch.from_numpy(self.images[rows].copy())
            else:
                yield rows, torch.stack([self.images[row] for row in range(rows.start, rows.stop)])


class GeneratedImages:
    """Images that a generator makes. The noise of image i depends on the seed and on i alone, and so does its label.

    Args:
        generator: maps noise ``(n, latent_dim)``, and for classes also labels ``(n,)``, to images ``(n, C, H, W)`` in
            [-1, 1], or to bytes.
        latent_dim: size of the noise vector z.
        num_samples: how many images.
        seed: of the noise, which is that of torch-fidelity: ``RandomState(seed).randn(num_samples, latent_dim)``.
        num_classes: above 0 for a conditional generator, whose labels are uniform.
    """

    def __init__(self, generator: nn.Module, latent_dim: int, num_samples: int, seed: int, num_classes: int = 0):
        self.generator = generator
        self.latent_dim = latent_dim
        self.num_samples = num_samples
        self.seed = seed
        self.num_classes = num_classes
        self._like = next(generator.parameters(), torch.empty(0))

    def __len__(self) -> int:
        return self.num_samples

    def blocks(self, batch_size: int, rank: int, world: int) -> Iterator[tuple[slice, Tensor]]:
        """See :class:`ImageSource`. Moves torch's global random state, which each block's rows set anew."""
        noise = np.random.RandomState(self.seed)
        for number, rows in enumerate(blocks(len(self), batch_size)):
            z = noise.randn(rows.stop - rows.start, self.latent_dim)  # drawn by all, since one draw follows another
            if number % world == rank:
                torch.manual_seed(self.seed + rows.start)  # for generators that draw numbers of their own
                yield rows, to_bytes(self.generator(*self._inputs(z, rows)))

    def _inputs(self, z: np.ndarray, rows: slice) -> list[Tensor]:
        inputs = [torch.from_numpy(z).float().to(self._like)]
        if self.num_classes:
            uniform = RandomStreams(self.seed).uniform("fidelity/labels", 0, (len(self),), rows)
            inputs.append((uniform * self.num_classes).long().to(self._like.device))
        return inputs


def to_bytes(images: Tensor) -> Tensor:
    """Images in [-1, 1] as bytes, ``floor(127.5 x + 128)`` cut to 0 .. 255, which is how torchvision saves images.

    Args:
        images: floats ``(N, C, H, W)``, or bytes, which stay as they are.

    Raises:
        UsageError: for other shapes, and for numbers that are not finite.
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
