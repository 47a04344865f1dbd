"""Directories of runs: ``<root>/<name>/version_<k>``, one for each run."""

from collections.abc import Iterable
from itertools import count
from pathlib import Path

from lit_wgan.engine.files import make_writable
from lit_wgan.errors import UsageError

LOCK = ".lock"
"""Name of the file in a run's directory that the process which trains there holds a lock on."""


def versions(directory: Path, holding: str = "") -> dict[int, Path]:
    """The runs in a directory by number; with ``holding``, only those that have a file or folder of that name."""
    runs = [run for run in directory.glob("version_*") if (run / holding).exists()]
    return {int(run.name.removeprefix("version_")): run for run in runs if run.name[8:].isdecimal()}


def newest_run(directory: Path) -> Path | None:
    """The newest run in a directory that has trained, that is, has a folder for checkpoints; None without one."""
    trained = versions(directory, holding="checkpoints")
    return trained[max(trained)] if trained else None


def claim_version(directory: Path) -> int:
    """Make the directory of the next run and return its number, which no other process gets."""
    for number in count(max(versions(directory), default=-1) + 1):
        try:
            (directory / f"version_{number}").mkdir()
        except FileExistsError:
            continue
        return number
    raise AssertionError("count has no end")


def refuse_links(directory: Path, folders: Iterable[str] = ()) -> None:
    """Raise a UsageError for a symbolic link that files in a directory would be written through.

    A directory from elsewhere could hold some that lead to files of the user's own. Links from one of its files to
    another are not meant, nor is a link to the directory itself.

    Args:
        directory: that is written to.
        folders: names of those in it that are written to, which must not be links either.
    """
    inside = directory.resolve()
    for place in (directory, *(directory / name for name in folders)):
        if place != directory and place.is_symlink():
            raise _link_error(place)
        for entry in place.iterdir() if place.is_dir() else ():
            if entry.is_symlink() and not entry.is_dir() and not entry.resolve().is_relative_to(inside):
                raise _link_error(entry)


def _link_error(link: Path) -> UsageError:
    return UsageError(
        f"Expected {link} to be a file or folder of its own, but got a symbolic link to {link.readlink()}, which would "
        "be written to. Put the file or folder there itself, or remove the link."
    )


def check_writable(directory: Path) -> None:
    """Make the folder of a run's versions, or raise a UsageError that names the option."""
    try:
        make_writable(directory)
    except OSError as error:
        raise UsageError(
            f"Expected trainer.default_root_dir to be a folder that can be written, but got {directory.parent} "
            f"({error.strerror}). Choose another with --trainer.default_root_dir."
        ) from error
