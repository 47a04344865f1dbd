"""Open image files with Pillow as plain data: no format for which Pillow starts another program."""

from pathlib import Path
from typing import BinaryIO

from PIL import Image

FORMATS = ("AVIF", "BMP", "GIF", "HEIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's names of the formats that are opened, by their contents, whatever a file is called."""


def open_image(file: Path | BinaryIO) -> Image.Image:
    """Open an image, as ``PIL.Image.open`` does, if it has one of ``FORMATS``.

    Pillow goes by the contents of a file, and would run Ghostscript on PostScript that is named ``.jpg``.

    Raises:
        PIL.UnidentifiedImageError: for anything else.
        OSError: for a file that cannot be opened.
    """
    Image.init()
    return Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])
