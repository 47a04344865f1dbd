"""Find the checkpoint that a user means, by its file, its run's directory, or its run's name."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lit_wgan.errors import UsageError
from lit_wgan.runs.directories import newest_run, versions
from lit_wgan.runs.run import Run

if TYPE_CHECKING:
    from lightning.pytorch import LightningDataModule

    from lit_wgan.systems import AdversarialSystem

RUNS = Path("runs")
"""Where the command keeps runs unless it is told otherwise."""
REMEDY = "Give a checkpoint, a run's directory, or the name of a run in runs/; lit-wgan list shows those there are."


@dataclass(frozen=True)
class Trained:
    """A checkpoint and its run.

    Args:
        checkpoint: the file.
        run: that it belongs to.
        config: of the run's networks and data.
    """

    checkpoint: Path
    run: Run
    config: Path

    def system(self) -> "AdversarialSystem":
        """The run's system with the checkpoint's weights, on the CPU, without its data."""
        from lit_wgan.trained.loading import load_system

        return load_system(self.checkpoint, str(self.config))

    def system_and_data(self) -> "tuple[AdversarialSystem, LightningDataModule]":
        """As :meth:`system`, and the run's data, not yet set up."""
        from lit_wgan.trained.loading import load_run

        return load_run(self.checkpoint, str(self.config))


def find_trained(where: str | Path, config: str | None = None) -> Trained:
    """Find a checkpoint and its run.

    Args:
        where: a checkpoint; a run's directory, of which the newest checkpoint is taken; a directory of several versions
            of a run, of which the newest that has trained is taken; or the name of one in ``runs``.
        config: the run's configuration, if it is not ``config.yaml`` in the run's directory.

    Raises:
        UsageError: if there is no such checkpoint, or none yet.
    """
    given = Path(where).expanduser()
    if given.is_file():
        directory = given.resolve().parent.parent
        return Trained(given, Run(directory), Path(config or directory / "config.yaml"))
    run = find_run(where)
    return Trained(_newest_checkpoint(run), run, Path(config or run.directory / "config.yaml"))


def find_run(where: str | Path) -> Run:
    """Find a run by its directory, by that of its versions, or by its name in ``runs``.

    Raises:
        UsageError: if there is no such run.
    """
    given = Path(where).expanduser()
    for directory in (given, RUNS / given):
        if (directory / "config.yaml").is_file():
            return Run(directory)
        begun = versions(directory, holding="config.yaml") if directory.is_dir() else {}
        if begun:
            return Run(newest_run(directory) or begun[max(begun)])
    what = "which holds no run" if given.exists() else "which is not there"
    raise UsageError(f"Expected a run, but got {where}, {what}. {_hint(given)}{REMEDY}")


def _hint(given: Path) -> str:
    """A question for the runs and checkpoints whose names are near to one that is none."""
    folders = [folder for folder in dict.fromkeys((given.parent, RUNS / given.parent)) if folder.is_dir()]
    names = [each.name for folder in folders for each in folder.iterdir() if each.suffix == ".ckpt" or _is_run(each)]
    near = difflib.get_close_matches(given.name, names, cutoff=0.5)
    return f"Did you mean {' or '.join(str(given.with_name(name)) for name in near)}? " if near else ""


def _is_run(directory: Path) -> bool:
    return directory.is_dir() and ((directory / "config.yaml").is_file() or bool(versions(directory, "config.yaml")))


def _newest_checkpoint(run: Run) -> Path:
    from lit_wgan.engine.checkpoints import find_newest

    elsewhere = run.options("checkpoint").get("dirpath")
    folder = Path(elsewhere).expanduser() if elsewhere else run.directory / "checkpoints"
    newest = find_newest(folder, "Give another run.")
    if newest is None:
        raise UsageError(
            f"Expected a run with a checkpoint, but got {run.directory}, which has none in {folder}. Wait for its "
            "first (checkpoint.every_n_train_steps), or give another run."
        )
    return newest.path
