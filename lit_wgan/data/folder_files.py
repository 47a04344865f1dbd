"""Image files anywhere under a folder, each once, and what else was passed over."""

import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from lit_wgan.data.folder_parts import kind_of
from lit_wgan.data.image_files import ARRAYS, suffixes

COPIES = ("__MACOSX", "@eaDir")
"""Folders in which macOS and Synology keep small copies of images."""
CACHE = "cache"
"""Folder below a root in which decoded arrays may lie; nothing in it is a training image."""
KINDS_TOLD = 8
"""The most kinds of files that a message counts one by one."""
PRIORITY = ("test", "val", "train", None)
"""Of which part a file is that several of them hold: a held-out image is no training image."""


class Found(NamedTuple):
    """Image files of a folder.

    Attributes:
        files: their paths, relative to the folder and sorted.
        passed_over: how many there are of what was left out, by its kind; hidden files do not count.
    """

    files: list[str]
    passed_over: Counter[str]


def find_images(root: Path) -> Found:
    """Find the image files of a folder, by their endings; links are followed, and each file and folder counts once.

    ``.npy`` files are images where there are no others.
    """
    found = Found([], Counter())
    seen = {_identity(root.stat())}
    pending = [""]
    while pending:
        folders: list[str] = []
        for entry in _entries(root / pending.pop(), found.passed_over):
            path = os.path.relpath(entry.path, root)
            try:
                identity = _identity(entry.stat())
            except OSError:
                found.passed_over["links that lead nowhere"] += 1
                continue
            is_folder = entry.is_dir()
            reason = _reason_against(path, entry, is_folder)
            if reason is None and identity in seen:
                reason = f"links to {'folders' if is_folder else 'files'} that count already"
            if reason is not None:
                found.passed_over[reason] += 1
                continue
            seen.add(identity)
            (folders if is_folder else found.files).append(path)
        pending += reversed(folders)
    arrays = [file for file in found.files if _suffix(file) == ARRAYS]
    if 0 < len(arrays) < len(found.files):
        found.passed_over[ARRAYS] += len(arrays)
        found.files[:] = [file for file in found.files if _suffix(file) != ARRAYS]
    found.files.sort()
    return found


def _entries(folder: Path, passed_over: Counter[str]) -> list[os.DirEntry[str]]:
    """What a folder holds, but for hidden files, in the order in which it is to count."""
    try:
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(".") and entry.name not in COPIES]
    except OSError:
        passed_over["folders that cannot be read"] += 1
        return []
    return sorted(visible, key=lambda e: (PRIORITY.index(kind_of(e.name)), e.is_symlink(), e.name))


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _reason_against(path: str, entry: "os.DirEntry[str]", is_folder: bool) -> str | None:
    """Why something below the root is no image file and no folder of some; None if it is either."""
    if is_folder:
        return "folder named cache" if path == CACHE else None
    if not entry.is_file():
        return "special files"
    suffix = _suffix(entry.name)
    if suffix in (*suffixes(), ARRAYS):
        return None
    return suffix if suffix[1:].isalnum() else "without an ending"


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def describe_passed_over(passed_over: Counter[str]) -> str:
    """Such as ``12 .heic, 3 .txt``; the rarest kinds are added up."""
    told = passed_over.most_common(KINDS_TOLD)
    others = passed_over.total() - sum(count for _, count in told)
    return ", ".join([f"{count} {kind}" for kind, count in told] + ([f"{others} of other kinds"] if others else []))
