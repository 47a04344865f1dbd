"""Folders for what is computed, copied or decoded once."""

from pathlib import Path

from lit_wgan.engine.files import make_writable
from lit_wgan.errors import UsageError

REMEDY = "Make room, or choose another folder with --data.cache_dir."
"""What to do about a file that could not be written there."""


def make_cache_folder(folder: Path, cache_dir: Path | None = None) -> None:
    """Make a folder for caches, unless it is there.

    Args:
        folder: to make.
        cache_dir: the one that a user chooses, in which it lies; None if it is that itself.

    Raises:
        UsageError: if it cannot be written.
    """
    try:
        make_writable(folder)
    except OSError as error:
        raise UsageError(
            f"Expected data.cache_dir to be a folder that can be written, but got {cache_dir or folder} "
            f"({error.strerror}). Choose another with --data.cache_dir."
        ) from error
