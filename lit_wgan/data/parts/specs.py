"""What a user names as samples, or as a column beside them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from lit_wgan.data.parts.column import Column
from lit_wgan.data.stored import TABLES, copied, open_array, open_table, slow_reads, table_columns
from lit_wgan.engine.notices import tell_once
from lit_wgan.errors import UsageError

Kind = TypeVar("Kind", bound=Column)
TablePath = str | list[str]
"""A file, a pattern, or a list of such, whose rows are joined."""


def samples_of(
    spec: Any, others: Sequence[Any], option: str, copies: Path | None, like: Column | None = None
) -> Column:
    """The samples that a user names.

    Args:
        spec: of arrays, or of a table, of which all columns are meant that ``others`` do not name.
        others: what else is named, of which some may be columns of the same table.
        option: what messages call it.
        copies: folder for a copy of an array whose random reads are slow; None for no copy.
        like: samples to train on, whose categories are the only ones that a table may hold.

    Raises:
        UsageError: for what cannot be read.
    """
    path, columns = split_table(spec)
    if path is None:
        return Column(opened(spec, option, copies))
    if columns is None and like is not None and like.table is not None:
        columns = list(like.table.names)
    elif columns is None:
        columns = unused_columns(path, others, option)
    if not columns:
        raise UsageError(f"Expected {option} to have columns that no other option takes, but all of {path} are taken.")
    table = open_table(path, columns, option, categories_like=None if like is None else like.table)
    return Column(table.values, table)


def unused_columns(path: TablePath, others: Sequence[Any], option: str) -> list[str]:
    """The columns of a table that no other option names."""
    named = [split_table(other) for other in others]
    used = {name for where, names in named if where == path for name in names or []}
    return [name for name in table_columns(path, option) if name not in used]


def column_of(spec: Any, kind: type[Kind], option: str, copies: Path | None, like: Column | None = None) -> Kind:
    """Numbers or categories that belong to samples: an array, or columns of a table, ``x.csv:price``.

    Raises:
        UsageError: for what cannot be read, a table without the name of a column, and columns of mixed kinds.
    """
    path, columns = split_table(spec)
    if path is None:
        return kind(opened(spec, option, copies))
    if columns is None:
        raise UsageError(
            f"Expected {option} to name a column of the table, but got {path}. Write it as {path}:COLUMN, one of "
            f"{', '.join(table_columns(path, option)[:10])}."
        )
    table = open_table(path, columns, option, categories_like=None if like is None else like.table)
    if len(columns) > 1 and any(table.categories):
        raise UsageError(
            f"Expected {option} to name one column of categories, or some of numbers, but got {', '.join(columns)}. "
            "Give them as a list of conditions, each with its own columns."
        )
    return kind(table.values, table)


def split_table(spec: Any) -> tuple[TablePath | None, list[str] | None]:
    """The path of a table, or the paths of several that are one, and the columns that are named behind it.

    None for what is no table, and for all columns.
    """
    if isinstance(spec, list | tuple) and spec and all(isinstance(each, str | Path) for each in spec):
        paths, columns = zip(*map(split_table, spec), strict=True)
        named = [each for each in columns if each is not None]
        return (list(paths), named[0] if named else None) if None not in paths else (None, None)
    if not isinstance(spec, str | Path):
        return None, None
    path, colon, names = str(spec).rpartition(":")
    if colon and Path(path).suffix.lower() in TABLES:
        return path, [name.strip() for name in names.split(",")]
    return (str(spec), None) if Path(spec).suffix.lower() in TABLES else (None, None)


def opened(spec: Any, option: str, copies: Path | None) -> Any:
    """An array, or its copy that can be read in any order fast."""
    array = open_array(spec, option)
    slow = slow_reads(array)
    if slow is not None and copies is not None:
        return copied(array, copies)
    if slow is not None:
        tell_once(slow)
    return array
