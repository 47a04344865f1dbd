"""Pictures as parts of a page, scaled down or encoded anew where they would make it too large."""

import base64
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from PIL import Image

ENCODED = {"PNG": "image/png", "WEBP": "image/webp"}
MOST_SIDE = 1600
"""Pixels of a picture's longer side, beyond which none is shown anyway."""
Item = TypeVar("Item")


class Embedded(NamedTuple):
    """A picture in a page: its data as a URI, and its size in pixels."""

    uri: str
    width: int
    height: int


def embed(path: Path, most_bytes: int) -> Embedded | None:
    """A picture of at most so many bytes, or None if the file is no picture.

    Args:
        path: of a picture.
        most_bytes: of the encoded picture, of which the page's text has four for every three.
    """
    from PIL import Image

    try:
        with Image.open(path) as picture:
            data = path.read_bytes()
            if len(data) <= most_bytes and picture.format in ENCODED:
                picture.verify()
                return _embedded(data, picture.format, picture.size)
        with Image.open(path) as picture:
            return _encoded(picture, most_bytes)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """At most so many items, evenly spaced, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)] if most > 1 else [items[-1]]


def _encoded(picture: "Image.Image", most_bytes: int) -> Embedded:
    """A picture as WebP, made smaller until it has no more than so many bytes."""
    picture = picture.convert("RGBA" if "A" in picture.getbands() else "RGB")
    picture.thumbnail((MOST_SIDE, MOST_SIDE))
    while True:
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=80, method=2)
        data = file.getvalue()
        if len(data) <= most_bytes or max(picture.size) <= 16:
            return _embedded(data, "WEBP", picture.size)
        scale = 0.9 * math.sqrt(most_bytes / len(data))  # as if the bytes of a pixel stayed the same; they grow
        picture.thumbnail((max(picture.width * scale, 16), max(picture.height * scale, 16)))


def _embedded(data: bytes, kind: str, size: tuple[int, int]) -> Embedded:
    return Embedded(f"data:{ENCODED[kind]};base64,{base64.b64encode(data).decode()}", *size)
