"""What the columns of a table hold."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lit_wgan.data.stored.base import Rows
from lit_wgan.data.stored.location import Location
from lit_wgan.data.stored.table_files import frames
from lit_wgan.errors import UsageError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

MOST_CATEGORIES = 10_000
DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}")


class Survey(NamedTuple):
    """What the columns of a table hold.

    Args:
        rows: how many there are.
        categories: of each column, in the order of their codes; empty for numbers.
        whole: for each column, whether it holds whole numbers alone.
        texts: columns in which numbers are taken for texts, since there are texts too.
    """

    rows: int
    categories: list[list[str]]
    whole: list[bool]
    texts: list[str]


def survey(files: Sequence[Location], columns: Sequence[str], texts: Sequence[str] = ()) -> Survey:
    """Read the columns of a table once, or twice where some hold numbers in one part and texts in another.

    Raises:
        UsageError: for missing values, dates, and columns of ever new texts.
    """
    found: list[set[str]] = [set() for _ in columns]
    numeric, whole, rows, mixed = [False] * len(columns), [True] * len(columns), 0, set(texts)
    for file, first, frame in _parts(files, columns, texts):
        rows += len(frame)
        for place, name in enumerate(columns):
            column = frame[name]
            _check(column, file, first)
            if _is_number(column):
                numbers = column.to_numpy(np.float64)
                numeric[place] = True
                whole[place] = whole[place] and bool((numbers == np.rint(numbers)).all())
            else:
                found[place].update(_texts(column).unique())
                _check_categories(found[place], file, name)
            if numeric[place] and found[place]:
                mixed.add(name)
    if mixed != set(texts):
        return survey(files, columns, sorted(mixed))
    whole = [whole and not own for whole, own in zip(whole, found, strict=True)]
    return Survey(rows, [sorted(own) for own in found], whole, sorted(mixed))


def coded(
    files: Sequence[Location], columns: Sequence[str], texts: Sequence[str], categories: Sequence[Sequence[str]]
) -> Iterator[Rows]:
    """Rows ``(n, columns)``, float64, with the codes of categories.

    Raises:
        UsageError: for a category that is none of those given, and for texts in a column of numbers.
    """
    codes = [{text: code for code, text in enumerate(own)} for own in categories]
    for file, first, frame in _parts(files, columns, texts):
        rows = np.empty(frame.shape)
        for place, name in enumerate(columns):
            rows[:, place] = _numbers(frame[name], codes[place], file, first)
        yield rows


def _parts(
    files: Sequence[Location], columns: Sequence[str], texts: Sequence[str]
) -> Iterator[tuple[Location, int, "DataFrame"]]:
    """Some rows at a time, with their file and the number of the first in it."""
    for file in files:
        first = 0
        for frame in frames(file, columns, texts):
            yield file, first, frame
            first += len(frame)


def _numbers(column: "Series[Any]", codes: dict[str, int], file: Location, first: int) -> Rows:
    _check(column, file, first)
    if not codes:
        if not _is_number(column):
            raise UsageError(
                f"Expected numbers in column {column.name} of {file.name}, as in the training data, but got "
                f"{column.iloc[0]} in row {first}. Make numbers of them."
            )
        return column.to_numpy(np.float64)
    texts = _texts(column)
    numbers = texts.map(codes)
    unseen = np.flatnonzero(numbers.isna())
    if len(unseen):
        raise UsageError(
            f"Expected one of the categories of the training data, {', '.join(list(codes)[:10])}, in column "
            f"{column.name} of {file.name}, but got {texts.iloc[unseen[0]]} in row {first + unseen[0]} (counted from "
            "0). Leave such rows out, or train on some of them too."
        )
    return numbers.to_numpy(np.float64)


def _is_number(column: "Series[Any]") -> bool:
    return column.dtype.kind in "iuf"


def _texts(column: "Series[Any]") -> "Series[Any]":
    return column.astype(str)


def _check(column: "Series[Any]", file: Location, first: int) -> None:
    """Raise a UsageError for a missing value, and for dates, lists and the like."""
    missing = np.flatnonzero(column.isna())
    if len(missing):
        raise UsageError(
            f"Expected {file.name} without missing values, but got one in row {first + missing[0]} (counted from 0) of "
            f"column {column.name}. Leave such rows out, or fill in what is missing."
        )
    one = column.iloc[0] if len(column) else ""
    if column.dtype.kind in "mM" or hasattr(one, "isoformat"):
        raise _dates(file, str(column.name), one)
    if hasattr(one, "__len__") and not isinstance(one, str):
        raise UsageError(
            f"Expected a number or a category in every row of column {column.name} of {file.name}, but got {one!r}. "
            "Leave the column out, or give each entry a column of its own."
        )


def _check_categories(found: set[str], file: Location, name: str) -> None:
    if len(found) > MOST_CATEGORIES:
        raise UsageError(
            f"Expected at most {MOST_CATEGORIES} categories in column {name} of {file.name}, but got more, such as "
            f"{next(iter(found))}. Leave the column out, or make numbers of them."
        )
    if found and all(map(DATE.match, found)):
        raise _dates(file, name, next(iter(found)))


def _dates(file: Location, name: str, one: object) -> UsageError:
    return UsageError(
        f"Expected numbers or categories, but got dates, such as {one}, in column {name} of {file.name}. Make numbers "
        "of them, such as days since the first, or leave the column out."
    )
