"""Images cropped to a ratio and resized."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lit_wgan.errors import UsageError

Size = tuple[int, int]
"""Height and width, in pixels."""


def known_size(image_size: int | Sequence[int] | None) -> Size | None:
    """Height and width of an option ``image_size``, whose number is the side of a square; None for none.

    Raises:
        UsageError: for what is neither a positive number nor two of them.
    """
    if image_size is None:
        return None
    sides = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    if len(sides) != 2 or min(sides) < 1:
        raise UsageError(
            f"Expected data.image_size to be positive or null, but got {image_size}. Give the pixels per side, height "
            "and width ([96, 128]), or null to keep the images' own size."
        )
    return sides


def crop_and_resize(pixels: Tensor, size: Size, bounds: tuple[float, float] = (0, 255)) -> Tensor:
    """The largest centred part of an image that has the ratio of a size, resized to it by antialiased bicubic filter.

    Cropping first makes a square the usual 178 x 178 crop for aligned CelebA (178 x 218). Of bytes the filter is
    Pillow's bicubic, matched to one grey level. Images that already have this size are untouched.

    Args:
        pixels: ``(C, H, W)``: uint8, uint16, which are rounded again, or float32.
        size: height and width.
        bounds: the range of values, beyond which the filter overshoots at edges.

    Returns:
        ``(C, height, width)`` of the same type.

    Source: Parmar et al. 2022, arXiv:2104.11222, on why the filter must widen when the image shrinks.
    """
    from torchvision.transforms import InterpolationMode  # these take a second
    from torchvision.transforms.v2.functional import center_crop, resize

    if tuple(pixels.shape[1:]) == size:
        return pixels
    exact = pixels.float() if pixels.dtype == torch.uint16 else pixels
    part = center_crop(exact, list(_largest_part(pixels.shape[1], pixels.shape[2], *size)))
    resized: Tensor = resize(part, list(size), InterpolationMode.BICUBIC, antialias=True)
    if pixels.dtype == torch.uint8 and bounds == (0, 255):
        return resized
    resized = resized.clamp(*bounds)
    return resized.round().to(torch.uint16) if pixels.dtype == torch.uint16 else resized


def _largest_part(height: int, width: int, to_height: int, to_width: int) -> Size:
    """The sides of the largest part of an image that has the ratio of a size, to whole pixels."""
    if height * to_width <= width * to_height:
        return height, max(1, round(height * to_width / to_height))
    return max(1, round(width * to_height / to_width)), width
