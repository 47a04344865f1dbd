"""Conditions made of the images themselves, for data that comes with none: networks that undo a loss of quality."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from lit_wgan.engine.digests import array_sha256
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.functional.streams import RandomStreams


class Degradation:
    """A function of the image that is trained on, after cropping and resizing, instead of the data set's item."""

    def __call__(self, pixels: Tensor) -> Tensor:
        """The condition of an image ``(C, H, W)`` as it is stored: for bytes bytes ``(C, h, w)``, or numbers."""
        raise NotImplementedError


class Downscaled(Degradation):
    """The image in a lower resolution, ``(C, H / factor, W / factor)``: means over squares of pixels.

    Args:
        factor: pixels per side of a square.

    Raises:
        UsageError: for factors below 1 and, on reading an image, for sides that it does not divide.
    """

    def __init__(self, factor: int):
        check_positive(factor=factor)
        self.factor = factor

    def __call__(self, pixels: Tensor) -> Tensor:
        """The means, of bytes rounded to bytes, of others as float32 in their own units."""
        height, width = pixels.shape[1:]
        if height % self.factor or width % self.factor:
            raise UsageError(
                f"Expected the factor of Downscaled to divide the sides of the images, {height} x {width}, but got "
                f"{self.factor}. Choose another, or another data.image_size."
            )
        means = avg_pool2d(pixels.double(), self.factor)
        return (means + 0.5).floor().to(torch.uint8) if pixels.dtype == torch.uint8 else means.float()


class Noisy(Degradation):
    """The image with Gaussian noise added, clipped to bytes; the same noise whenever the same image is read.

    Args:
        std: standard deviation of the noise, in the unit of images in ``[-1, 1]``.
        seed: of the noise, which is a function of the seed and of the image's bytes.

    Raises:
        UsageError: for a standard deviation that is not positive.
    """

    def __init__(self, std: float, seed: int = 0):
        check_positive(std=std)
        self.std = std
        self.streams = RandomStreams(seed)

    def __call__(self, pixels: Tensor) -> Tensor:
        """The noisy image ``(C, H, W)``, as bytes.

        Raises:
            UsageError: for images of more than 8 bits.
        """
        if pixels.dtype != torch.uint8:
            raise UsageError(
                f"Expected images of 8 bits for Noisy, but got {str(pixels.dtype).removeprefix('torch.')}. Give a "
                "function of your own as data.condition_of."
            )
        noise = self.streams.normal(f"degrade/{array_sha256(pixels.numpy())}", 0, pixels.shape)
        return (pixels + 127.5 * self.std * noise).round().clamp(0, 255).to(torch.uint8)
