"""What can be said of a run in a line or two, read without torch."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lit_wgan.engine.locks import locked_files
from lit_wgan.errors import UsageError
from lit_wgan.runs.main_metrics import Values, measured, values_of
from lit_wgan.runs.run import Run


@dataclass(frozen=True)
class Overview:
    """How far a run came, and how good it is.

    Args:
        name: of the run.
        directory: of the run.
        state: as :attr:`Run.state`, or ``broken`` for one that cannot be read.
        active: seconds since the epoch at which it last logged.
        size: bytes on the disk.
        updates: the last generator update that is known of.
        max_updates: those that were asked for; None for a run without end.
        metrics: the values of each metric of its samples, the main ones first.
        fault: why it cannot be read.
    """

    name: str
    directory: Path
    state: str
    active: float
    size: int
    updates: int = 0
    max_updates: int | None = None
    metrics: dict[str, Values] = field(default_factory=dict)
    fault: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain types."""
        metrics = {name: values._asdict() for name, values in self.metrics.items()}
        return vars(self) | {"directory": str(self.directory), "metrics": metrics}


def overviews(runs: Sequence[Run]) -> list[Overview]:
    """An overview of each run; what a run lacks or holds wrongly is told as its fault."""
    locked = locked_files(run.lock for run in runs)
    return [_overview(run, run.lock in locked) for run in runs]


def _overview(run: Run, is_training: bool) -> Overview:
    size, active = _size_and_time(run.directory)
    try:
        metrics = {metric: values_of(run, metric) for metric in measured(run)}
        state = "trains" if is_training else run.ended
        return Overview(run.name, run.directory, state, active, size, run.updates, run.max_updates, metrics)
    except (UsageError, OSError) as error:
        fault = " ".join(str(error).split())
        return Overview(run.name, run.directory, "broken", active, size, fault=fault)


def _size_and_time(directory: Path) -> tuple[int, float]:
    """The bytes of a directory, and when something was last logged in it, or else when it was begun."""
    found: dict[str, os.stat_result] = {}
    for folder, _, names in os.walk(directory):
        for path in (os.path.join(folder, name) for name in names):
            with suppress(FileNotFoundError):  # another process has removed it meanwhile
                found[path] = os.lstat(path)
    of_log = found.get(str(directory / "metrics.csv")) or found.get(str(directory / "config.yaml"))
    return sum(status.st_size for status in found.values()), of_log.st_mtime if of_log else 0.0
