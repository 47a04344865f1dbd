"""One sweep on several machines, for which processes stand: no trial is lost and none runs twice."""

import csv
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy.exc import IntegrityError

from lit_wgan.commands.sweep import leases, search
from lit_wgan.commands.sweep.command import reaching, run_sweep
from lit_wgan.commands.sweep.file import read_sweep
from lit_wgan.commands.sweep.leases import Leases
from lit_wgan.commands.sweep.search import Search
from lit_wgan.commands.sweep.storage import JOURNAL, shared_storage, shown
from lit_wgan.errors import UsageError

ROOT = Path(__file__).parents[3]
HUNG = 600  # seconds
GRID = {"method": "grid", "parameters": {"x": {"values": [1, 2, 3, 4]}}}


@pytest.fixture(params=["folder", "database"])
def storage(request, tmp_path):
    return str(tmp_path / "shared") if request.param == "folder" else f"sqlite:///{tmp_path}/shared.db"


@pytest.fixture
def machine(sweep_file, tmp_path):
    """Makes the search of one more machine; ends the threads of all."""
    made = []

    def make(storage, **changes):
        made.append(Search(read_sweep(sweep_file(**GRID | changes)), tmp_path, [], storage))
        return made[-1]

    yield make
    for one in made:
        one.leases.close()


def test_a_grid_is_divided_without_overlap_and_no_more_trials_begin_than_asked_for(machine, storage):
    machines = [machine(storage), machine(storage)]
    began = [machines[turn % 2].begin(count=3) for turn in range(5)]
    assert [None if trial is None else trial.params["x"] for trial in began] == [1, 2, 3, None, None]
    assert machines[0].runs_elsewhere()
    for turn in range(3):
        machines[turn % 2].end(began[turn], TrialState.COMPLETE, 1.0)
    assert not machines[1].runs_elsewhere()
    assert machines[0].begin().params["x"] == 4


def test_a_trial_is_taken_up_when_its_lease_is_over_or_given_up_and_not_before(machine, storage, monkeypatch):
    first, second = machine(storage), machine(storage)
    trial = first.begin()
    assert first.is_ours(trial)
    assert second.take_up() is None
    monkeypatch.setattr(leases, "LEASE_SECONDS", -1.0)
    taken = second.take_up()
    assert (taken.number, taken.params) == (trial.number, trial.params)
    assert second.is_ours(taken)
    assert not first.is_ours(trial)
    monkeypatch.setattr(leases, "LEASE_SECONDS", 1000.0)
    assert first.take_up() is None
    second.leave(taken, to_others=True)
    assert first.take_up().number == trial.number


def test_a_trial_that_could_not_be_started_is_tried_again_by_the_same_process(machine, tmp_path, monkeypatch):
    one = machine(str(tmp_path))
    trial = one.begin()
    one.leave(trial)
    assert one.runs_elsewhere()
    assert one.take_up() is None
    monkeypatch.setattr(leases, "LEASE_SECONDS", -1.0)
    assert one.take_up().number == trial.number


def test_a_lease_that_is_renewed_is_not_over(machine, storage, monkeypatch):
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.01)
    first, second = machine(storage), machine(storage)
    first.begin()
    beats = set()
    while len(beats) < 3:
        beats.add(second.trials()[0].user_attrs.get(leases.BEAT))
        assert not second.leases.is_abandoned(second.trials()[0])


def test_a_trial_that_lost_its_process_too_often_has_failed(machine, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "MOST_LOST", 1)
    monkeypatch.setattr(leases, "LEASE_SECONDS", -1.0)
    machines = [machine(str(tmp_path)) for _ in range(3)]
    machines[0].begin()
    assert machines[1].take_up() is not None
    assert machines[2].take_up() is None
    (trial,) = machines[2].trials()
    assert (trial.state, trial.user_attrs["reason"]) == (TrialState.FAIL, "its process was lost 2 times")


def test_a_lock_lets_one_process_in_and_does_not_outlive_one_that_is_gone(storage, monkeypatch):
    one, other = (Leases(shared_storage(storage), "study") for _ in range(2))
    inside = []

    def enter():
        with other.exclusively():
            inside.append("other")

    with one.exclusively():
        waiting = threading.Thread(target=enter)
        waiting.start()
        inside.append("one")
    waiting.join()
    assert inside == ["one", "other"]
    lost = one._acquire()
    monkeypatch.setattr(leases, "LOCK_SECONDS", 0.1)
    enter()
    with other.exclusively():
        one._remove(lost)  # which is another's by now
        assert other.storage.get_study_id_from_name("study is locked") >= 0
    for each in (one, other):
        each.close()


def test_a_storage_of_another_sweep_is_refused(machine, storage):
    machine(storage)
    with pytest.raises(UsageError, match="but got one of another sweep, or of this .* Choose another --storage"):
        machine(storage, method="random", parameters={"x": {"min": 0.0, "max": 1.0}})


def test_a_folder_with_trials_of_another_sweep_is_refused_as_they_would_go_on(machine, storage, tmp_path):
    (tmp_path / "trials" / "000").mkdir(parents=True)
    with pytest.raises(UsageError, match="has none yet, but got some of another sweep in its trials/"):
        machine(storage)


@pytest.mark.parametrize(
    "storage", ["sqlite:////no/such/folder/a.db", "nonsense://me:secret@host/sweeps", "mysql+nothing://h/d", "file"]
)
def test_a_storage_that_cannot_be_reached_is_told_in_one_line_without_its_password(
    storage, machine, tmp_path, monkeypatch
):
    monkeypatch.setattr("lit_wgan.commands.sweep.storage.ATTEMPT_SECONDS", 0.0)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="Expected --storage to be a folder that can be written or a data") as caught:
        machine(str(tmp_path / storage) if storage == "file" else storage)
    assert len(str(caught.value).splitlines()) == 1
    assert "secret" not in str(caught.value)
    assert shown("a://b@c/d") == "a://c/d"


def test_processes_that_make_the_tables_at_the_same_moment_try_again(monkeypatch, tmp_path):
    attempts = []

    def busy(url, **options):
        attempts.append(url)
        if len(attempts) < 3:
            raise IntegrityError("insert", {}, Exception("UNIQUE constraint failed: alembic_version"))
        return RDBStorage(url, **options)

    monkeypatch.setattr("lit_wgan.commands.sweep.storage.RDBStorage", busy)
    monkeypatch.setattr("lit_wgan.commands.sweep.storage.ATTEMPT_SECONDS", 0.0)
    shared_storage(f"sqlite:///{tmp_path}/shared.db")
    assert len(attempts) == 3


def test_a_database_that_goes_away_is_told_in_one_line(machine, tmp_path):
    url = f"sqlite:///{tmp_path}/shared.db"
    one = machine(url)
    with sqlite3.connect(tmp_path / "shared.db") as study:
        study.execute("drop table trials")
    with pytest.raises(UsageError, match="a database that can be reached, but got sqlite"), reaching(url):
        one.trials()


def test_a_journal_that_was_broken_is_told_in_one_line(machine, tmp_path):
    machine(str(tmp_path)).begin()
    with (tmp_path / JOURNAL).open("a") as journal:
        journal.write('{"op_co\n{}\n')
    with pytest.raises(UsageError, match="Expected") as caught:
        machine(str(tmp_path))
    assert len(str(caught.value).splitlines()) == 1


def kill_at_random(forks, folder, storage, file, trials, kills, processes=3, seed=0):
    """Run a sweep in processes of which one after the other is killed and replaced."""
    chance = random.Random(seed)
    command = [sys.executable, str(Path(__file__).with_name("sharing.py")), str(file), str(folder), storage]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    logs = []

    def start():
        logs.append(folder / f"machine_{len(logs)}.log")
        with logs[-1].open("wb") as log:
            options = {"cwd": folder, "env": environment, "stdout": log, "stderr": subprocess.STDOUT}
            return forks.start([*command, trials, 2], **options), logs[-1]

    running = [start() for _ in range(processes)]
    try:
        for _ in range(kills):
            victim, log = running.pop(chance.randrange(processes))  # once it has begun a trial, or waits
            while not log.stat().st_size and victim.poll() is None:
                time.sleep(0.02)
            time.sleep(chance.random())
            victim.kill()
            victim.wait()
            running.append(start())
        statuses = [one.wait(timeout=HUNG) for one, _ in running]
        assert statuses == [0] * processes, [log.read_text() for log in logs]
    finally:
        for one, _ in running:
            one.kill()
            one.wait()


def check_all_finished_once(folder, file, storage, values):
    done = Search(read_sweep(file), folder, [], storage)
    done.leases.close()
    trials = done.trials()
    assert sorted(trial.params["x"] for trial in trials) == values
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    for trial in trials:
        with (folder / "trials" / str(trial.number) / "toy" / "version_0" / "metrics.csv").open() as rows:
            steps = [(int(row["step"]), float(row["eval/w1"])) for row in csv.DictReader(rows)]
        assert steps == [(step, trial.params["x"]) for step in range(1, 11)]
    assert (folder / "results.csv").read_text().count("finished") == len(values)


def test_processes_that_are_killed_lose_no_trial(forks, sweep_file, tmp_path, storage):
    values = [number / 100 for number in range(1, 9)]
    file = sweep_file(method="grid", parameters={"x": {"values": values}})
    kill_at_random(forks, tmp_path, storage, file, trials=8, kills=2)
    check_all_finished_once(tmp_path, file, storage, values)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(5))
def test_many_processes_that_are_killed_lose_no_trial(forks, seed, sweep_file, tmp_path, storage):
    values = [number / 100 for number in range(1, 41)]
    file = sweep_file(method="grid", parameters={"x": {"values": values}})
    kill_at_random(forks, tmp_path, storage, file, trials=40, kills=15, processes=4, seed=seed)
    check_all_finished_once(tmp_path, file, storage, values)


def test_the_command_takes_the_storage_and_keeps_its_folder_there(sweep_file, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("lit_wgan.commands.sweep.command.Search", lambda *given: seen.append(given) or 1 / 0)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ZeroDivisionError):
        run_sweep(str(sweep_file(run_cap=1)), [], None, 1, None, str(tmp_path / "shared"))
    assert seen[0][1:] == (tmp_path / "shared", [], str(tmp_path / "shared"))
