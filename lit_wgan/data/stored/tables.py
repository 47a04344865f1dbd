"""Tables: columns of numbers and of categories."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lit_wgan.data.cache_folder import REMEDY
from lit_wgan.data.packages import optional_package
from lit_wgan.data.stored.base import Rows, StoredArray
from lit_wgan.data.stored.cached import cache_path, cached_npy, prepare_cache
from lit_wgan.data.stored.location import Location, name_of
from lit_wgan.data.stored.mapped import file_key
from lit_wgan.data.stored.survey import Survey, coded, survey
from lit_wgan.data.stored.table_files import header, table_files
from lit_wgan.engine.files import atomic_write, user_cache
from lit_wgan.errors import UsageError

Spec = str | Path | Sequence[str | Path]


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


def table_columns(path: Spec, option: str) -> list[str]:
    """The names of all columns of a table.

    Raises:
        UsageError: for a file that is missing or damaged.
    """
    return header(table_files(path, option)[0])


def open_table(path: Spec, columns: Sequence[str], option: str, categories_like: Table | None = None) -> Table:
    """Open some columns of a table, in the order given.

    Texts, truth values and the categoricals of pandas are categories, in the order of the alphabet; numbers are
    numbers. The files are read some rows at a time, once: what they hold is kept in the user's cache folder.

    Args:
        path: of a ``.csv``, ``.tsv`` or ``.parquet`` file, a pattern, or a list of these, whose rows are joined.
        columns: their names.
        option: that names it, for messages.
        categories_like: a table of the same columns, whose categories are taken over.

    Raises:
        UsageError: for files that are missing, damaged or empty, for unknown columns, missing values, dates, and for
            categories that ``categories_like`` does not have.
    """
    files = table_files(path, option)
    _check_columns(files, columns)
    key = ["table", [file_key(file.path) for file in files], list(columns)]
    held = _surveyed(files, columns, key)
    if not held.rows:
        raise files[0].error("which has no rows", "Name a table with a row for each sample", "a table")
    categories, whole = held.categories, held.whole
    if categories_like is not None:
        categories, whole = categories_like.categories, categories_like.whole
    # Categories there may look like numbers here.
    numeric = [name for name, own, here in zip(columns, categories, held.categories, strict=True) if own and not here]
    texts = sorted({*held.texts, *numeric})
    name = name_of([path] if isinstance(path, str | Path) else path)
    shape = (held.rows, len(columns))
    chunks = partial(coded, files, list(columns), texts, categories)
    values = cached_npy(user_cache(), [*key, categories], name, "Reading", shape, np.dtype(np.float64), chunks)
    return Table(list(columns), [list(own) for own in categories], list(whole), values)


def named_columns(names: Sequence[str], categories: Sequence[Sequence[str]], values: Rows) -> dict[str, Any]:
    """Rows ``(N, columns)`` by column, with the names of categories in the place of their codes.

    Args:
        names: of the columns.
        categories: of each column; empty for numbers, which become integers if all of a column are whole.
        values: the rows.
    """
    columns: dict[str, Any] = {}
    for name, own, numbers in zip(names, categories, values.T, strict=True):
        if own:
            columns[name] = np.array(own, dtype=object)[numbers.astype(int)]
        else:
            columns[name] = numbers.astype(np.int64) if (numbers == np.rint(numbers)).all() else numbers
    return columns


def write_columns(path: Path, columns: Mapping[str, Any]) -> None:
    """Write columns of equal length as a table.

    Args:
        path: ends in ``.csv``, ``.tsv`` or ``.parquet``.
        columns: by name.

    Raises:
        UsageError: if pandas, or pyarrow for ``.parquet``, is not installed.
    """
    frame = optional_package("pandas", path.name).DataFrame(columns)
    if path.suffix.lower() == ".parquet":
        optional_package("pyarrow", path.name)
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, sep="\t" if path.suffix.lower() == ".tsv" else ",")


def _check_columns(files: Sequence[Location], columns: Sequence[str]) -> None:
    for file in files:
        known = header(file)
        unknown = [name for name in columns if name not in known]
        if unknown:
            shown = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
            raise UsageError(
                f"Expected {file.option} to name columns of {file.name}, but got {', '.join(unknown)}. It has: {shown}."
            )


def _surveyed(files: Sequence[Location], columns: Sequence[str], key: object) -> Survey:
    """What the columns hold, from the cache if it is known."""
    path = cache_path(user_cache(), key, ".json")
    with suppress(OSError, ValueError, TypeError):
        return Survey(*json.loads(path.read_text()))
    held = survey(files, columns)
    prepare_cache(path.parent)
    with atomic_write(path, REMEDY) as file:
        file.write(json.dumps(held).encode())
    return held
