import fcntl
import os

import pytest

from lit_wgan.engine.files import try_lock
from lit_wgan.runs.claims import lock_directory, releasing_claims, remove_unless_used

BEFORE_TRAINING = ("config.yaml", "environment.json", "events.out.tfevents.1.host", "hparams.yaml")


def test_a_directory_is_locked_until_the_end_and_once_for_all_its_names(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    with releasing_claims():
        lock_directory(tmp_path)
        lock_directory(tmp_path / "link")
        with (tmp_path / ".lock").open("a") as other:
            assert not try_lock(other)
    with (tmp_path / ".lock").open("a") as other:
        assert try_lock(other)


def test_a_directory_that_another_process_trains_in_is_refused(tmp_path):
    with (tmp_path / ".lock").open("a") as other, releasing_claims():
        assert try_lock(other)
        with pytest.raises(ValueError, match="Expected no other process to train in .*, but one does"):
            lock_directory(tmp_path)


def test_on_a_file_system_without_locks_training_goes_on(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with releasing_claims():
        lock_directory(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with releasing_claims(), pytest.raises(OSError, match=r"write .*file/folder/\.lock, but could not"):
        lock_directory(tmp_path / "file" / "folder")


def make_run(root, *files):
    run = root / "toy" / "version_0"
    (run / "checkpoints").mkdir(parents=True)
    for name in BEFORE_TRAINING:
        (run / name).write_text("text")
    for name in ("metrics.csv", ".lock"):
        (run / name).touch()
    for name in files:
        (run / name).write_text("text")
    return run


def fail(run):
    @releasing_claims()
    def start():
        remove_unless_used(run)
        raise KeyError

    with pytest.raises(KeyError):
        start()


def test_a_failed_start_leaves_no_directory(tmp_path):
    fail(make_run(tmp_path))
    assert os.listdir(tmp_path) == []


def test_a_failed_start_leaves_other_runs_of_its_name(tmp_path):
    (tmp_path / "toy" / "version_1").mkdir(parents=True)
    fail(make_run(tmp_path))
    assert os.listdir(tmp_path / "toy") == ["version_1"]


@pytest.mark.parametrize("name", ["metrics.csv", "checkpoints/last.ckpt", "result.json", "wandb_id.txt"])
def test_a_failure_after_the_start_leaves_everything(name, tmp_path):
    run = make_run(tmp_path, name)
    fail(run)
    assert run.exists()


def test_success_leaves_everything(tmp_path):
    run = make_run(tmp_path)
    with releasing_claims():
        remove_unless_used(run)
    assert run.exists()
    fail(tmp_path / "another")
    assert run.exists()


def test_a_lock_that_is_a_link_creates_no_file_elsewhere(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").symlink_to(tmp_path / "created")
    with pytest.raises(OSError, match=r"Expected to write .*\.lock, but could not"), releasing_claims():
        lock_directory(tmp_path / "run")
    assert not (tmp_path / "created").exists()
