"""Tables: columns of numbers and of categories."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lit_wgan.data.stored.base import Rows, StoredArray
from lit_wgan.data.stored.memory import InMemory
from lit_wgan.errors import UsageError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

TABLES = (".csv", ".tsv", ".parquet")
"""Ends of the names of tables' files."""


@dataclass(frozen=True)
class Table:
    """Some columns of a table.

    Args:
        names: of the columns.
        categories: of each column, in the order of their codes; empty for numbers.
        whole: for each column, whether it holds whole numbers alone.
        values: float64 ``(N, columns)``, with the codes of categories.
    """

    names: list[str]
    categories: list[list[str]]
    whole: list[bool]
    values: StoredArray


def table_columns(path: str | Path, option: str) -> list[str]:
    """The names of all columns of a table.

    Raises:
        UsageError: for a file that is missing or damaged.
    """
    return [str(name) for name in _read(path, None, option, rows=0).columns]


def open_table(path: str | Path, columns: Sequence[str], option: str, categories_like: Table | None = None) -> Table:
    """Read some columns of a table. Texts and booleans are categories, in the order of the alphabet.

    Args:
        path: of a ``.csv``, ``.tsv`` or ``.parquet`` file.
        columns: their names.
        option: that names it, for messages.
        categories_like: a table whose categories are taken over.

    Raises:
        UsageError: for a file that is missing or damaged, for unknown columns, missing values, and categories that
            ``categories_like`` does not have.
    """
    known = table_columns(path, option)
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise UsageError(
            f"Expected {option} to name columns of {path}, but got {', '.join(unknown)}. It has: "
            f"{', '.join(known[:20])}."
        )
    frame = _read(path, list(columns), option)[list(columns)]
    categories, whole, values = [], [], []
    for place, name in enumerate(columns):
        column = frame[name]
        missing = np.flatnonzero(column.isna())
        if len(missing):
            raise UsageError(
                f"Expected {path} without missing values, but got one in row {missing[0]} of column {name}. Leave such "
                "rows out, or fill them."
            )
        like = None if categories_like is None else categories_like.categories[place]
        own, numbers = _coded(column, like, f"{path}, column {name}")
        categories.append(own)
        values.append(numbers)
        whole.append(not own and bool((numbers == numbers.round()).all()))
    return Table(list(columns), categories, whole, InMemory(np.stack(values, 1), str(path)))


def write_table(path: Path, names: Sequence[str], categories: Sequence[Sequence[str]], values: Rows) -> None:
    """Write rows ``(N, columns)`` as a table, with the names of categories in the place of their codes."""
    import pandas

    columns: dict[str, Any] = {}
    for name, own, numbers in zip(names, categories, values.T, strict=True):
        if own:
            columns[name] = np.array(own, dtype=object)[numbers.astype(int)]
        else:
            columns[name] = numbers.astype(np.int64) if (numbers == numbers.round()).all() else numbers
    frame = pandas.DataFrame(columns)
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")


def _read(path: str | Path, columns: list[str] | None, option: str, rows: int | None = None) -> "DataFrame":
    try:
        import pandas
    except ModuleNotFoundError as error:
        raise UsageError(
            f'Expected pandas to read {path}, but it is not installed. Run pip install "lit-wgan[arrays]".'
        ) from error
    path = Path(path).expanduser()
    try:
        if path.suffix.lower() == ".parquet":
            frame = pandas.read_parquet(path, columns=columns)
            return frame if rows is None else frame[:rows]
        separator = "\t" if path.suffix.lower() == ".tsv" else ","
        return pandas.read_csv(path, usecols=columns, nrows=rows, sep=separator)
    except FileNotFoundError as error:
        raise UsageError(f"Expected {option} to be a table, but there is no file {path}. Check its path.") from error
    except (ValueError, OSError) as error:
        raise UsageError(
            f"Expected {option} to be a table, but got {path}, which cannot be read ({' '.join(str(error).split())}). "
            "Save it again."
        ) from error


def _coded(column: "Series[Any]", like: Sequence[str] | None, name: str) -> tuple[list[str], Rows]:
    """The categories of a column, none for numbers, and its numbers or codes, float64."""
    if column.dtype.kind in "iuf":
        return [], column.to_numpy(np.float64)
    if column.dtype.kind == "M":
        raise UsageError(
            f"Expected numbers and categories, but got dates in {name}. Make numbers of them, such as days."
        )
    texts = column.astype(str).to_numpy(object)
    own = sorted(set(texts)) if like is None else list(like)
    codes = {text: code for code, text in enumerate(own)}
    unseen = [row for row, text in enumerate(texts) if text not in codes]
    if unseen:
        raise UsageError(
            f"Expected categories of the training data, {', '.join(own[:10])}, but got {texts[unseen[0]]} in row "
            f"{unseen[0]} of {name}. Leave such rows out, or train on them too."
        )
    return own, np.array([codes[text] for text in texts], dtype=np.float64)
