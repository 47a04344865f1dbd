"""metrics.csv: written a row at a time, continued after an interruption, read again."""

import contextlib
import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.loggers.csv_logs import ExperimentWriter

from lit_wgan.engine.files import CONTINUE, atomic_write, writing
from lit_wgan.runs.metrics_rows import read_table


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

    def sync(self) -> None:
        """Flush what is written to the disk, as a checkpoint that relies on it is; to be called after ``save``."""
        if self._rows is not None:
            self._rows.sync()

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
        with writing(path, CONTINUE):
            path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.log_dir = str(path.parent)
        self.metrics: list[dict[str, float]] = []
        self.hparams: dict[str, Any] = {}
        self.columns, _ = read_table(path)

    def save(self) -> None:
        """Write the rows that are not written yet."""
        columns = set().union(*self.metrics)
        if not columns <= set(self.columns):
            self.columns = sorted(columns.union(self.columns))
            _replace(self.path, self.columns, read_table(self.path)[1])
        text = io.StringIO(newline="")
        csv.DictWriter(text, self.columns).writerows(self.metrics)
        with writing(self.path, CONTINUE):
            _append(self.path, text.getvalue().encode())
        self.metrics = []

    def sync(self) -> None:
        """Flush the file to the disk."""
        with writing(self.path, CONTINUE), self.path.open("ab") as file:
            os.fsync(file.fileno())


def _append(path: Path, content: bytes) -> None:
    """Append to a file; if that fails in the middle, nothing is appended."""
    before = path.stat().st_size if path.exists() else 0
    try:
        with path.open("ab") as file:
            file.write(content)
    except OSError:
        with contextlib.suppress(OSError):  # only now, since closing the file writes the rest of its buffer
            os.truncate(path, before)
        raise


def keep_rows(path: Path, last_step: int) -> None:
    """Cut a CSV file down to its complete rows whose step is at most ``last_step``.

    Raises:
        UsageError: for a file that holds anything but steps and numbers.
    """
    columns, rows = read_table(path)
    if path.exists():
        _replace(path, columns, [row for row in rows if row["step"] and int(row["step"]) <= last_step])


def _replace(path: Path, columns: list[str], rows: Iterable[dict[str, Any]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    with atomic_write(path, CONTINUE) as file:
        file.write(text.getvalue().encode())
