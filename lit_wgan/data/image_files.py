"""Open image files with Pillow as plain data: no format for which Pillow starts another program."""

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps

FORMATS = ("AVIF", "BMP", "GIF", "HEIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's names of the formats that are opened, by their contents, whatever a file is called."""
ARRAYS = ".npy"
"""Ending of the names of files that hold an image as an array."""


def open_image(file: Path | BinaryIO) -> Image.Image:
    """Open an image, as ``PIL.Image.open`` does, if it has one of ``FORMATS``.

    Pillow goes by the contents of a file, and would run Ghostscript on PostScript that is named ``.jpg``.

    Raises:
        PIL.UnidentifiedImageError: for anything else.
        OSError: for a file that cannot be opened.
    """
    _load_formats()
    return Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])


@cache
def suffixes() -> tuple[str, ...]:
    """The endings, in lower case, of the names of files in ``FORMATS``, as far as Pillow reads them here."""
    _load_formats()
    known = Image.registered_extensions()
    readable = {suffix for suffix, name in known.items() if name in FORMATS and name in Image.OPEN}
    return tuple(sorted(readable, key=lambda suffix: (suffix != ".jpg", suffix)))


@cache
def _load_formats() -> None:
    """Load Pillow's formats and, where the package pillow-heif is installed, HEIF, in which iPhones take pictures."""
    Image.init()
    with suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()


def upright(image: Image.Image) -> Image.Image:
    """An image turned as its EXIF data say, which most cameras leave to the viewer; the image itself if they do not."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # damaged EXIF data raise many kinds, and the image is the same without them
        return image
