"""Samples and their conditions as files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lit_wgan.callbacks.pictures.grid import as_picture, is_image
from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.data.transforms import PixelRange, TextTransform, Transform
from lit_wgan.engine.files import atomic_write, writing
from lit_wgan.engine.minibatches import Condition
from lit_wgan.errors import UsageError


def image_ending(shape: Sequence[int], transform: Transform | None = None) -> str | None:
    """What the name of the file of one image ends in, ``.png`` or ``.tif``; None for samples that are no images."""
    if isinstance(transform, PixelRange):
        one_page = shape[0] == 1 or (shape[0] == 3 and transform.dtype == "uint8")
        return ".png" if one_page and transform.dtype != "float32" else ".tif"
    return ".png" if transform is None and is_image(shape) else None


def save_sample(
    sample: Tensor, number: int, directory: Path, transform: Transform | None = None, ending: str | None = None
) -> None:
    """Write a sample into a directory that need not exist, named by its number: as a PNG or, if it is no image, as
    ``.npy``; a line of text as ``.txt``.

    Images in their own units, which have a :class:`PixelRange`, are written in the type of the training images: of 16
    bits as PNG if they are grey, with more channels and of floats as TIFF, a page for each channel.

    Args:
        sample: shape ``(...)``.
        number: of it.
        directory: for the file.
        transform: of the data.
        ending: ``.tif`` for images that could be PNG too; None for the usual.

    Raises:
        UsageError: for an image that is not finite.
        WriteError: if the disk is full or the directory cannot be written.
    """
    usual, text = image_ending(sample.shape, transform), isinstance(transform, TextTransform)
    path = directory / f"{number:06d}{ending or usual or ('.txt' if text else '.npy')}"
    pages: list[Image.Image] = []
    if usual is not None:
        pages = as_pages(sample, transform) if isinstance(transform, PixelRange) else [as_picture(sample)]
    with writing(path):
        directory.mkdir(parents=True, exist_ok=True)
        if isinstance(transform, TextTransform):
            path.write_bytes(as_text(sample[None], transform))
        elif not pages:
            np.save(path, as_array(sample))
        elif len(pages) == 1:
            pages[0].save(path)
        else:
            pages[0].save(path, save_all=True, append_images=pages[1:])


def as_pages(sample: Tensor, transform: PixelRange) -> list[Image.Image]:
    """The channels of an image ``(C, H, W)`` in its own units as Pillow's images, in the type of the training images.

    Raises:
        UsageError: for an image that is not finite.
    """
    if not sample.isfinite().all():
        raise UsageError("Expected finite images, but got one with nan or infinity. Look at the generator's weights.")
    low, high = transform.bounds
    pixels = as_array(sample.float().clamp(low, high))
    if transform.dtype != "float32":
        pixels = pixels.round().astype(transform.dtype)
    if transform.dtype == "uint8" and len(pixels) == 3:
        return [Image.fromarray(pixels.transpose(1, 2, 0))]
    return [Image.fromarray(channel) for channel in pixels]


def as_text(samples: Tensor, transform: TextTransform) -> bytes:
    """Samples ``(N, T)`` of text as lines in UTF-8."""
    return "".join(f"{line}\n" for line in transform.lines(samples)).encode()


def save_conditions(conditions: Condition, path: Path) -> None:
    """Write conditions as an ``.npy`` file, of several at once one file each: ``conditions_1.npy`` and so on.

    Raises:
        WriteError: if the disk is full or the folder cannot be written.
    """
    parts = as_tuple(conditions)
    stems = [path.stem] if len(parts) == 1 else [f"{path.stem}_{place}" for place in range(1, len(parts) + 1)]
    for stem, part in zip(stems, parts, strict=True):
        save_array(part, path.with_stem(stem))


def save_array(values: Tensor, path: Path) -> None:
    """Write a tensor as an ``.npy`` file.

    Raises:
        WriteError: if the disk is full or the folder cannot be written.
    """
    with atomic_write(path) as file:
        np.save(file, as_array(values))


def as_array(values: Tensor) -> np.ndarray:
    """A tensor for numpy, which does not know bfloat16."""
    return (values.float() if values.dtype == torch.bfloat16 else values).cpu().numpy()
