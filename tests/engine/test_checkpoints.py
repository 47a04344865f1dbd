import os

import pytest
import torch

from lit_wgan.engine.checkpoint_contents import FORMAT
from lit_wgan.engine.checkpoints import AtomicCheckpointIO, find_newest, read_checkpoint, remove_leftovers
from lit_wgan.errors import UsageError

CHECKPOINT = {"lit_wgan": {"generator_updates": 3}, "state_dict": {"weight": torch.arange(1000.0)}}


def save(path, age=0, update=3):
    AtomicCheckpointIO().save_checkpoint(CHECKPOINT | {"lit_wgan": {"generator_updates": update}}, path)
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns - age * 10**9))
    return path


def test_what_is_written_is_read(tmp_path):
    path = save(tmp_path / "new" / "a.ckpt")
    assert torch.equal(read_checkpoint(path)["state_dict"]["weight"], CHECKPOINT["state_dict"]["weight"])
    assert [child.name for child in path.parent.iterdir()] == ["a.ckpt"]


@pytest.mark.parametrize("suffix", ["1234", "0123456789abcdef"])  # of earlier versions, and of this one
def test_what_killed_processes_left_is_deleted(suffix, tmp_path):
    path = save(tmp_path / "a.ckpt")
    (tmp_path / f"a.ckpt.tmp-{suffix}").touch()
    remove_leftovers(tmp_path, [])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_earlier_file_and_says_so(step, tmp_path, monkeypatch):
    path = save(tmp_path / "a.ckpt")
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match=r"a\.ckpt, but could not \(No space left on device\)\. Earlier checkpoints are"):
        AtomicCheckpointIO().save_checkpoint(CHECKPOINT | {"more": 1}, path)
    assert path.read_bytes() == before
    assert [child.name for child in tmp_path.iterdir()] == ["a.ckpt"]


@pytest.mark.parametrize("path", ["memory://folder/a.ckpt", "remote"])
def test_other_file_systems_are_left_to_lightning(path, tmp_path):
    storage = AtomicCheckpointIO()
    if path == "remote":
        with pytest.raises(TypeError, match="storage_options"):
            storage.save_checkpoint(CHECKPOINT, tmp_path / "a.ckpt", storage_options={})
        return
    storage.save_checkpoint(CHECKPOINT, path)
    assert storage.load_checkpoint(path, weights_only=True)["lit_wgan"] == CHECKPOINT["lit_wgan"]


def truncate(path):
    path.write_bytes(path.read_bytes()[:-200])


def flip_a_byte_of_a_weight(path):
    content = bytearray(path.read_bytes())
    content[content.index(torch.arange(1000.0).numpy().tobytes()[4000 - 8 :])] ^= 1
    path.write_bytes(content)


def garbage(path):
    path.write_bytes(os.urandom(5000))


def nothing(path):
    path.write_bytes(b"")


class Malicious:
    def __reduce__(self):
        return os.mkdir, ("executed",)


def code(path):
    torch.save(CHECKPOINT | {"code": Malicious()}, path)


DAMAGE = [truncate, flip_a_byte_of_a_weight, garbage, nothing, code]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused_and_runs_no_code(damage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = save(tmp_path / "a.ckpt")
    damage(path)
    with pytest.raises(ValueError, match=r"a\.ckpt, which is damaged or something else"):
        read_checkpoint(path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("content", [{"state_dict": {}}, [1, 2]])
def test_a_file_of_another_program_is_refused(content, tmp_path):
    torch.save(content, tmp_path / "a.ckpt")
    with pytest.raises(ValueError, match="made by another program"):
        read_checkpoint(tmp_path / "a.ckpt")


def test_no_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="Check the path"):
        read_checkpoint(tmp_path / "a.ckpt")


@pytest.mark.parametrize("damage", DAMAGE)
def test_newest_intact_file_is_found_and_a_damaged_one_named_and_kept(damage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "old.ckpt", update=1)
    middle = save(tmp_path / "middle.ckpt", update=3)
    damaged = save(tmp_path / "last.ckpt", update=5)
    damage(damaged)
    before = damaged.read_bytes()
    with pytest.warns(UserWarning, match=r"last\.ckpt is no intact checkpoint"):
        assert find_newest(tmp_path) == (middle, 3, [damaged])
    remove_leftovers(tmp_path, [damaged])
    assert (tmp_path / "last.ckpt.damaged").read_bytes() == before


def test_newest_is_that_of_the_latest_update_whatever_the_times_of_the_files(tmp_path):
    save(tmp_path / "0000005.ckpt", update=5)
    newest = save(tmp_path / "0000012.ckpt", age=3600, update=12)
    assert find_newest(tmp_path) == (newest, 12, [])
    last = save(tmp_path / "last.ckpt", age=1800, update=12)
    assert find_newest(tmp_path) == (last, 12, [])


def test_weights_of_one_file_alone_are_read(tmp_path, monkeypatch):
    for update in range(5):
        save(tmp_path / f"{update}.ckpt", update=update)
    loads = []
    load = torch.load

    def note(path, **options):
        loads.append((path.name, options["mmap"]))
        return load(path, **options)

    monkeypatch.setattr(torch, "load", note)
    find_newest(tmp_path)
    assert [name for name, mapped in loads if not mapped] == ["4.ckpt"]
    assert len(loads) == 6


def dangle(path):
    path.symlink_to("nowhere.ckpt")


def other(path):
    torch.save({"weights": torch.ones(1)}, path)


@pytest.mark.parametrize("make", [dangle, other, os.mkdir])
def test_links_to_nothing_folders_and_other_files_are_passed_over_and_stay(make, tmp_path):
    intact = save(tmp_path / "0000003.ckpt")
    make(tmp_path / "last.ckpt")
    with pytest.warns(UserWarning, match=r"last\.ckpt is no intact checkpoint"):
        assert find_newest(tmp_path) == (intact, 3, [])


@pytest.mark.parametrize("make", [dangle, other, os.mkdir, garbage])
def test_where_no_checkpoint_can_be_read_none_is_not_the_answer(make, tmp_path):
    make(tmp_path / "last.ckpt")
    message = r"that can be read, but got none among 1\. Remove that folder to start anew .* or leave the option out"
    with pytest.warns(UserWarning, match="no intact checkpoint"), pytest.raises(UsageError, match=message):
        find_newest(tmp_path)


def test_a_checkpoint_of_a_newer_version_is_not_passed_over(tmp_path):
    save(tmp_path / "0000003.ckpt")
    state = {"generator_updates": 5, "format": FORMAT + 1}
    AtomicCheckpointIO().save_checkpoint(CHECKPOINT | {"lit_wgan": state}, tmp_path / "last.ckpt")
    with pytest.raises(UsageError, match=r"last\.ckpt in format 2, made by a newer lit-wgan\. Install"):
        find_newest(tmp_path)


@pytest.mark.parametrize("path", ["folder", "folder.ckpt", "notes.txt", "nothing.ckpt"])
@pytest.mark.parametrize("scheme", ["", "file://", "local://"])
def test_what_is_no_checkpoint_file_is_not_removed(path, scheme, tmp_path):
    (tmp_path / "notes.txt").touch()
    for folder in ("folder", "folder.ckpt"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    AtomicCheckpointIO().remove_checkpoint(f"{scheme}{tmp_path / path}")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_checkpoint_file_is_removed(tmp_path):
    AtomicCheckpointIO().remove_checkpoint(save(tmp_path / "a.ckpt"))
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_read_back_leaves_the_earlier_file(tmp_path):
    path = save(tmp_path / "a.ckpt")
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"got pathlib\.\w+ in hyper_parameters\['folder'\]"):
        AtomicCheckpointIO().save_checkpoint(CHECKPOINT | {"hyper_parameters": {"folder": tmp_path}}, path)
    assert path.read_bytes() == before


def test_none_is_found_where_there_is_none(tmp_path):
    assert find_newest(tmp_path) is None
    assert find_newest(tmp_path / "nowhere") is None
