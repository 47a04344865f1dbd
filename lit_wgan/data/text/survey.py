"""What text files hold: how many lines, and which characters how often."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lit_wgan.data.cache_folder import REMEDY
from lit_wgan.data.stored.cached import cache_path, prepare_cache
from lit_wgan.data.stored.location import Location
from lit_wgan.data.text.lines import code_points, unreadable
from lit_wgan.engine.files import atomic_write

CODE_POINTS = 0x110000
"""Of Unicode."""
FILLER = "\0"
"""No line holds it: by it padding is told from what is read."""


class Survey(NamedTuple):
    """What text files hold.

    Args:
        lines: how many there are.
        characters: all of them, the most common first.
    """

    lines: int
    characters: str


def surveyed(files: Sequence[Location], length: int, key: object, cache_dir: Path) -> Survey:
    """The survey of the first ``length`` characters of each line, from the cache if it is known.

    Raises:
        UsageError: for files without a line, and for what is no text.
    """
    path = cache_path(cache_dir, ["survey of text", key, length], ".json")
    with suppress(OSError, ValueError, TypeError):
        return Survey(*json.loads(path.read_text(encoding="utf-8")))
    held = _survey(files, length)
    if not held.lines:
        raise unreadable(files[0], "which has no lines", "Name a file with a line for each sample")
    prepare_cache(cache_dir)
    with atomic_write(path, REMEDY) as file:
        file.write(json.dumps(held).encode())
    return held


def _survey(files: Sequence[Location], length: int) -> Survey:
    lines, counts = 0, np.zeros(CODE_POINTS, dtype=np.int64)
    for some in code_points(files, length, FILLER):
        lines += len(some)
        counts += np.bincount(some.reshape(-1), minlength=CODE_POINTS)
    counts[ord(FILLER)] = 0
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    return Survey(lines, "".join(map(chr, order)))
