"""A run as it is read from the disk."""

import fcntl
import json
import shutil

import pytest

from lit_wgan.errors import UsageError
from lit_wgan.runs.run import Run, runs_in


@pytest.fixture
def run(tmp_path):
    """A run of 40 of 50 updates."""
    directory = tmp_path / "digits" / "version_3"
    (directory / "samples").mkdir(parents=True)
    (directory / "config.yaml").write_text("trainer: {max_steps: 50}\n")
    (directory / "metrics.csv").write_text("eval/w1,epoch,step\n3.5,0,20\n,0,30\n2.5,0,40\n1.5,0,5")
    for name in ("0000040.png", "0000020.png", "real.png", "note.txt"):
        (directory / "samples" / name).touch()
    return Run(directory)


def test_what_was_logged_is_read_by_metric_and_the_row_that_a_killed_process_left_is_not(run):
    assert run.name == "digits/version_3"
    assert run.series("eval/w1") == ([20, 40], [3.5, 2.5])
    assert run.metrics == {"eval/w1": 2.5}
    assert (run.updates, run.max_updates) == (40, 50)
    assert [update for update, _ in run.pictures()] == [20, 40]


def test_a_run_is_finished_if_its_result_is_of_its_last_update(run):
    assert run.state == "stopped"
    (run.directory / "result.json").write_text(json.dumps({"generator_updates": 30}))
    assert Run(run.directory).state == "stopped"  # continued afterwards, and killed
    (run.directory / "result.json").write_text(json.dumps({"generator_updates": 40}))
    assert Run(run.directory).state == "finished"


def test_a_lock_of_this_process_itself_does_not_make_a_run_train(run):
    with (run.directory / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert run.state == "stopped"


def test_a_continued_run_has_the_configuration_of_its_newest_attempt(run):
    (run.directory / "config_0000040.yaml").write_text("trainer: {max_steps: 90}\n")
    assert run.max_updates == 90


def test_a_run_that_never_logged_has_no_metrics(tmp_path):
    (tmp_path / "config.yaml").write_text("trainer: {max_steps: -1}\n")
    run = Run(tmp_path)
    assert (run.rows, run.metrics, run.updates, run.max_updates) == ([], {}, 0, None)
    assert (run.environment, run.result, run.pictures(), run.state) == ({}, {}, [], "stopped")


@pytest.mark.parametrize("text", ["[1]", "{", "[" * 100_000])
def test_a_result_that_is_no_json_object_is_told_with_its_file(run, text):
    (run.directory / "result.json").write_text(text)
    with pytest.raises(UsageError, match=r"Expected .*result.json to be JSON, but got"):
        _ = run.state


def test_all_runs_in_a_folder_are_found_in_the_order_of_their_numbers(tmp_path, run):
    for name in ("digits/version_10", "a/version_0", "b/version_x", "b/other"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.yaml").touch()
    (tmp_path / "digits" / "version_11").mkdir()
    names = ["a/version_0", "digits/version_3", "digits/version_10"]
    assert [run.name for run in runs_in(tmp_path)] == names
    assert [run.name for run in runs_in(tmp_path / "digits")] == names[1:]
    assert [run.name for run in runs_in(run.directory)] == names[1:2]


def test_a_run_in_a_folder_of_another_name_is_found_too(tmp_path, run):
    """As lit-wgan report finds it there."""
    (run.directory / "environment.json").write_text("{}")
    shutil.copytree(run.directory, tmp_path / "copied")
    (tmp_path / "exported").mkdir()
    (tmp_path / "exported" / "config.yaml").touch()  # of a generator, which is no run
    assert [found.name for found in runs_in(tmp_path)] == [f"{tmp_path.name}/copied", run.name]
