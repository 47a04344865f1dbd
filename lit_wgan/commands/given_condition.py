"""Conditions as they are given on the command line."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from lit_wgan.errors import UsageError


def read_condition(text: str) -> Any:
    """What an option says: a number, a list, or the contents of a file; a list may name files.

    Images, and arrays of bytes that are some, become floats in [-1, 1], as data do.

    Raises:
        UsageError: for what is neither, and for files that are damaged or something else.
    """
    for read in (json.loads, float):
        with suppress(ValueError, RecursionError):
            return _with_files(read(text))
    return _read_file(Path(text))


def _with_files(value: Any) -> Any:
    """A value with the contents of a file in the place of its name."""
    if isinstance(value, str):
        return _read_file(Path(value))
    if isinstance(value, list) and any(isinstance(each, str) for each in value):
        return [_with_files(each) for each in value]
    return value


def _read_file(path: Path) -> Any:
    import torch

    from lit_wgan.data.arrays import map_array
    from lit_wgan.data.image_files import open_image, suffixes
    from lit_wgan.data.image_minibatches import to_unit_range
    from lit_wgan.data.pixels import to_pixels

    if not path.is_file():
        raise UsageError(
            f"Expected --condition to be a number, a list of numbers such as '[0.1, 0.2]', or a file, but got {path}. "
            "Give one of these."
        )
    try:
        if path.suffix.lower() in suffixes():
            return to_unit_range(to_pixels(open_image(path), str(path)))
        values = torch.from_numpy(map_array(path).copy())
    except UsageError:
        raise
    except Exception as error:  # damaged images raise many kinds
        raise UsageError(
            f"Expected --condition to be an .npy file of numbers, or an image, but got {path}, which is damaged or "
            f"something else ({' '.join(str(error).split())}). Make the file again."
        ) from error
    return to_unit_range(values) if values.dtype == torch.uint8 and values.ndim > 2 else values
