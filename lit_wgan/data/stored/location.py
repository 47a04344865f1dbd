"""Where an array lies: a file or folder, and a place inside it."""

import glob
import os
import re
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lit_wgan.engine.files import is_local
from lit_wgan.errors import UsageError

REMEDIES = {
    "O": ("objects, such as texts or arrays of different lengths", "Save numbers; pad or cut rows to one length"),
    "c": ("complex numbers", "Save the real and imaginary parts along an axis of their own"),
    "V": ("a type of several fields", "Save one field, or all along an axis of their own"),
    "M": ("dates", "Save them as numbers, such as days since the first"),
    "m": ("durations", "Save them as numbers, such as seconds"),
} | dict.fromkeys("SUT", ("texts", "Save numbers, such as 0, 1, 2 for classes"))
"""Of kinds of types that are no real numbers: what they are, and what to do."""


class Location(NamedTuple):
    """A file or folder, what is meant inside it, and the option that named it."""

    path: Path
    inner: str
    option: str

    @property
    def name(self) -> str:
        """As the user gives it."""
        return f"{self.path}:{self.inner}" if self.inner else str(self.path)

    def error(self, reason: str, remedy: str, expected: str = "an array of numbers") -> UsageError:
        """A UsageError about it."""
        return UsageError(f"Expected {self.option} to be {expected}, but got {self.name}, {reason}. {remedy}.")

    def damaged(self, error: BaseException) -> UsageError:
        """A UsageError for a file that cannot be read."""
        what = " ".join(str(error).split()) or type(error).__name__
        return self.error(f"which cannot be read ({what})", "Is it complete? Copy or save it again")

    def choose(self, names: Sequence[str]) -> str:
        """The one of the names inside the file that is meant, which need not be said where there is one.

        Raises:
            UsageError: if there is no such name, or several to choose from.
        """
        if self.inner in names or (not self.inner and len(names) == 1):
            return self.inner or names[0]
        shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
        if not names:
            raise self.error("which holds no array", "Name another file")
        if self.inner:
            raise self.error(f"but {self.path} has no {self.inner}", f"It has: {shown}", "an array in a file")
        raise self.error(f"which holds several: {shown}", f"Name one of them: {self.path}:{names[0]}", "one array")

    def check(self, shape: Sequence[int], dtype: np.dtype[Any]) -> None:
        """Raise a UsageError for an array that has no rows, or whose entries are no real numbers."""
        if dtype.kind not in "biuf" or dtype.itemsize > 8:
            what, remedy = REMEDIES.get(dtype.kind, (f"numbers of {dtype}", "Save them as float64"))
            raise self.error(f"which holds {what}", remedy)
        if not shape:
            raise self.error("which holds a single number", "Save an array with a row for each sample")
        if prod(shape) == 0:
            raise self.error(f"whose shape {tuple(shape)} holds none", "Save an array with a row for each sample")


def name_of(specs: Sequence[str | Path]) -> str:
    """What messages call all that is named together."""
    return str(specs[0]) + (f" and {len(specs) - 1} more" if len(specs) > 1 else "")


def locate(spec: str | Path, option: str) -> list[Location]:
    """The files that a path or pattern names, those of a pattern in natural order: ``part_2`` before ``part_10``.

    What follows a colon is what is meant inside each file. A path that exists as it is, is taken so, be there colons
    or wildcards in it.

    Raises:
        UsageError: if there is none.
    """
    text = str(spec)
    if not is_local(text):
        raise UsageError(f"Expected {option} to be on this machine, but got {text}. Copy it here first.")
    colons = [place for place, letter in enumerate(text) if letter == ":"]
    for place in [len(text), *reversed(colons)]:
        if found := _matches(text[:place]):
            return [Location(path, text[place + 1 :], option) for path in found]
    what = "nothing matches it" if glob.has_magic(text) else "there is no such file"
    raise UsageError(
        f"Expected {option} to be a file, but got {text or 'an empty name'}, and {what}. Check the path, which counts "
        f"from {Path.cwd()}."
    )


def _matches(pattern: str) -> list[Path]:
    path = Path(os.path.expanduser(pattern))
    if not pattern or path.exists():
        return [path] if pattern else []
    return sorted(map(Path, glob.glob(str(path), recursive=True)), key=_natural) if glob.has_magic(pattern) else []


def _natural(path: Path) -> list[Any]:
    """Orders numbers in names by value; every second entry is one, so that they compare."""
    parts = re.split(r"(\d+)", str(path))
    return [int(part) if place % 2 else part for place, part in enumerate(parts)] + [str(path)]
