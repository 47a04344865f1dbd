"""The rows of a metrics.csv, read again."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from lit_wgan.errors import UsageError


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """The complete rows of a CSV file: the step of each, and its metrics by name.

    Raises:
        UsageError: for a file that holds anything but steps and numbers.
    """
    _, rows = read_table(path)
    for row in rows:
        if row["step"]:
            yield int(row["step"]), {name: float(value) for name, value in row.items() if value and name != "step"}


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns of a CSV file and its complete rows, as text; nothing if there is no file."""
    text = path.read_bytes() if path.exists() else b""
    complete = text[: text.rfind(b"\n") + 1]  # a process killed while it wrote leaves a row without an end
    try:
        reader = csv.DictReader(io.StringIO(complete.decode(), newline=""))
        columns, rows = list(reader.fieldnames or ()), list(reader)
        for row in rows:
            if None in row:
                raise ValueError(f"a row of more than {len(columns)} values")
            _ = int(row["step"] or 0), [float(value) for value in row.values() if value]
    except (ValueError, KeyError, csv.Error) as error:
        raise UsageError(
            f"Expected {path} to hold steps and numbers, but got {type(error).__name__}: {error}. Mend the file, or "
            "take it away."
        ) from error
    return columns, rows
