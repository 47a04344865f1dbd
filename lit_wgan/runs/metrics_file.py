"""metrics.csv of a run that may continue: Lightning's CSV logger would delete it."""

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.loggers.csv_logs import ExperimentWriter


class MetricsFile(CSVLogger):
    """Lightning's CSV logger, which can go on with the file of an earlier attempt.

    Args:
        save_dir: where runs are.
        name: of the run.
        version: of the run; None for a new one.
        continue_after: keep the rows up to this generator update and go on behind them; None for a new file.
    """

    def __init__(self, save_dir: str, name: str, version: int | None = None, continue_after: int | None = None):
        super().__init__(save_dir, name, version)
        self.continue_after = continue_after

    @property
    @rank_zero_experiment
    def experiment(self) -> ExperimentWriter:
        """What writes the rows."""
        if self._experiment is None:
            if self.continue_after is not None:
                keep_rows(Path(self.log_dir) / ExperimentWriter.NAME_METRICS_FILE, self.continue_after)
            self._experiment = _AdoptingWriter(self.log_dir)
        return self._experiment  # type: ignore[return-value]


class _AdoptingWriter(ExperimentWriter):
    """Appends to a file that is there, and replaces it whole when a new column appears."""

    def _check_log_dir_exists(self) -> None:
        path = Path(self.metrics_file_path)
        if path.exists():
            with path.open(newline="") as file:
                self.metrics_keys = next(csv.reader(file), [])

    def _rewrite_with_new_header(self, fieldnames: list[str]) -> None:
        path = Path(self.metrics_file_path)
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        _replace(path, fieldnames, rows)


def keep_rows(path: Path, last_step: int) -> None:
    """Cut a CSV file down to its complete rows whose step is at most ``last_step``."""
    if not path.exists():
        return
    reader = _complete_rows(path)
    rows = [row for row in reader if row["step"] and int(row["step"]) <= last_step]
    _replace(path, list(reader.fieldnames or []), rows)


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """The complete rows of a CSV file: the step of each, and its figures by their name."""
    for row in _complete_rows(path) if path.exists() else ():
        if row["step"]:
            yield int(row["step"]), {name: float(value) for name, value in row.items() if value and name != "step"}


def _complete_rows(path: Path) -> "csv.DictReader[str]":
    text = path.read_bytes().decode()
    complete = text[: text.rfind("\n") + 1]  # a process killed while it wrote leaves a row without an end
    return csv.DictReader(io.StringIO(complete, newline=""))


def _replace(path: Path, fieldnames: list[str], rows: list[dict[str, Any]]) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames)
        writer.writeheader()
        writer.writerows(rows)
    os.replace(temporary, path)
