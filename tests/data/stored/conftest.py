"""What holds for every stored array, and for every one that is refused."""

import pickle

import numpy as np
import pytest

from lit_wgan.data.stored import open_array
from lit_wgan.errors import UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Tests write into a folder of their own, with an empty cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def check():
    """Rows in any order and chunks are those saved, also after pickling; rows are the caller's own."""

    def check(array, saved):
        wanted = np.array([3, 0, 3, 5])
        assert (array.shape, array.dtype) == (saved.shape, saved.dtype.newbyteorder("="))
        for each in (array, pickle.loads(pickle.dumps(array))):
            rows = each.take(wanted)
            assert np.array_equal(rows, saved[wanted])
            assert (rows.dtype, rows.flags.c_contiguous, rows.flags.writeable) == (array.dtype, True, True)
            assert each.take(wanted[:0]).shape == (0, *saved.shape[1:])
            assert np.array_equal(np.concatenate(list(each.chunks())), saved)
            for beyond in ([0, len(saved)], [-1]):
                with pytest.raises(IndexError):
                    each.take(np.array(beyond))

    return check


@pytest.fixture
def refused():
    """The message names the option and all these parts, on one line."""

    def refused(spec, *parts):
        with pytest.raises(UsageError) as caught:
            open_array(spec, "data.samples")
        message = str(caught.value)
        assert "\n" not in message
        assert message.startswith("Expected ")
        for part in ("data.samples", *parts):
            assert part in message

    return refused
