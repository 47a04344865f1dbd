"""The rows of a metrics.csv, read again."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lit_wgan.errors import UsageError

Row = tuple[int, dict[str, float]]
"""A step, and metrics by name."""


def read_rows(path: Path) -> list[Row]:
    """The complete rows of a CSV file: the step of each, and its metrics by name.

    Raises:
        UsageError: for a file that holds anything but steps and numbers.
    """
    with _told_with(path):
        columns, lines = _lines(path)
        rows = [_row(columns, line) for line in lines]
    return [row for row in rows if row is not None]


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns of a CSV file and its complete rows, as text; nothing if there is no file.

    Raises:
        UsageError: see :func:`read_rows`.
    """
    with _told_with(path):
        columns, lines = _lines(path)
        for line in lines:
            _row(columns, line)
    return columns, [dict(zip(columns, line + [""] * (len(columns) - len(line)), strict=True)) for line in lines]


def _lines(path: Path) -> tuple[list[str], list[list[str]]]:
    """The columns, and the values of each complete row."""
    text = path.read_bytes() if path.exists() else b""
    complete = text[: text.rfind(b"\n") + 1]  # a process killed while it wrote leaves a row without an end
    columns, *lines = [line for line in csv.reader(io.StringIO(complete.decode(), newline="")) if line] or [[]]
    return columns, lines


def _row(columns: list[str], line: list[str]) -> Row | None:
    """The step and the metrics of a row; None for one without a step."""
    if len(line) > len(columns):
        raise ValueError(f"a row of more than {len(columns)} values")
    values = {name: value for name, value in zip(columns, line, strict=False) if value}
    if "step" not in columns:
        raise ValueError("no column step")
    step = values.pop("step", None)
    metrics = {name: float(value) for name, value in values.items()}
    return None if step is None else (int(step), metrics)


@contextmanager
def _told_with(path: Path) -> Iterator[None]:
    """Tell an error in the contents of a file with its path."""
    try:
        yield
    except (ValueError, csv.Error) as error:
        raise UsageError(
            f"Expected {path} to hold steps and numbers, but got {type(error).__name__}: {error}. Mend the file, or "
            "take it away."
        ) from error
