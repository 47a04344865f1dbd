"""A trial's folder: whom its lock names, whatever its files hold."""

import os
import signal
import subprocess
import sys

import pytest

from lit_wgan.commands.sweep import trial
from lit_wgan.commands.sweep.trial import TrialProcess, read_metric
from lit_wgan.engine.locks import lock_holders

HOLD = "import fcntl, sys; file = open(sys.argv[1], 'a'); fcntl.flock(file, fcntl.LOCK_EX); print(); sys.stdin.read()"
OPEN = "import sys; file = open(sys.argv[1]); print(); sys.stdin.read()"


@pytest.fixture
def process(tmp_path):
    """Starts processes that have the file of a lock open, in groups of their own, and ends them."""
    started = []

    def start(code):
        command = [sys.executable, "-c", code, str(tmp_path / "process")]
        one = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)
        started.append(one)
        one.stdout.readline()
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def try_to_start(tmp_path):
    return TrialProcess(tmp_path, [sys.executable, "-c", ""], dict(os.environ))


@pytest.mark.slow
@pytest.mark.parametrize("garbage", ["", "many", "-1", "0", "99999999999999999999", "\0", "1 2"])
def test_a_process_that_holds_the_lock_is_ended_whatever_number_stands_in_the_file(garbage, process, tmp_path):
    (tmp_path / "process").write_text(garbage)
    holder = process(HOLD)
    ended = try_to_start(tmp_path)
    ended.kill()
    assert holder.wait() == -signal.SIGTERM


@pytest.mark.slow
def test_a_process_whose_number_stands_there_by_chance_is_left_alone(process, tmp_path):
    (tmp_path / "process").touch()
    bystander, holder = process(OPEN), process(HOLD)
    (tmp_path / "process").write_text(str(bystander.pid))
    try_to_start(tmp_path).kill()
    assert holder.wait() == -signal.SIGTERM
    assert bystander.poll() is None


@pytest.mark.slow
def test_a_lock_whose_holder_cannot_be_seen_is_told_and_nothing_is_signalled(process, tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "SECONDS_TO_LOOK", 0.0)
    monkeypatch.setattr(trial, "lock_holders", lambda lock: set())
    (tmp_path / "process").touch()
    holder = process(HOLD)
    (tmp_path / "process").write_text(str(holder.pid))
    with pytest.raises(ValueError, match=r"Expected the trial in .* to be free, but a process that cannot be found"):
        try_to_start(tmp_path)
    assert holder.poll() is None


@pytest.mark.slow
def test_only_a_process_that_holds_the_lock_is_its_holder(process, tmp_path):
    (tmp_path / "process").touch()
    process(OPEN)
    holder = process(HOLD)
    with (tmp_path / "process").open() as file:
        assert lock_holders(file) == {holder.pid}


def test_folders_that_are_no_runs_are_passed_over(tmp_path):
    for name in ("toy[1]/version_3", "toy[1]/version_10", "toy[1]/version_x", "toy[1]/version_", "toy[1]/version_²"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "metrics.csv").write_text(f"step,a\n1,{len(name)}\n")
    (tmp_path / "log.txt").touch()
    assert read_metric(tmp_path, "a") == [(1, 17.0)]
