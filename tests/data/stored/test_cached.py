"""Copies of arrays: made once, whole or not at all, a few rows at a time."""

import errno

import numpy as np
import pytest

from lit_wgan.data.stored import base as stored
from lit_wgan.data.stored import copied, open_array
from lit_wgan.errors import UsageError

SAVED = np.arange(24).reshape(6, 4)


@pytest.fixture
def array(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "CHUNK_BYTES", 64)  # two rows
    for number in range(2):
        np.save(tmp_path / f"{number}.npy", np.asfortranarray(SAVED + number).astype(">i8"))
    return open_array(str(tmp_path / "*.npy"), "data.samples")


def test_copy_holds_the_same_rows_and_is_made_once(array, tmp_path):
    copy = copied(array, tmp_path / "cache")
    assert np.array_equal(np.concatenate(list(copy.chunks())), np.concatenate([SAVED, SAVED + 1]))
    assert (copy.key(), copy.name, copy.shape, copy.dtype) == (array.key(), array.name, array.shape, array.dtype)
    array.chunks = None
    copied(array, tmp_path / "cache")


def test_copy_that_fails_leaves_nothing(array, tmp_path, monkeypatch):
    def full(self):
        yield SAVED[:2]
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(array), "chunks", full)
    with pytest.raises(OSError, match=r"No space left.*Make room, or choose another folder with --data.cache_dir"):
        copied(array, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_folder_that_cannot_be_written_is_told(array, tmp_path):
    (tmp_path / "cache").touch()
    with pytest.raises(UsageError, match="data.cache_dir to be a folder that can be written"):
        copied(array, tmp_path / "cache")


def test_copy_of_files_that_changed_is_another(array, tmp_path):
    copied(array, tmp_path / "cache")
    np.save(tmp_path / "0.npy", SAVED.astype(">i8") * 10)
    copy = copied(open_array(str(tmp_path / "*.npy"), "data.samples"), tmp_path / "cache")
    assert np.array_equal(copy.take(np.arange(6)), SAVED * 10)
