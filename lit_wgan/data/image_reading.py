"""Image files as people have them: 8 bits as Pillow reads them, more bits and more channels as arrays."""

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from lit_wgan.data.arrays import map_array
from lit_wgan.data.image_files import ARRAYS, open_image, upright
from lit_wgan.data.packages import optional_package
from lit_wgan.data.pixels import DEEP_MODES, GREY_MODES
from lit_wgan.errors import UsageError

BITS, SUBFILE = 258, 254
"""Tags of TIFF: bits per sample, and what kind of a page it is."""
THUMBNAIL = 1
PNG_DEPTH = 24
"""Where a PNG file has its bits per sample."""


def read_image(path: Path, grey: bool) -> Image.Image | Tensor | np.ndarray:
    """The image of a file: Pillow's of 8 bits a channel, upright, a tensor ``(C, H, W)`` of more bits or channels, or
    the array of an ``.npy`` file as it is.

    The pages of a TIFF file, thumbnails left out, are channels if they are grey.

    Args:
        path: of the file.
        grey: whether to leave greyscale images of 8 bits greyscale instead of turning them into colour images.

    Raises:
        UsageError: for a file that cannot be read, or whose pages differ.
    """
    with reading(path):
        if path.suffix.lower() == ARRAYS:
            return _from_npy(path)
        try:
            image = open_image(path)
        except UnidentifiedImageError:
            if not _is_tiff(path):
                raise
            return _as_tensor(_from_tiff(path))  # of a number of channels that Pillow does not know
        with image:
            if _is_deep(image, path):
                return _as_tensor(_deep(image, path))
            image.load()
            picture = upright(image)
            return picture.convert("RGB") if picture.mode in GREY_MODES and not grey else picture.copy()


def is_grey(path: Path) -> bool:
    """Whether a file is a greyscale image of 8 bits, by its header.

    Raises:
        UsageError: for a file that cannot be read.
    """
    if path.suffix.lower() == ARRAYS:
        return False
    with reading(path):
        try:
            with open_image(path) as image:
                return image.mode in GREY_MODES
        except UnidentifiedImageError:
            if not _is_tiff(path):
                raise
            return False


def _is_deep(image: Image.Image, path: Path) -> bool:
    """Whether an opened file holds more than an image of 8 bits a channel: more bits, or grey pages."""
    if image.mode.startswith(DEEP_MODES) or _has_deep_samples(image, path):
        return True
    return image.format == "TIFF" and image.mode == "L" and len(_pages(image)) > 1


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Name the file in what is raised while it is read."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:  # decoders raise many kinds, and none of them names the file reliably
        raise UsageError(
            f"Expected {path} to be an image that can be read, but got {type(error).__name__} "
            f"({' '.join(str(error).split())}). Replace or remove the file."
        ) from error


def _has_deep_samples(image: Image.Image, path: Path) -> bool:
    """Whether a file of several channels has 16 bits a channel or more, of which Pillow would keep 8."""
    if image.format == "PNG":
        with path.open("rb") as file:
            return file.read(PNG_DEPTH + 1)[-1] == 16
    if image.format == "TIFF":
        return max(image.tag_v2.get(BITS, (8,))) > 8  # type: ignore[attr-defined]  # Pillow's class for TIFF has them
    return False


def _deep(image: Image.Image, path: Path) -> np.ndarray:
    if image.format == "PNG" and not _is_flat(image):
        return _from_png(path)
    if image.format == "TIFF" and _is_flat(image):
        return _stacked([_frame(image, page) for page in _pages(image)], path)
    if image.format == "TIFF":
        return _from_tiff(path)
    pixels = np.asarray(upright(image))[None]
    return pixels.astype(np.uint16) if image.mode == "I" else pixels  # of all other formats none has 32 bits


def _as_tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array, dtype=array.dtype.newbyteorder("=")))


def _is_flat(image: Image.Image) -> bool:
    return image.mode == "L" or image.mode.startswith(DEEP_MODES)


def _pages(image: Any) -> list[int]:
    """The numbers of a TIFF file's pages without its thumbnails."""
    pages = []
    for page in range(image.n_frames):
        image.seek(page)
        if not image.tag_v2.get(SUBFILE, 0) & THUMBNAIL:
            pages.append(page)
    image.seek(0)
    return pages or [0]


def _frame(image: Image.Image, page: int) -> np.ndarray:
    image.seek(page)
    return np.asarray(upright(image))[None]


def _stacked(pages: Sequence[np.ndarray], path: Path) -> np.ndarray:
    """Pages ``(channels, H, W)`` one behind the other."""
    for number, page in enumerate(pages):
        if (page.shape, page.dtype) != (pages[0].shape, pages[0].dtype):
            raise UsageError(
                f"Expected the pages of {path} to be alike, {pages[0].dtype} {pages[0].shape} as the first, but page "
                f"{number + 1} is {page.dtype} {page.shape}. Store one image of several channels in a file."
            )
    return np.concatenate(pages) if len(pages) > 1 else pages[0]


def _from_npy(path: Path) -> np.ndarray:
    array = map_array(path)
    if array.ndim not in (2, 3) or array.dtype.kind not in "uif":
        raise UsageError(
            f"Expected {path} to hold the numbers of one image, (H, W), (C, H, W) or (H, W, C), but got {array.dtype} "
            f"{array.shape}. Store each image in a file of its own, or train on many in one file with ArrayData."
        )
    return np.array(array)


def _from_png(path: Path) -> np.ndarray:
    """Several channels of 16 bits, without transparency."""
    try:
        from torchvision.io import ImageReadMode, decode_image  # takes a second
    except ImportError as error:
        raise UsageError(
            f"Expected a torchvision that decodes images of 16 bits in colour for {path}, but it has no decode_image. "
            "Convert them to TIFF."
        ) from error
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # no other package here reads them
        pixels = decode_image(str(path), ImageReadMode.UNCHANGED).numpy()
    return pixels[: 1 if len(pixels) == 2 else 3]


def _is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in (b"II", b"MM")


def _from_tiff(path: Path) -> np.ndarray:
    # Pillow does not read such numbers of channels and bits.
    with optional_package("tifffile", str(path)).TiffFile(path) as file:
        pages: Any = file.pages
        return _stacked([_channels_first(page.asarray(), page.axes) for page in pages if not page.is_reduced], path)


def _channels_first(pixels: np.ndarray, axes: str) -> np.ndarray:
    """A page as ``(channels, H, W)``, whose axis S, if there is one, counts channels."""
    first = np.moveaxis(pixels, axes.index("S"), 0) if "S" in axes else pixels
    return first.reshape(-1, *first.shape[-2:])
