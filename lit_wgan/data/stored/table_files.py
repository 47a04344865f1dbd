"""Reads the files of tables, some rows at a time."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lit_wgan.data.packages import optional_package
from lit_wgan.data.stored.location import Location, locate

if TYPE_CHECKING:
    from pandas import DataFrame

SEPARATORS = {".csv": ",", ".tsv": "\t"}
TABLES = (*SEPARATORS, ".parquet")
"""Ends of the names of tables' files."""
NUMBERS_PER_FRAME = 2**22
MOST_ROWS = 2**17


def table_files(spec: str | Path | Sequence[str | Path], option: str) -> list[Location]:
    """The files of a path, a pattern or a list of these.

    Raises:
        UsageError: if there are none, or one is no table.
    """
    specs = [spec] if isinstance(spec, str | Path) else spec
    files = [location for each in specs for location in locate(each, option)]
    for file in files:
        if file.path.suffix.lower() not in TABLES:
            raise file.error("which is no table", f"Its name has to end in one of {', '.join(TABLES)}", "a table")
    return files


def header(file: Location) -> list[str]:
    """The names of a file's columns.

    Raises:
        UsageError: for a file that is damaged or empty.
    """
    pandas = optional_package("pandas", file.option)
    try:
        if file.path.suffix.lower() == ".parquet":
            return list(_parquet(file).schema_arrow.names)
        return list(map(str, pandas.read_csv(file.path, sep=SEPARATORS[file.path.suffix.lower()], nrows=0).columns))
    except (ValueError, OSError) as error:
        raise file.damaged(error) from error


def frames(file: Location, columns: Sequence[str], texts: Collection[str]) -> Iterator["DataFrame"]:
    """All rows in order, the given columns of some rows at a time.

    Args:
        file: to read.
        columns: that it has.
        texts: of these, those whose numbers and truth values are taken for texts too.

    Raises:
        UsageError: for a file that is damaged, and for columns that hold neither numbers nor categories.
    """
    pandas = optional_package("pandas", file.option)
    rows = min(MOST_ROWS, max(1, NUMBERS_PER_FRAME // len(columns)))
    try:
        if file.path.suffix.lower() == ".parquet":
            yield from _parquet_frames(file, columns, texts, rows)
            return
        reading = pandas.read_csv(  # all columns: pandas overlooks lines that are too long where it reads some
            file.path,
            sep=SEPARATORS[file.path.suffix.lower()],
            dtype=dict.fromkeys(texts, str),
            chunksize=rows,
            low_memory=False,
        )
        with reading:
            for frame in reading:
                if not isinstance(frame.index, pandas.RangeIndex):
                    raise ValueError("its lines have more fields than its header")
                yield frame[list(columns)]
    except (ValueError, OSError) as error:
        raise file.damaged(error) from error


def _parquet(file: Location) -> Any:
    optional_package("pyarrow", file.option)
    return optional_package("pyarrow.parquet", file.option).ParquetFile(file.path)


def _parquet_frames(file: Location, columns: Sequence[str], texts: Collection[str], rows: int) -> Iterator["DataFrame"]:
    types = optional_package("pyarrow", file.option).types
    for batch in _parquet(file).iter_batches(rows, columns=list(columns)):
        decimals = {field.name: float for field in batch.schema if types.is_decimal(field.type)}
        frame = batch.to_pandas()[list(columns)].astype(decimals)
        yield frame.astype({name: str for name in columns if name in texts and not frame[name].isna().any()})
