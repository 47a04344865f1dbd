"""Classes of the images in a folder, told by the names of its folders."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from lit_wgan.data.folder_parts import kind_of

CLASSES_TOLD = 8
"""The most classes that a message lists."""


class Classes(NamedTuple):
    """The class of each file to train on and of each one held out, None where there are none; and both in words."""

    train: list[int] | None
    held_out: list[int] | None
    description: str


def find_classes(train: Sequence[str], held_out: Sequence[str], own_parts: bool, part_folders: bool) -> Classes | None:
    """The classes of the files of both parts; None if they lie in fewer than two folders.

    A file's class is the first folder on its way in which not all files lie, without that of its part, as in
    ``cats/1.png``, ``train/cats/1.png`` and ``cats/train/1.png``. Classes are numbered in alphabetical order, as by
    torchvision's ImageFolder. Where a file lies outside these folders, there are none.

    Args:
        train: files to train on.
        held_out: files held out.
        own_parts: whether the folder itself has these parts. Then the numbers are those of the training part's folders,
            and classes that are held out alone come behind them.
        part_folders: whether some folders stand for parts, which are no classes.
    """
    ways = [_way(file, part_folders) for file in (*train, *held_out)]
    shared = os.path.commonpath(ways[: len(train)] if own_parts else ways)
    depth = shared.count(os.sep) + 1 if shared else 0
    names = [(way.split(os.sep)[depth:] or [""])[0] for way in ways]
    trained = set(names[: len(train)] if own_parts else names) - {""}
    if len(trained) < 2:
        return None
    only_held_out = sorted(set(names) - trained - {""})
    if "" in names:
        file = (*train, *held_out)[names.index("")]
        return Classes(None, None, f"folders {_listed(sorted(trained))}, but {file} outside them, so no classes")
    numbers = {name: number for number, name in enumerate(sorted(trained) + only_held_out)}
    classes = [numbers[name] for name in names]
    description = f"{len(trained)} classes: {_listed(sorted(trained))}"
    if only_held_out:
        description += (
            f"; held out alone, numbered from {len(trained)}, so that num_classes has to be {len(numbers)}: "
            f"{_listed(only_held_out)}"
        )
    return Classes(classes[: len(train)], classes[len(train) :], description)


def _way(file: str, part_folders: bool) -> str:
    """The folders on the way to a file, without the first that stands for a part."""
    folders = file.split(os.sep)[:-1]
    part = next(filter(kind_of, folders), None) if part_folders else None
    if part is not None:
        folders.remove(part)
    return os.sep.join(folders)


def _listed(names: Sequence[str]) -> str:
    told = ", ".join(names[:CLASSES_TOLD])
    return f"{told}, and {len(names) - CLASSES_TOLD} more" if len(names) > CLASSES_TOLD else told
