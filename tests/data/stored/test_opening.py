"""Arrays come as they were saved, whatever the file, and what cannot be trained on is refused on one line."""

import os
import tracemalloc

import numpy as np
import pytest
import torch

from lit_wgan.data.stored import open_array
from lit_wgan.data.stored.mapped import MappedArray

SAVED = np.arange(24.0).reshape(6, 2, 2)
ROWS = np.array([3, 0, 3, 5])


@pytest.mark.parametrize("dtype", ["f8", ">f4", "f2", "u1", ">i2", "u8", "?"])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
def test_npy_of_any_type_and_layout(dtype, layout, check):
    saved = layout(SAVED.astype(dtype))
    np.save("a.npy", saved)
    check(open_array("a.npy", "data.samples"), saved)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
def test_npz_stored_or_compressed(save, layout, check):
    save("a.npz", bytes=SAVED.astype("u1"), big=layout(SAVED.astype(">f8")))
    check(open_array("a.npz:bytes", "data.samples"), SAVED.astype("u1"))
    check(open_array("a.npz:big", "data.samples"), SAVED)


def test_npz_of_one_array_needs_no_name():
    np.savez("a.npz", x=SAVED)
    assert open_array("a.npz", "data.samples").name == "a.npz:x"


def test_compressed_npz_is_unpacked_once(tmp_path, check):
    np.savez_compressed("a.npz", x=SAVED)
    open_array("a.npz", "data.samples")
    (unpacked,) = (tmp_path / "cache" / "lit_wgan").iterdir()
    written = unpacked.stat().st_mtime_ns
    open_array("a.npz", "data.samples")
    assert unpacked.stat().st_mtime_ns == written
    unpacked.write_bytes(unpacked.read_bytes()[:-8])  # cut short: written again
    check(open_array("a.npz", "data.samples"), SAVED)


def test_files_of_a_pattern_are_joined_in_natural_order(check):
    for number in (10, 2, 1):
        np.save(f"part_{number}.npy", SAVED + number)
    check(open_array("part_*.npy", "data.samples"), np.concatenate([SAVED + 1, SAVED + 2, SAVED + 10]))


def test_files_of_a_list_are_joined_in_its_order(check):
    np.save("b.npy", SAVED)
    np.savez("a.npz", x=-SAVED)
    check(open_array(["b.npy", "a.npz:x"], "data.samples"), np.concatenate([SAVED, -SAVED]))


def test_arrays_and_tensors_in_memory(check):
    check(open_array(np.asfortranarray(SAVED.astype(">f4")), "data.samples"), SAVED.astype("f4"))
    check(open_array(torch.tensor(SAVED), "data.samples"), SAVED)
    check(open_array(torch.tensor(SAVED).bfloat16(), "data.samples"), SAVED.astype("f4"))


@pytest.mark.parametrize("name", ["a:b.npy", "a[1].npy", "C:a.npy", "~a.npy", "a b*.npy", "A.NPY"])
def test_paths_with_colons_and_wildcards_are_taken_as_they_are(name, check):
    with open(name, "wb") as file:
        np.save(file, SAVED)
    check(open_array(name, "data.samples"), SAVED)


def test_home_is_found(monkeypatch, tmp_path, check):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save("a.npy", SAVED)
    check(open_array("~/a.npy", "data.samples"), SAVED)


def test_key_follows_the_contents():
    np.save("a.npy", SAVED)
    before = open_array("a.npy", "data.samples").key()
    assert open_array("a.npy", "data.samples").key() == before
    os.utime("a.npy", (1, 1))
    assert open_array("a.npy", "data.samples").key() != before
    memory = [open_array(array, "data.samples").key() for array in (SAVED, SAVED.copy(), SAVED + 1, SAVED.ravel())]
    assert memory[0] == memory[1] != memory[2]
    assert memory[0] != memory[3]


def test_memory_is_that_of_the_rows_taken():
    """Of an array of 50 GB, which takes no room on the disk."""
    np.lib.format.open_memmap("a.npy", "w+", np.float32, (4_000_000, 3, 32, 32))
    tracemalloc.start()
    try:
        array = open_array("a.npy", "data.samples")
        array.take(np.arange(0, 4_000_000, 40_000))
        next(array.chunks())
        assert tracemalloc.get_traced_memory()[1] < 200e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.array([1, "a", [2]], dtype=object), "objects"),
        (SAVED + 1j, "complex"),
        (np.array(["a"]), "texts"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "dates"),
        (np.zeros(2, "f4,i4"), "several fields"),
        (np.zeros(2, np.longdouble), "float64"),
        (np.array(3.0), "single number"),
        (SAVED[:0], "(0, 2, 2)"),
        (SAVED[:, :0], "(6, 0, 2)"),
    ],
)
def test_what_holds_no_rows_of_numbers_is_refused(array, reason, refused):
    np.save("a.npy", array, allow_pickle=True)
    np.savez("a.npz", x=array)
    np.savez_compressed("b.npz", x=array)
    refused("a.npy", "a.npy", reason)
    refused("a.npz", "a.npz:x", reason)
    refused("b.npz", "b.npz:x", reason)
    refused(array, reason)


@pytest.mark.parametrize("size", [0, 4, 50, 200, -1])
@pytest.mark.parametrize("name", ["a.npy", "a.npz", "b.npz"])
def test_files_cut_short_are_refused(name, size, refused):
    np.save("a.npy", SAVED)
    np.savez("a.npz", x=SAVED)
    np.savez_compressed("b.npz", x=SAVED)
    with open(name, "rb") as file:
        contents = file.read()
    with open(name, "wb") as file:
        file.write(contents[:size])
    refused(name, name, "cannot be read")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_damaged_in_its_middle_is_refused(save, refused):
    save("a.npz", x=np.random.default_rng(0).normal(size=1000))
    with open("a.npz", "r+b") as file:
        file.write(b"\0" * 90)
    refused("a.npz", "cannot be read")


def test_wrong_names_are_refused(refused):
    np.savez("a.npz", x=SAVED, y=SAVED)
    np.savez("none.npz")
    np.save("a.npy", SAVED)
    np.save("small.npy", SAVED[:, 1:])
    np.save("bytes.npy", SAVED.astype("u1"))
    open("a.txt", "w").close()
    os.mkdir("folder")
    refused("missing.npy", "missing.npy", "no such file")
    refused("missing.npz:x", "missing.npz:x", "no such file")
    refused("missing_*.npy", "nothing matches")
    refused("a.npz", "x, y", "a.npz:x")
    refused("a.npz:z", "no z", "x, y")
    refused("none.npz", "no array")
    refused("a.npy:x", "one array")
    refused("a.txt", "no known kind", ".npy")
    refused("folder", "is a folder")
    refused("s3://bucket/a.npy", "on this machine")
    refused([], "empty list")
    refused("", "empty name")
    refused(["a.npy", "small.npy"], "a.npy", "(2, 2)", "small.npy", "(1, 2)")
    refused(["a.npy", "bytes.npy"], "a.npy", "float64", "bytes.npy", "uint8")


def test_npz_members_are_mapped_where_they_lie(tmp_path):
    """However they are aligned: nothing is unpacked."""
    np.savez("a.npz", bytes=np.zeros(5, "u1"), x=SAVED)
    assert isinstance(open_array("a.npz:x", "data.samples"), MappedArray)
    assert not (tmp_path / "cache").exists()
