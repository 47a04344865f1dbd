"""Columns of tables: numbers and categories as they were saved, read some rows at a time, once; the rest is refused."""

import datetime
import decimal
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest

from lit_wgan.data.stored import named_columns, open_table, survey, table_columns, table_files, write_columns
from lit_wgan.errors import UsageError

FRAME = pandas.DataFrame(
    {
        "price": [1.5, 2.0, 3.25, 4.0, 1e9],
        "rooms": [1, 2, 3, 4, 5],
        "city": ["Ulm", "Bonn", "Ulm", "Äh, so", "Bonn"],
        "new": [True, False, True, True, False],
    }
)


@pytest.fixture(params=[".csv", ".tsv", ".parquet"])
def save(request, monkeypatch):
    """Saves a table under a name, two rows of which are read at a time, and returns its path."""
    monkeypatch.setattr(table_files, "MOST_ROWS", 2)

    def save(frame=FRAME, name="a"):
        path = f"{name}{request.param}"
        if request.param == ".parquet":
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, index=False, sep="," if request.param == ".csv" else "\t")
        return path

    return save


def values(table):
    return np.concatenate(list(table.values.chunks()))


def refused(spec, columns, *parts, **options):
    with pytest.raises(UsageError) as caught:
        open_table(spec, columns, "data.samples", **options)
    message = str(caught.value)
    assert "\n" not in message
    for part in ("Expected ", *parts):
        assert part in message


def test_columns_come_in_the_order_asked_for(save):
    path = save()
    assert table_columns(path, "data.samples") == list(FRAME)
    table = open_table(path, ["new", "city", "rooms", "price"], "data.samples")
    assert table.names == ["new", "city", "rooms", "price"]
    assert table.categories == [["False", "True"], ["Bonn", "Ulm", "Äh, so"], [], []]
    assert table.whole == [False, False, True, False]
    assert values(table).dtype == np.float64
    assert values(table)[:, 0].tolist() == [1, 0, 1, 1, 0]
    assert values(table)[:, 1].tolist() == [1, 0, 1, 2, 0]
    assert np.array_equal(values(table)[:, 2:], FRAME[["rooms", "price"]])


def test_table_is_read_once(save, monkeypatch):
    path = save()
    before = values(open_table(path, list(FRAME), "data.samples"))
    monkeypatch.setattr(survey, "frames", None)
    assert np.array_equal(values(open_table(path, list(FRAME), "data.samples")), before)


def test_files_are_joined_in_natural_order(save):
    for number in (10, 9):
        save(FRAME.assign(city=f"city {number}", rooms=number), str(number))
    table = open_table(save(name="*0").replace("*0", "[19]*"), ["rooms", "city"], "data.samples")
    assert values(table).tolist() == [[9, 1]] * 5 + [[10, 0]] * 5
    listed = open_table([save(name="b"), save(name="a")], ["rooms"], "data.samples")
    assert len(values(listed)) == 10


def test_numbers_beside_texts_are_categories_wherever_they_stand(save):
    column = ["1", "2", "02", "x", "1"]
    assert open_table(save(pandas.DataFrame({"a": column})), ["a"], "data.samples").categories == [
        ["02", "1", "2", "x"]
    ]


def test_written_table_is_the_one_that_was_read(save):
    path = save()
    table = open_table(path, list(FRAME), "data.samples")
    copy = Path(f"copy{Path(path).suffix}")
    write_columns(copy, named_columns(table.names, table.categories, values(table)))
    again = open_table(copy, list(FRAME), "data.samples")
    assert (again.names, again.categories, again.whole) == (table.names, table.categories, table.whole)
    assert np.array_equal(values(again), values(table))


def test_categories_of_training_hold_for_other_tables(save):
    train = open_table(save(), ["city", "rooms"], "data.samples")
    fewer = open_table(save(FRAME[3:], "b"), ["city", "rooms"], "data.held_out", categories_like=train)
    assert fewer.categories == train.categories
    assert values(fewer).tolist() == [[2, 4], [0, 5]]
    other = save(FRAME.assign(city=["Ulm", "Ulm", "Ulm", "Rom", "Ulm"]), "c")
    refused(other, ["city", "rooms"], "Bonn, Ulm", "column city", "Rom in row 3", categories_like=train)
    texts = save(FRAME.assign(rooms="many"), "d")
    refused(texts, ["city", "rooms"], "Expected numbers in column rooms", "many in row 0", categories_like=train)


def test_categories_that_look_like_numbers_in_another_table(save):
    train = open_table(save(pandas.DataFrame({"a": ["1", "2", "x"]})), ["a"], "data.samples")
    other = save(pandas.DataFrame({"a": [2, 1]}), "b")
    assert values(open_table(other, ["a"], "data.held_out", categories_like=train)).tolist() == [[1], [0]]


def test_constant_columns_and_single_rows_are_fine(save):
    table = open_table(save(FRAME[:1]), list(FRAME), "data.samples")
    assert values(table).tolist() == [[1.5, 1, 0, 0]]
    assert table.categories[2:] == [["Ulm"], ["True"]]


def test_missing_values_are_refused_with_their_row(save):
    refused(save(FRAME.assign(price=[1, 2, None, 4, 5])), ["price"], "row 2", "column price", "fill in")
    refused(save(FRAME.assign(city=["a", "b", "c", None, "d"])), ["city"], "row 3", "column city")


def test_dates_are_refused(save):
    dates = pandas.to_datetime(["2020-01-02"] * 5)
    refused(save(FRAME.assign(day=dates)), ["day"], "dates", "2020-01-02", "column day", "days since")
    refused(save(FRAME.assign(day=[datetime.date(2020, 1, 2)] * 5)), ["day"], "dates", "column day")
    refused(save(FRAME.assign(day="31.12.2020")), ["day"], "dates", "column day")


def test_ever_new_texts_are_refused(save, monkeypatch):
    monkeypatch.setattr(survey, "MOST_CATEGORIES", 2)
    refused(save(), ["city"], "at most 2 categories", "column city")


def test_wrong_names_and_damaged_files_are_refused(save):
    path = save()
    refused(path, ["rooms", "rom"], "but got rom", "It has: price, rooms, city, new")
    refused("missing" + path, ["rooms"], "no such file")
    refused(save(FRAME[:0], "b"), ["rooms"], "no rows")
    for contents in (b"", b"\xff\xfe\0x,\n1"):
        Path(path).write_bytes(contents)
        refused(path, ["rooms"], path, "cannot be read")
    Path("a.txt").touch()
    refused("a.txt", ["rooms"], "no table")


def test_lines_of_different_lengths_are_refused():
    Path("a.csv").write_text("a,b\n1,2\n1,2,3\n")
    refused("a.csv", ["a"], "cannot be read", "line 3")
    Path("a.csv").write_text("a,b\n1,2,3\n1,2,3\n")
    refused("a.csv", ["a"], "cannot be read", "more fields than its header")


def test_parquet_of_categoricals_decimals_and_lists():
    frame = pandas.DataFrame({"a": pandas.Categorical(["y", "x"], ["x", "y", "z"]), "b": [decimal.Decimal("1.50")] * 2})
    frame.assign(c=[[1], [2]]).to_parquet("a.parquet")
    table = open_table("a.parquet", ["a", "b"], "data.samples")
    assert table.categories == [["x", "y"], []]
    assert values(table).tolist() == [[1, 1.5], [0, 1.5]]
    refused("a.parquet", ["c"], "a number or a category", "column c")


@pytest.mark.parametrize("package", ["pandas", "pyarrow"])
def test_missing_packages_are_told(package, monkeypatch):
    FRAME.to_parquet("a.parquet")
    monkeypatch.setitem(sys.modules, package, None)
    refused("a.parquet", ["rooms"], f"package {package}", 'pip install "lit-wgan[arrays]"')
