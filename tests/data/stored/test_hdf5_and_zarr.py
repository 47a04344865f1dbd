"""Arrays in HDF5 files and zarr folders: as they were saved, in every process, and refused if damaged."""

import multiprocessing
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor

import h5py
import numpy as np
import pytest
import zarr

from lit_wgan.data.stored import open_array, slow_reads
from lit_wgan.data.stored.hdf5 import HDF5Array
from lit_wgan.data.stored.mapped import MappedArray
from lit_wgan.errors import UsageError

SAVED = np.arange(24.0).reshape(6, 2, 2)
ROWS = np.array([3, 0, 3, 5])


def write_hdf5(name="a.h5", saved=SAVED, **options):
    with h5py.File(name, "w", userblock_size=options.pop("userblock_size", 0)) as file:
        file.create_dataset("group/x", data=saved, **options)


@pytest.mark.parametrize("dtype", ["f8", ">f4", "f2", "u1", ">i2", "?"])
@pytest.mark.parametrize(
    "options", [{}, {"userblock_size": 512}, {"chunks": (4, 2, 1)}, {"chunks": (1, 2, 2), "compression": "gzip"}]
)
def test_hdf5_of_any_type_and_layout(dtype, options, check):
    saved = SAVED.astype(dtype)
    write_hdf5(saved=saved, **options)
    array = open_array("a.h5:/group/x", "data.samples")
    check(array, saved)
    assert isinstance(array, HDF5Array if "chunks" in options else MappedArray)


def test_hdf5_whose_rows_lie_elsewhere(check):
    """Where nothing was written, in another file, and in parts of other arrays."""
    with h5py.File("a.h5", "w") as file:
        file.create_dataset("unwritten", (6, 2), "f4", fillvalue=3)
        file.create_dataset("external", data=SAVED, external=[("raw", 0, SAVED.nbytes)])
        file["x"] = SAVED
        layout = h5py.VirtualLayout((12, 2, 2), SAVED.dtype)
        layout[:6] = layout[6:] = h5py.VirtualSource(file["x"])
        file.create_virtual_dataset("virtual", layout)
        file["link"] = h5py.SoftLink("/x")
    check(open_array("a.h5:unwritten", "data.samples"), np.full((6, 2), 3, "f4"))
    check(open_array("a.h5:/external", "data.samples"), SAVED)
    check(open_array("a.h5:virtual", "data.samples"), np.concatenate([SAVED, SAVED]))
    check(open_array("a.h5:link", "data.samples"), SAVED)


def write_zarr(name="a.zarr", saved=SAVED, version=3, **options):
    group = zarr.open_group(name, mode="w", zarr_format=version)
    group.create_array("group/x", data=saved, **({"chunks": (4, 2, 1)} | options))


@pytest.mark.parametrize("dtype", ["f8", ">f4", "u1", "?"])
@pytest.mark.parametrize(("version", "options"), [(2, {}), (3, {}), (3, {"chunks": (1, 2, 2), "shards": (4, 2, 2)})])
def test_zarr_of_any_type_and_format(dtype, version, options, check):
    saved = SAVED.astype(dtype)
    write_zarr(saved=saved, version=version, **options)
    check(open_array("a.zarr:/group/x", "data.samples"), saved)
    check(open_array("a.zarr/group/x", "data.samples"), saved)
    assert open_array("a.zarr", "data.samples").name == "a.zarr:/group/x"


def test_zarr_folder_of_one_array(check, refused):
    zarr.create_array("a.zarr", data=SAVED)
    check(open_array("a.zarr", "data.samples"), SAVED)
    refused("a.zarr:x", "one array")


def test_patterns_of_hdf5_and_zarr(check):
    for number in (10, 9):
        write_hdf5(f"{number}.h5", SAVED + number)
        write_zarr(f"{number}.zarr", SAVED + number)
    check(open_array("*.h5:group/x", "data.samples"), np.concatenate([SAVED + 9, SAVED + 10]))
    check(open_array("*.zarr:group/x", "data.samples"), np.concatenate([SAVED + 9, SAVED + 10]))


def taken(array):
    return array.take(ROWS)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked_process_reads_what_was_opened_and_read_here():
    """Handles of files are not shared with it."""
    write_hdf5(chunks=(2, 2, 2), compression="gzip")
    write_zarr()
    arrays = [open_array(name, "data.samples") for name in ("a.h5", "a.zarr")]
    for array in arrays:
        taken(array)
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        for rows in pool.map(taken, arrays):
            assert np.array_equal(rows, SAVED[ROWS])


def test_wrong_names_and_types_are_refused(refused):
    with h5py.File("a.h5", "w") as file:
        file["x"], file["group/y"] = SAVED, SAVED
        file["text"] = ["a", "b"]
        file["empty"] = SAVED[:0]
        file["scalar"] = 3.0
        file["null"] = h5py.Empty("f4")
        file.create_dataset("ragged", (2,), h5py.vlen_dtype("f4"))
        file["complex"] = SAVED + 1j
    refused("a.h5", "several", "/group/y", "/x")
    refused("a.h5:z", "no /z", "/group/y", "/x")
    refused("a.h5:/group", "no /group", "/group/y")
    refused("a.h5:text", "objects")
    refused("a.h5:ragged", "objects")
    refused("a.h5:complex", "complex")
    refused("a.h5:empty", "(0, 2, 2)")
    refused("a.h5:scalar", "single number")
    refused("a.h5:null", "single number")
    write_zarr()
    refused("a.zarr:z", "no /z", "/group/x")
    zarr.create_array("text.zarr", data=np.array(["a"]), zarr_format=2)
    refused("text.zarr", "texts")


@pytest.mark.filterwarnings("ignore:Object at c")
def test_damaged_files_are_refused(refused):
    write_hdf5()
    with open("a.h5", "rb") as file:
        contents = file.read()
    for size in (0, 10, 500, -8):
        with open("a.h5", "wb") as file:
            file.write(contents[:size])
        refused("a.h5", "a.h5", "cannot be read")
    for text in ("", "{", "{}", '{"zarr_format": 3, "node_type": "array"}'):
        zarr.create_array("a.zarr", data=SAVED, overwrite=True)
        with open("a.zarr/zarr.json", "w") as file:
            file.write(text)
        refused("a.zarr", "a.zarr", "no array" if text == "{}" else "cannot be read")


def test_damaged_chunks_are_refused_when_they_are_read():
    saved = np.random.default_rng(0).normal(size=(6, 50))
    write_hdf5(saved=saved, chunks=(2, 50), compression="gzip")
    with h5py.File("a.h5") as file:
        chunk = file["group/x"].id.get_chunk_info(1)
    with open("a.h5", "r+b") as file:
        file.seek(chunk.byte_offset)
        file.write(b"\0" * chunk.size)
    zarr.create_array("a.zarr", data=saved, chunks=(2, 50))
    with open("a.zarr/c/1/0", "wb") as file:
        file.write(b"nothing")
    for name in ("a.h5", "a.zarr"):
        array = open_array(name, "data.samples")
        assert np.array_equal(array.take(np.array([0, 5])), saved[[0, 5]])
        with pytest.raises(UsageError, match=f"{name}.* cannot be read"):
            array.take(ROWS)
        with pytest.raises(UsageError, match=f"{name}.* cannot be read"):
            list(array.chunks())


def test_missing_chunks_of_zarr_are_told(caplog, check):
    """Not refused: zarr writes no chunks of zeros."""
    zarr.create_array("a.zarr", data=np.zeros((6, 4)), chunks=(2, 4))
    with caplog.at_level("INFO"):
        array = open_array("a.zarr", "data.samples")
    assert "3 of the 3 chunks of a.zarr have no file and are read as 0.0" in caplog.text
    check(array, np.zeros((6, 4)))


def test_key_of_zarr_follows_the_chunks():
    write_zarr()
    before = open_array("a.zarr", "data.samples").key()
    shutil.copytree("a.zarr", "b.zarr")
    assert open_array("a.zarr", "data.samples").key() == before
    write_zarr(saved=SAVED + 1)
    assert open_array("a.zarr", "data.samples").key() != before


def test_slow_chunks_are_told_with_the_remedy():
    saved = np.zeros((100, 4096), "f4")
    write_hdf5("a.h5", saved)
    write_hdf5("rows.h5", saved, chunks=(1, 4096))
    write_hdf5("many.h5", saved, chunks=(64, 64))
    write_hdf5("packed.h5", saved, chunks=(1, 4096), compression="gzip")
    write_zarr(saved=saved, chunks=(10, 4096))
    np.save("fortran.npy", np.asfortranarray(saved))
    np.save("c.npy", saved)
    for quick in ("a.h5", "rows.h5", "c.npy"):
        assert slow_reads(open_array(quick, "data.samples")) is None
    for slow in ("many.h5", "packed.h5", "a.zarr", "fortran.npy", ["c.npy", "many.h5"]):
        assert "Set data.copy: true to keep a copy of 0.00" in slow_reads(open_array(slow, "data.samples"))
    assert "many.h5:/group/x is kept in chunks of 64 rows" in slow_reads(open_array("many.h5", "data.samples"))


@pytest.mark.parametrize(("package", "name"), [("h5py", "a.h5"), ("zarr", "a.zarr")])
def test_missing_packages_are_told(package, name, monkeypatch, refused):
    write_hdf5()
    write_zarr()
    monkeypatch.setitem(sys.modules, package, None)
    refused(name, f"package {package}", 'pip install "lit-wgan[arrays]"')
