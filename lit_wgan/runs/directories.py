"""Where runs keep what they write: ``<root>/<name>/version_<k>``, a directory of its own for each."""

import tempfile
from itertools import count
from pathlib import Path

from lit_wgan.errors import UsageError


def versions(directory: Path, holding: str = "") -> dict[int, Path]:
    """The runs in a directory by their number, but only those that hold an entry of the given name."""
    runs = [run for run in directory.glob("version_*") if (run / holding).exists()]
    return {int(run.name.removeprefix("version_")): run for run in runs if run.name[8:].isdigit()}


def newest_run(directory: Path) -> Path | None:
    """The newest of a directory's runs that trained, which those are that have a folder for checkpoints."""
    trained = versions(directory, holding="checkpoints")
    return trained[max(trained)] if trained else None


def claim_version(directory: Path) -> int:
    """Make the next run's directory and return its number, which no other process can then have."""
    for number in count(max(versions(directory), default=-1) + 1):
        try:
            (directory / f"version_{number}").mkdir()
        except FileExistsError:
            continue
        return number
    raise AssertionError("count has no end")


def check_writable(directory: Path) -> None:
    """Make the directory of a run's versions, or raise an error that names the option."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=directory).close()  # nameless, since other processes do the same
    except OSError as error:
        raise UsageError(
            f"Expected trainer.default_root_dir to be a folder that can be written, but got {directory.parent} "
            f"({error.strerror}). Choose another with --trainer.default_root_dir."
        ) from error
