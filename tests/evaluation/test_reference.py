import errno
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from lit_wgan.errors import UsageError
from lit_wgan.evaluation import npz
from lit_wgan.evaluation.reference import Reference, ReferenceCache, read_npz


def statistics(dim=4):
    samples = np.random.RandomState(0).randn(20, dim)
    return Reference(samples.mean(0), np.cov(samples, rowvar=False), np.eye(dim), 20, (3, 8, 8))


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("mu", "sigma", "factor")) and (
        (a.count, a.shape) == (b.count, b.shape)
    )


def test_what_is_written_is_read_again(tmp_path):
    cache = ReferenceCache(tmp_path, ["some", "parts"])
    assert cache.read() is None
    cache.write(statistics())
    assert same(cache.read(), statistics())
    assert [file.name for file in tmp_path.iterdir()] == [cache.path.name]


def test_pytorch_fid_can_read_ours_and_we_theirs(tmp_path):
    cache = ReferenceCache(tmp_path, [])
    cache.write(statistics())
    with np.load(cache.path) as file:  # as pytorch_fid.fid_score does
        mu, sigma = file["mu"][:], file["sigma"][:]
    np.savez(tmp_path / "theirs.npz", mu=mu.astype(np.float32), sigma=sigma)
    theirs = read_npz(tmp_path / "theirs.npz")
    np.testing.assert_allclose(theirs.mu, statistics().mu, rtol=1e-6)
    assert (theirs.factor, theirs.count, theirs.shape) == (None, None, None)


@pytest.mark.parametrize("damage", ["cut short", "emptied", "one bit", "of other contents", "of another format"])
def test_a_broken_or_wrong_file_counts_as_none(damage, tmp_path):
    cache = ReferenceCache(tmp_path, ["parts"])
    cache.write(statistics())
    content = bytearray(cache.path.read_bytes())
    if damage == "cut short":
        cache.path.write_bytes(content[: len(content) // 2])
    elif damage == "emptied":
        cache.path.write_bytes(b"")
    elif damage == "one bit":
        position = bytes(content).index(statistics().sigma.tobytes()[:8])
        content[position] ^= 1
        cache.path.write_bytes(content)
    elif damage == "of other contents":
        other = ReferenceCache(tmp_path, ["other parts"])
        other.write(statistics())
        other.path.replace(cache.path)
    else:
        np.savez(cache.path, mu=np.zeros(3))
    assert cache.read() is None
    cache.write(statistics())
    assert same(cache.read(), statistics())


@pytest.mark.parametrize("part", range(6))
def test_every_part_of_the_key_makes_another_file(part, tmp_path):
    parts = ["data", "extractor", "layer", "weights", "float32", "exact"]
    other = [*parts[:part], "changed", *parts[part + 1 :]]
    assert ReferenceCache(tmp_path, parts).path == ReferenceCache(tmp_path, list(parts)).path
    assert ReferenceCache(tmp_path, parts).path != ReferenceCache(tmp_path, other).path


def test_a_folder_that_cannot_be_written_is_one_warning(tmp_path):
    (tmp_path / "file").touch()
    with pytest.warns(UserWarning, match="could not be kept in .*file .*cache_dir") as warned:
        ReferenceCache(tmp_path / "file", []).write(statistics())
    assert len(warned) == 1


def test_a_full_disk_is_one_warning_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.warns(UserWarning, match="No space left on device"):
        ReferenceCache(tmp_path, []).write(statistics())
    assert list(tmp_path.iterdir()) == []


def test_the_default_folder_is_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert ReferenceCache(None, []).path.parent == tmp_path / "lit_wgan"


@pytest.mark.parametrize(
    ("mu", "sigma"),
    [(np.zeros(3), np.zeros((3, 2))), (np.zeros((3, 3)), np.zeros((3, 3))), (np.full(3, np.nan), np.eye(3))],
)
def test_statistics_of_impossible_shapes_or_values_are_refused(mu, sigma, tmp_path):
    np.savez(tmp_path / "file.npz", mu=mu, sigma=sigma)
    with pytest.raises(ValueError, match="file.npz to hold finite mu"):
        read_npz(tmp_path / "file.npz")


def test_a_file_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Expected .*none.npz to hold mu and sigma, as pytorch-fid writes them"):
        read_npz(tmp_path / "none.npz")
    np.savez(tmp_path / "file.npz", mu=np.zeros(2), sigma=np.eye(2))
    with pytest.raises(ValueError, match="to be made for abc, but got None"):
        read_npz(tmp_path / "file.npz", "abc")


def test_summary_leaves_the_large_parts_out():
    reference = Reference(np.zeros(2), np.eye(2), np.eye(2), 5, (1, 2, 2), {"layer": torch.zeros(5, 2)})
    summary = reference.summary()
    assert (summary.count, summary.shape, len(summary.mu)) == (5, (1, 2, 2), 2)
    assert (summary.sigma, summary.factor, summary.features) == (None, None, None)


def write_npz(path, **members):
    """An .npz of members as they are, with or without compression."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in members.items():
            archive.writestr(f"{name}.npy", contents)


def npy(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


class Harm:
    def __reduce__(self):
        return Path.touch, (Path("harmed"),)


def told(shape, dtype="<f8"):
    """The header of an array, without the array."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": dtype, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


GOOD = {"mu": npy(np.zeros(2)), "sigma": npy(np.eye(2))}
BAD = {
    "objects": {"mu": npy(np.array([Harm(), Harm()], dtype=object), allow_pickle=True)},
    "a header that tells of a terabyte": {"sigma": told((2**20, 2**17))},
    "a header that tells of more than there is": {"mu": told((2**62,))},
    "a header of Python 2, broken": {"mu": b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f8\n '''"},
    "another version": {"mu": b"\x93NUMPY\x09\x00"},
    "words": {"mu": npy(np.array(["a", "b"]))},
    "complex numbers": {"mu": npy(np.zeros(2, complex))},
    "dates": {"mu": npy(np.array(["2001-01-01", "2002-01-01"], "M8[D]"))},
    "fields": {"mu": npy(np.zeros(2, [("a", "f8")]))},
    "no numbers": {"mu": npy(np.zeros(0)), "sigma": npy(np.zeros((0, 0)))},
    "a factor of another size": {"factor": npy(np.eye(3))},
    "a factor that is nan": {"factor": npy(np.full((2, 2), np.nan))},
    "metadata that are a list": {"metadata": npy(np.array("[]"))},
    "metadata that are no JSON": {"metadata": npy(np.array("{"))},
    "metadata of a deep nest": {"metadata": npy(np.array("[" * 10**5))},
    "a count that is a word": {"metadata": npy(np.array('{"count": "many"}'))},
    "a shape that is a number": {"metadata": npy(np.array('{"shape": 3}'))},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_a_file_of_strangers_is_refused_in_one_line_and_runs_nothing(changes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_npz("file.npz", **(GOOD | changes))
    with pytest.raises(UsageError, match=r"Expected file\.npz to hold ") as caught:
        read_npz(Path("file.npz"))
    assert len(str(caught.value).splitlines()) == 1
    assert not Path("harmed").exists()


def test_a_file_that_would_fill_the_memory_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "HARMLESS_BYTES", 10_000)
    write_npz(tmp_path / "bomb.npz", **(GOOD | {"sigma": npy(np.zeros((200, 200)))}))
    with pytest.raises(UsageError, match=r"sigma\.npy of \d+ bytes would take 320128"):
        read_npz(tmp_path / "bomb.npz")


def test_an_array_in_columns_and_compression_read_as_numpy_reads_them(tmp_path):
    sigma = np.asfortranarray(np.arange(9.0).reshape(3, 3))
    np.savez_compressed(tmp_path / "file.npz", mu=np.arange(3), sigma=sigma)
    assert np.array_equal(read_npz(tmp_path / "file.npz").sigma, sigma)
