"""Trials as processes: those that finish, crash, are stopped, do not stop, or outlive their sweep."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from optuna.trial import TrialState

import lit_wgan.commands.sweep.trial
from lit_wgan.commands.sweep.report import STATES

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent


def states(search):
    return [STATES[trial.state] for trial in search.trials()]


def started(tmp_path, number):
    return tmp_path / "trials" / str(number) / "toy" / "version_0" / "metrics.csv"


def wait_for(condition):
    for _ in range(12000):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(condition)


def test_trials_that_crash_are_recorded_and_others_go_on(stand_ins, capsys):
    search, driver = stand_ins(2, 13, 1)
    driver.run(3)
    assert states(search) == ["finished", "failed", "finished"]
    assert search.study.best_value == 1
    assert search.trials()[1].user_attrs["reason"] == "RuntimeError: thirteen"
    assert "trial 1: failed: RuntimeError: thirteen\n" in capsys.readouterr().out


def test_no_more_trials_run_than_were_asked_for_in_all_attempts(stand_ins):
    for count in (2, 2, 3):
        search, driver = stand_ins(1, 2, 3, 4)
        driver.run(count)
        assert len(search.trials()) == count


def test_trials_run_side_by_side(stand_ins, tmp_path):
    seen = tmp_path / "seen"
    _, driver = stand_ins(2, 3, 4, parallel=2, until=seen)
    together = []

    def look():
        wait_for(lambda: started(tmp_path, 0).exists() and started(tmp_path, 1).exists())
        together.append(not started(tmp_path, 2).exists())
        seen.touch()

    watcher = threading.Thread(target=look)
    watcher.start()
    driver.run(3)
    watcher.join()
    assert together == [True]
    assert started(tmp_path, 2).exists()


def test_a_trial_that_is_worse_at_a_rung_is_stopped_early(stand_ins, tmp_path, capsys):
    search, driver = stand_ins(
        1, 2, until=tmp_path / "never", early_terminate={"type": "hyperband", "min_iter": 3, "eta": 2}
    )
    driver.run(2)
    assert states(search) == ["finished", "stopped early"]
    assert 3 <= len(search.trials()[1].intermediate_values) < 10
    assert "trial 1: stopped early after" in capsys.readouterr().out


def test_a_trial_that_never_logs_the_objective_has_failed(stand_ins):
    search, driver = stand_ins(1, metric={"name": "eval/w2"})
    driver.run(1)
    assert search.trials()[0].user_attrs["reason"] == "ended with eval/w2 nan"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_the_trials_which_go_on_the_next_time(number, stand_ins, tmp_path):
    search, driver = stand_ins(1, 2, seconds=60)

    def interrupt():
        wait_for(started(tmp_path, 0).exists)
        os.kill(os.getpid(), number)

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    driver.run(2)
    watcher.join()
    assert driver.interruption.signal == number
    assert states(search) == ["interrupted"]
    assert "Stopped by SIGTERM" in (tmp_path / "trials" / "0" / "log.txt").read_text()
    again, driver = stand_ins(1, 2)
    driver.run(2)
    assert states(again) == ["finished", "finished"]


def test_a_trial_that_someone_else_stopped_is_not_counted_as_finished(stand_ins, tmp_path):
    search, driver = stand_ins(1, seconds=60)

    def interrupt():
        wait_for(started(tmp_path, 0).exists)
        os.kill(int((tmp_path / "trials" / "0" / "process").read_text()), signal.SIGTERM)

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    driver.run(1)
    watcher.join()
    assert states(search) == ["interrupted"]


def test_a_trial_that_does_not_stop_is_killed(stand_ins, tmp_path, monkeypatch):
    monkeypatch.setattr(lit_wgan.commands.sweep.trial, "SECONDS_TO_SAVE", 0.5)
    search, driver = stand_ins(99, seconds=60)

    def interrupt():
        wait_for(started(tmp_path, 0).exists)
        os.kill(os.getpid(), signal.SIGTERM)

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    driver.run(1)
    watcher.join()
    assert states(search) == ["interrupted"]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "trials" / "0" / "process").read_text()), 0)


def test_a_second_signal_leaves_no_process_behind(stand_ins, tmp_path):
    _, driver = stand_ins(99, seconds=60)

    def interrupt():
        wait_for(started(tmp_path, 0).exists)
        os.kill(os.getpid(), signal.SIGINT)
        wait_for(lambda: driver.interruption.signal)
        os.kill(os.getpid(), signal.SIGINT)

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    with pytest.raises(KeyboardInterrupt):
        driver.run(1)
    watcher.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "trials" / "0" / "process").read_text()), 0)


def test_a_trial_that_outlived_its_killed_sweep_is_ended_before_it_goes_on(stand_ins, tmp_path):
    """Two processes must never write the same run."""
    search, _ = stand_ins(1)
    trial = search.begin()
    folder = tmp_path / "trials" / str(trial.number)
    command = [sys.executable, str(HERE / "stand_in.py"), "--x=1", "--seconds=60", f"--root={folder}"]
    code = f"""
        import os, signal
        from pathlib import Path
        from lit_wgan.commands.sweep.trial import TrialProcess
        TrialProcess(Path({str(folder)!r}), {command!r}, dict(os.environ))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    wait_for(started(tmp_path, trial.number).exists)
    left_behind = int((folder / "process").read_text())
    os.kill(left_behind, 0)
    search, driver = stand_ins(1)
    driver.run(1)
    log = (folder / "log.txt").read_text()
    assert log.startswith("Stopped by SIGTERM after")
    assert log.count("\n") == 1
    assert states(search) == ["finished"]
    assert search.trials()[0].state == TrialState.COMPLETE
