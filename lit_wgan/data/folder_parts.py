"""Training and held-out parts of a folder, told by the names of its folders."""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

_ADDED = r"(?:set|split|data|images?|imgs?)?"
_KINDS = {
    "train": re.compile(f"{_ADDED}(?:train|training|trn){_ADDED}"),
    "test": re.compile(f"{_ADDED}(?:test|testing|tst){_ADDED}"),
    "val": re.compile(f"{_ADDED}(?:val|valid|validation|dev|devel|eval|evaluation|heldout|holdout){_ADDED}"),
}


class Parts(NamedTuple):
    """Files to train on and files held out, and what is taken as what, in words."""

    train: list[str]
    held_out: list[str]
    description: str


def kind_of(name: str) -> str | None:
    """The part that a folder's name stands for: ``train``, ``test`` or ``val``, as in ``Train``, ``val2017``."""
    letters = re.sub("[^a-z]", "", name.lower())
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(letters)), None)


def find_parts(files: Sequence[str]) -> Parts | None:
    """The parts that the folders of files stand for; None if there are none for training or none to hold out.

    What counts is the first folder in which not all files lie; or any folder on a file's way, if every file has such
    a one, as in ``cats/train``. Files for testing are held out; those for validation too, if there are none for
    testing, else they are left out, as are files of no part.
    """
    names = _names(files)
    kinds = [name and kind_of(name) for name in names]
    held_out = next((kind for kind in ("test", "val") if kind in kinds), None)
    if "train" not in kinds or held_out is None:
        return None
    by_kind = {kind: [f for f, k in zip(files, kinds, strict=True) if k == kind] for kind in ("train", held_out)}
    told = {
        kind: " and ".join(sorted({name for name, k in zip(names, kinds, strict=True) if name and k == kind}))
        for kind in by_kind
    }
    rest = len(files) - sum(map(len, by_kind.values()))
    description = (
        f"{len(by_kind['train'])} training images in {told['train']}, {len(by_kind[held_out])} held-out ones in "
        f"{told[held_out]}" + (f", {rest} elsewhere that are not used" if rest else "")
    )
    return Parts(by_kind["train"], by_kind[held_out], description)


def part_names(files: Sequence[str]) -> list[str]:
    """The names among those of the outermost folders that stand for a part."""
    return sorted({name for name in _outermost(files) if name and kind_of(name)})


def _names(files: Sequence[str]) -> list[str | None]:
    """For each file, the name of the folder by which its part is told, if it has one."""
    outermost = _outermost(files)
    if _suffices(outermost):
        return outermost
    inner = [next(filter(kind_of, file.split(os.sep)[:-1]), None) for file in files]
    return inner if all(inner) and _suffices(inner) else outermost


def _suffices(names: Sequence[str | None]) -> bool:
    kinds = {kind_of(name) for name in names if name}
    return "train" in kinds and bool(kinds & {"test", "val"})


def _outermost(files: Sequence[str]) -> list[str | None]:
    """For each file, the first folder on its way in which not all files lie."""
    shared = os.path.commonpath([os.path.dirname(file) for file in files])
    depth = len(shared.split(os.sep)) if shared else 0
    ways = [file.split(os.sep)[:-1] for file in files]
    return [way[depth] if len(way) > depth else None for way in ways]
