"""metrics.csv: written a row at a time, continued after an interruption, read again."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.loggers.csv_logs import ExperimentWriter

from lit_wgan.engine.files import atomic_write


class MetricsFile(CSVLogger):
    """Lightning's CSV logger, which also continues the file of an earlier attempt; Lightning would delete it.

    Args:
        save_dir: folder of all runs.
        name: of the run.
        version: of the run; None for a new one.
        continue_after: keep the rows up to this generator update and append to them; None for a new file.
    """

    def __init__(self, save_dir: str, name: str, version: int | None = None, continue_after: int | None = None):
        super().__init__(save_dir, name, version)
        self.continue_after = continue_after
        self._rows: Rows | None = None

    @property
    @rank_zero_experiment
    def experiment(self) -> "Rows":
        """The rows that are not written yet."""
        if self._rows is None:
            path = Path(self.log_dir) / Rows.NAME_METRICS_FILE
            if self.continue_after is not None:
                keep_rows(path, self.continue_after)
            self._rows = Rows(path)
        return self._rows

    def finalize(self, status: str) -> None:
        """Write what is left."""
        if self._rows is not None:
            self._rows.save()


class Rows(ExperimentWriter):
    """Appends rows to a CSV file, and replaces it whole when they bring a new column.

    Args:
        path: the file, whose folder is made if need be; what it holds already stays.
    """

    def __init__(self, path: Path):
        # Without super().__init__, which deletes the file.
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.log_dir = str(path.parent)
        self.metrics: list[dict[str, float]] = []
        self.hparams: dict[str, Any] = {}
        self.columns = _header(path)

    def save(self) -> None:
        """Write the rows that are not written yet."""
        columns = set().union(*self.metrics)
        if not columns <= set(self.columns):
            self.columns = sorted(columns.union(self.columns))
            _replace(self.path, self.columns, _complete_rows(self.path))
        with self.path.open("a", newline="") as file:
            csv.DictWriter(file, self.columns).writerows(self.metrics)
        self.metrics = []


def keep_rows(path: Path, last_step: int) -> None:
    """Cut a CSV file down to its complete rows whose step is at most ``last_step``."""
    rows = [row for row in _complete_rows(path) if row["step"] and int(row["step"]) <= last_step]
    if path.exists():
        _replace(path, _header(path), rows)


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """The complete rows of a CSV file: the step of each, and its metrics by name."""
    for row in _complete_rows(path):
        if row["step"]:
            yield int(row["step"]), {name: float(value) for name, value in row.items() if value and name != "step"}


def _header(path: Path) -> list[str]:
    return list(_complete_rows(path).fieldnames or ())


def _complete_rows(path: Path) -> "csv.DictReader[str]":
    text = path.read_bytes().decode() if path.exists() else ""
    complete = text[: text.rfind("\n") + 1]  # a process killed while it wrote leaves a row without an end
    return csv.DictReader(io.StringIO(complete, newline=""))


def _replace(path: Path, columns: list[str], rows: Iterable[dict[str, Any]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    with atomic_write(path) as file:
        file.write(text.getvalue().encode())
