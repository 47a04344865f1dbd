"""Pixels of a dataset's items: tensors ``(C, H, W)``, cropped and resized where that is asked for."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset, Subset

from lit_wgan.data.image_files import upright
from lit_wgan.data.resizing import Size, crop_and_resize
from lit_wgan.data.value_range import OF_THEIR_TYPE, TYPE_NAMES, ValueRange
from lit_wgan.engine.batch_layouts import SAMPLE_KEYS
from lit_wgan.errors import UsageError

PIXELS_VERSION = 2
"""Raise it when the same Pillow image would give other bytes."""
GREY_MODES = ("1", "L")
"""Pillow's modes of images without colour or transparency."""
DEEP_MODES = ("I", "F")
"""What Pillow's modes of more than 8 bits a channel begin with."""
CHANNELS = (1, 3, 4)
"""Numbers of channels by which an array (H, W, C) is known, of whatever height and width."""
IMAGE_KEYS = tuple(sorted(SAMPLE_KEYS, key=lambda key: key not in ("image", "img")))
"""Where dictionaries hold an image, looked for in this order."""


def to_pixels(item: object, name: str = "item") -> Tensor:
    """The image of a dataset's item as a uint8 tensor (C, H, W).

    Pillow images are turned as their EXIF data say. Those of modes L and 1 become greyscale and those of every other
    8-bit mode RGB, which drops transparency. Floats x become floor(255 x + 0.5), so x = k / 255 gives k back.

    Args:
        item: a Pillow image, a uint8 tensor (C, H, W) or (H, W), a float tensor of those shapes in [0, 1], a numpy
            array like one of these tensors or with channels last, (H, W, C); or a tuple or list whose first element is
            one of them, or a dictionary that holds one under one of ``IMAGE_KEYS``, as Hugging Face's data sets do.
        name: what error messages call the item.

    Raises:
        UsageError: if the item is anything else, has more than 8 bits a channel, or has floats outside [0, 1].
    """
    image = _image_of(item)
    if isinstance(image, np.ndarray):
        image = _from_numpy(image)
    if isinstance(image, Image.Image):
        return _from_pillow(image, name)
    if isinstance(image, Tensor) and image.ndim in (2, 3) and image.numel():
        pixels = image if image.ndim == 3 else image.unsqueeze(0)
        if pixels.dtype == torch.uint8:
            return pixels
        if pixels.is_floating_point():
            return _from_floats(pixels, name)
    raise UsageError(
        f"Expected {name} to be a PIL image, or a tensor (C, H, W) or (H, W) of uint8 or of floats in [0, 1], "
        f"but got {in_words(image)}. Return one of these, alone or first in a tuple, from the dataset's __getitem__."
    )


def to_image(item: object, name: str = "item", values: ValueRange = OF_THEIR_TYPE) -> Tensor:
    """The image of a dataset's item ``(C, H, W)`` with the values that it has: uint8, uint16 or float32.

    Args:
        item: see :func:`to_pixels`; also a Pillow image or an array of more bits, of any number of channels.
        name: what error messages call the item.
        values: that it may have. Floats in [0, 1] become bytes unless it keeps them.

    Raises:
        UsageError: if the item is anything else, and for values outside the range.
    """
    image = _image_of(item)
    if isinstance(image, Image.Image) and image.mode.startswith(DEEP_MODES):
        image = np.asarray(upright(image))
    if isinstance(image, np.ndarray):
        image = _from_numpy(image)
    if isinstance(image, Tensor) and image.ndim in (2, 3) and image.numel() and values.keeps(image.dtype):
        return values.checked(image if image.ndim == 3 else image.unsqueeze(0), name)
    pixels = to_pixels(image, name)
    return pixels if values.asked is None else values.checked(pixels, name)


def _image_of(item: object) -> object:
    """The image of an item that may hold more, such as a label."""
    if isinstance(item, Mapping):
        return next((item[key] for key in IMAGE_KEYS if key in item), item)
    return item[0] if isinstance(item, tuple | list) and item else item


def _from_numpy(array: np.ndarray) -> object:
    """An array as a tensor, channels first; what torch has no type for stays as it is."""
    array = array.astype(array.dtype.newbyteorder("="), copy=False)  # some files have the other order
    channels_first = array.transpose(2, 0, 1) if _channels_last(array.shape) else array
    try:
        # writable too, as torch wants it, which Pillow's arrays are not
        return torch.from_numpy(np.require(channels_first, None, ["C", "W"]))
    except TypeError:
        return array


def _channels_last(shape: tuple[int, ...]) -> bool:
    """Whether an array is ``(H, W, C)``: its number of channels tells, or a last axis far shorter than the others."""
    if len(shape) != 3 or shape[0] in CHANNELS:
        return False
    return shape[-1] in CHANNELS or 2 * shape[-1] <= min(shape[:2])


def in_words(image: object) -> str:
    """What something is that was to be an image, or a number."""
    if isinstance(image, Tensor | np.ndarray):
        return f"{image.dtype} {tuple(image.shape)}"
    keys = f" with the keys {', '.join(map(str, image))}" if isinstance(image, Mapping) else ""
    return f"{type(image).__name__}{keys}"


def _from_pillow(image: Image.Image, name: str) -> Tensor:
    if image.mode.startswith(DEEP_MODES):  # their conversion to RGB would clip, not scale
        raise UsageError(
            f"Expected {name} to have 8 bits a channel, but got Pillow's mode {image.mode}. Convert it to L or RGB."
        )
    from torchvision.transforms.v2.functional import pil_to_tensor  # takes a second

    return pil_to_tensor(upright(image).convert("L" if image.mode in GREY_MODES else "RGB"))


def _from_floats(image: Tensor, name: str) -> Tensor:
    low, high = image.min().item(), image.max().item()
    if not (low >= 0 and high <= 1):  # written so that nan fails too
        raise UsageError(
            f"Expected {name} to hold floats in [0, 1], but got values from {low:g} to {high:g}. "
            "Rescale them in the dataset, for example with (x + 1) / 2 for images in [-1, 1], or keep them as they are "
            f"with --data.value_range [{low:g},{high:g}] or the range of all images."
        )
    return (255 * image.double() + 0.5).floor().to(torch.uint8)


class Pixels(Dataset[Tensor]):
    """The images of a dataset as tensors that all have the type and the shape (C, H, W) of the first.

    Args:
        dataset: its ``name_of(index)``, if it has one, says what error messages call an item.
        size: height and width to crop and resize to, or None to keep the images as they are.
        remedy: what error messages advise about images of different sizes.
        values: that images may have.

    Raises:
        UsageError: on reading an item that is no image or, after resizing, has another shape or type than the first.
    """

    def __init__(
        self,
        dataset: Dataset[Any],
        size: Size | None,
        remedy: str = "Resize them all with --data.image_size",
        values: ValueRange = OF_THEIR_TYPE,
    ) -> None:
        self.dataset: Any = dataset
        self.size = size
        self.remedy = remedy
        self.values = values
        first = self._read(dataset[0], 0)
        self.shape, self.dtype = first.shape, first.dtype

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Tensor:
        return self.pixels_of(self.dataset[index], index)

    def pixels_of(self, item: object, index: int) -> Tensor:
        """The image of an item that is read already, and of its number."""
        pixels = self._read(item, index)
        if pixels.dtype != self.dtype:
            raise UsageError(
                f"Expected every image to have {TYPE_NAMES[self.dtype]}, as {name_of(self.dataset, 0)} has, but got "
                f"{TYPE_NAMES[pixels.dtype]} for {name_of(self.dataset, index)}. Convert them all to one type."
            )
        if pixels.shape != self.shape:
            sizes_differ = pixels.shape[0] == self.shape[0]
            remedy = self.remedy if sizes_differ else "Give all the same number of channels"
            raise UsageError(
                f"Expected every image to have the shape of the first, {tuple(self.shape)}, "
                f"but got {tuple(pixels.shape)} for {name_of(self.dataset, index)}. {remedy}."
            )
        return pixels

    def _read(self, item: object, index: int) -> Tensor:
        pixels = to_image(item, name_of(self.dataset, index), self.values)
        return pixels if self.size is None else crop_and_resize(pixels, self.size, self.values.bounds(pixels.dtype))


def name_of(dataset: Any, index: int) -> str:
    """What error messages call an item of a dataset."""
    if isinstance(dataset, Subset):
        return name_of(dataset.dataset, dataset.indices[index])
    return str(dataset.name_of(index)) if hasattr(dataset, "name_of") else f"item {index} of {type(dataset).__name__}"
