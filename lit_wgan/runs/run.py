"""A run as it lies on the disk: what it was asked for, what it logged, how far it came."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from lit_wgan.engine.locks import locked_files
from lit_wgan.errors import UsageError
from lit_wgan.runs.directories import LOCK, versions
from lit_wgan.runs.metrics_rows import read_rows
from lit_wgan.runs.yaml_files import read_yaml

State = Literal["trains", "finished", "stopped"]
"""``trains``: a process of this machine trains in it. ``finished``: it ended as it was meant to. ``stopped``: a signal
or an error ended it, or it was killed."""


@dataclass(frozen=True)
class Run:
    """The directory of a run, whose files are read when they are asked for; none of torch's packages is needed.

    Args:
        directory: ``<root>/<name>/version_<k>``.
    """

    directory: Path

    @property
    def name(self) -> str:
        """The last two parts of the directory's path, such as ``wgan_gp_digits/version_0``."""
        return "/".join(self.directory.absolute().parts[-2:])

    @cached_property
    def config(self) -> dict[str, Any]:
        """All options of the newest attempt, by section.

        Raises:
            FileNotFoundError: if there is no configuration.
            UsageError: for one that is not YAML, or of something else.
        """
        attempts = sorted(self.directory.glob("config_[0-9]*.yaml")) or [self.directory / "config.yaml"]
        what = "the config.yaml of a run"
        return read_yaml(attempts[-1], what, "Name a run's directory; lit-wgan list shows those there are.")

    def options(self, section: str) -> dict[str, Any]:
        """The options of a section of the configuration; none where there is no such section."""
        options = self.config.get(section)
        return options if isinstance(options, dict) else {}

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions, commit and hardware of the newest attempt; nothing if they were not recorded."""
        attempts = sorted(self.directory.glob("environment_[0-9]*.json")) or [self.directory / "environment.json"]
        return _read_json(attempts[-1])

    @cached_property
    def result(self) -> dict[str, Any]:
        """What the newest attempt that ended by itself ended in; nothing if none did."""
        return _read_json(self.directory / "result.json")

    @cached_property
    def rows(self) -> list[tuple[int, dict[str, float]]]:
        """The generator update of each row of metrics.csv, and its metrics by name; empty if nothing was logged.

        Raises:
            UsageError: for a file that holds anything but steps and numbers.
        """
        return read_rows(self.directory / "metrics.csv")

    @cached_property
    def metrics(self) -> dict[str, float]:
        """The last value of each metric."""
        last: dict[str, float] = {}
        for _, metrics in self.rows:
            last |= metrics
        last.pop("epoch", None)  # no unit of endless data
        return last

    def series(self, metric: str) -> tuple[list[int], list[float]]:
        """The generator updates at which a metric was logged, and its values."""
        logged = [(update, metrics[metric]) for update, metrics in self.rows if metric in metrics]
        return [update for update, _ in logged], [value for _, value in logged]

    @property
    def updates(self) -> int:
        """The last generator update that is known of."""
        ended = self.result.get("generator_updates", 0)
        return max([ended if isinstance(ended, int) else 0, *(update for update, _ in self.rows[-1:])])

    @property
    def max_updates(self) -> int | None:
        """The generator updates that were asked for; None for a run without end."""
        asked = self.options("trainer").get("max_steps", -1)
        return asked if isinstance(asked, int) and asked >= 0 else None

    @property
    def lock(self) -> Path:
        """The file on which a process that trains holds a lock."""
        return self.directory / LOCK

    @property
    def state(self) -> State:
        """Whether it trains, has finished or was stopped."""
        return "trains" if locked_files([self.lock]) else self.ended

    @property
    def ended(self) -> Literal["finished", "stopped"]:
        """How it ended, if it does not train."""
        ended = self.result.get("generator_updates")
        return "finished" if ended is not None and ended == self.updates else "stopped"

    def pictures(self) -> list[tuple[int, Path]]:
        """The pictures of samples, by generator update."""
        found = [path for path in (self.directory / "samples").glob("*.png") if path.stem.isdecimal()]
        return sorted((int(path.stem), path) for path in found)


def runs_in(folder: Path) -> Iterator[Run]:
    """All runs in a folder of runs, sorted by name and number; the folder may be a run itself, or one of versions.

    A run that was copied to a folder of another name than ``version_<k>`` is one too; an export of a run is none.
    """
    if (folder / "config.yaml").is_file():
        yield Run(folder)
        return
    numbered = versions(folder, holding="config.yaml")
    yield from (Run(run) for _, run in sorted(numbered.items()))
    for directory in sorted(each for each in folder.iterdir() if each not in numbered.values() and each.is_dir()):
        if all((directory / name).is_file() for name in ("config.yaml", "environment.json")):
            yield Run(directory)
        yield from (Run(run) for _, run in sorted(versions(directory, holding="config.yaml").items()))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        contents = json.loads(path.read_text()) if path.is_file() else {}
        if not isinstance(contents, dict):
            raise ValueError("it is no object")
    except (ValueError, RecursionError) as error:
        raise UsageError(f"Expected {path} to be JSON, but got: {error}. Mend the file, or take it away.") from error
    return contents
