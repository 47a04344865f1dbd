"""The first number that is not finite is named by file, row and column."""

import numpy as np
import pytest

from lit_wgan.data.stored import base, check_finite, open_array
from lit_wgan.errors import UsageError


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("shape", "index", "where"),
    [
        ((7,), (5,), "row 5 of"),
        ((7, 3), (5, 1), "row 5, column 1 of"),
        ((7, 3, 2), (5, 0, 1), r"row 5, place \(0, 1\) of"),
    ],
)
def test_first_number_that_is_not_finite_is_named(monkeypatch, value, shape, index, where):
    monkeypatch.setattr(base, "CHUNK_BYTES", 32)
    array = np.zeros(shape, "f4")
    check_finite(open_array(array, "data.samples"))
    array[index] = array[6] = value
    with pytest.raises(UsageError, match=f"but got {value} in {where} data.samples"):
        check_finite(open_array(array, "data.samples"))


def test_rows_of_joined_files_are_counted_in_their_file(tmp_path):
    for number in range(2):
        np.save(tmp_path / f"{number}.npy", np.array([0, 1, np.nan if number else 2.0]))
    with pytest.raises(UsageError, match=r"but got nan in row 2 of \S*1.npy"):
        check_finite(open_array(str(tmp_path / "*.npy"), "data.samples"))


def test_integers_are_not_read(monkeypatch):
    array = open_array(np.zeros(3, "u1"), "data.samples")
    monkeypatch.setattr(array, "rows", None)
    check_finite(array)
