"""Images to measure, stored or generated, in blocks that are the same for every number of devices.

Block b of consecutive images belongs to device b modulo their number, so a block has the same contents wherever it is
computed, and whatever is added up over blocks is the same up to the order of the sum.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.data.transforms import Transform
from lit_wgan.engine.minibatches import map_condition
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.conditions import Conditions
from lit_wgan.evaluation.float_rows import FloatRows
from lit_wgan.functional.streams import LatentLaw, noise_shape
from lit_wgan.systems.checks import check_law
from lit_wgan.systems.judging import generate


def blocks(num_samples: int, batch_size: int) -> list[slice]:
    """The rows of each block: ``batch_size`` of them, and the rest in the last."""
    return [slice(start, min(start + batch_size, num_samples)) for start in range(0, num_samples, batch_size)]


def normal_noise(state: np.random.RandomState, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal numbers, torch-fidelity's: ``RandomState(seed).randn(N, latent_dim)``."""
    return state.randn(*shape)


def uniform_noise(state: np.random.RandomState, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform numbers in [-1, 1): ``2 RandomState(seed).rand(N, latent_dim) - 1``, rounded down to float32."""
    return np.floor(state.rand(*shape) * 2**24) * 2.0**-23 - 1


LATENT_LAWS: dict[LatentLaw, Callable[[np.random.RandomState, tuple[int, ...]], np.ndarray]] = {
    "normal": normal_noise,
    "uniform": uniform_noise,
}
"""Noise of a shape, drawn from one generator of random numbers for all samples in turn, by the name of its law."""


class ImageBlocks(Protocol):
    """Images or other samples that several devices go through together, block by block."""

    def __len__(self) -> int:
        """Number of images, over all devices."""

    def blocks(self, batch_size: int, rank: int, world: int) -> Iterator[tuple[slice, Tensor]]:
        """The blocks of device ``rank`` of ``world``: their rows, and what an extractor takes of them.

        These are images ``(n, C, H, W)``, uint8, or samples ``(n, ...)`` as floats in the data's own units.
        """


class StoredImages:
    """Stored images.

    Args:
        images: uint8 tensors ``(C, H, W)`` of one shape, by index, or an array ``(N, C, H, W)``; or samples as floats.
    """

    def __init__(self, images: Sequence[Any] | np.ndarray | FloatRows):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def blocks(self, batch_size: int, rank: int, world: int) -> Iterator[tuple[slice, Tensor]]:
        """See :class:`ImageBlocks`; images of other devices are not read."""
        for rows in blocks(len(self), batch_size)[rank::world]:
            if isinstance(self.images, FloatRows):
                yield rows, self.images.read(rows)
            elif isinstance(self.images, np.ndarray):
                yield rows, torch.from_numpy(self.images[rows].copy())
            else:
                yield rows, torch.stack([self.images[row] for row in range(rows.start, rows.stop)])


class GeneratedImages:
    """Generated images. The noise of image i depends on the seed and on i alone; its condition is that of number i.

    Args:
        generator: maps noise ``(n, latent_dim)``, and for a conditional one also conditions, to images
            ``(n, C, H, W)`` in [-1, 1], or to bytes.
        latent_dim: size of the noise vector z, or its shape.
        num_samples: number of images.
        seed: of the noise, see ``LATENT_LAWS``.
        conditions: of the images of the given numbers; None for an unconditional generator.
        latent_law: law of the noise, a name of ``LATENT_LAWS``.
        convert: to what the extractor takes, of what the generator makes.

    Raises:
        UsageError: for an unknown law.
    """

    def __init__(
        self,
        generator: nn.Module,
        latent_dim: int | Sequence[int],
        num_samples: int,
        seed: int,
        conditions: Conditions | None = None,
        latent_law: LatentLaw = "normal",
        convert: Callable[[Tensor], Tensor] | None = None,
    ):
        check_law(latent_law)
        self.generator = generator
        self.latent_shape = noise_shape(latent_dim)
        self.num_samples = num_samples
        self.seed = seed
        self.conditions = conditions
        self.latent_law = latent_law
        self.convert = convert or to_bytes
        self._like = next(generator.parameters(), torch.empty(0))
        self.device = self._like.device

    def __len__(self) -> int:
        return self.num_samples

    def blocks(self, batch_size: int, rank: int, world: int) -> Iterator[tuple[slice, Tensor]]:
        """See :class:`ImageBlocks`. Seeds torch's global random state anew for every block."""
        noise = np.random.RandomState(self.seed)
        for number, rows in enumerate(blocks(len(self), batch_size)):
            # On every device: the draws form one sequence.
            z = LATENT_LAWS[self.latent_law](noise, (rows.stop - rows.start, *self.latent_shape))
            if number % world == rank:
                torch.manual_seed(self.seed + rows.start)  # for generators that draw random numbers themselves
                yield rows, self.convert(self._generate(torch.from_numpy(z).float().to(self._like), rows))

    def _generate(self, z: Tensor, rows: slice) -> Tensor:
        condition = None if self.conditions is None else self.conditions(rows)
        if condition is not None and any(len(part) != len(z) for part in as_tuple(condition)):
            raise UsageError(
                f"Expected conditions of images {rows.start} to {rows.stop - 1}, one each, but got "
                f"{' and '.join(str(len(part)) for part in as_tuple(condition))}. Return as many rows as are asked for."
            )
        return generate(self.generator, z, map_condition(lambda part: part.to(z.device), condition))


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
    check_finite(images)
    return (images.float() * 127.5 + 128).clamp(0, 255).to(torch.uint8)


def to_own_units(samples: Tensor, transform: Transform | None) -> Tensor:
    """Generated samples ``(n, ...)`` in the data's own units, as floats.

    Raises:
        UsageError: for values that are not finite.
    """
    check_finite(samples)
    return samples if transform is None else transform.inverse(samples)


def check_finite(samples: Tensor) -> None:
    """Raise a UsageError for generated samples that are infinite or no numbers."""
    if not samples.isfinite().all():
        raise UsageError(
            "Expected finite images, but got some with nan or infinity. Look at the generator's weights: training has "
            "diverged."
        )
