"""Processes that run together or end in the middle, and what they leave."""

import contextlib
import csv
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TOY = HERE / "toy.yaml"
HUNG = 600  # seconds


class Runs:
    """Starts ``lit-wgan fit`` in one folder; every attempt of a test writes below it."""

    def __init__(self, folder, forks):
        self.folder = folder
        self.forks = forks
        self.checkpoints = folder / "runs" / "toy" / "version_0" / "checkpoints"
        paths = [str(HERE), str(ROOT), os.environ.get("PYTHONPATH", "")]
        self.environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths)}

    def start(self, *options, launcher=(), **environment):
        """A run on the toy configuration, in a process group of its own; forked, if no launcher starts it."""
        command = [sys.executable, *launcher, "-m", "lit_wgan", "fit", "--config", str(TOY), *options]
        given = {"cwd": self.folder, "env": self.environment | environment, "stderr": subprocess.PIPE}
        if not launcher:
            return self.forks.start(command, **given)
        return subprocess.Popen(command, text=True, start_new_session=True, **given)

    def fit(self, *options, status=0, launcher=(), **environment):
        """A run that ends by itself; returns what it wrote to stderr."""
        process = self.start(*options, launcher=launcher, **environment)
        try:
            _, err = process.communicate(timeout=HUNG)
        finally:
            kill_group(process)
        assert process.returncode == status, err
        return err

    def all_of(self, processes):
        """Wait for runs that end by themselves at the same time; returns what each wrote to stderr."""
        try:
            with ThreadPoolExecutor(len(processes)) as readers:
                return [err for _, err in readers.map(lambda process: process.communicate(timeout=HUNG), processes)]
        finally:
            for process in processes:
                kill_group(process)

    def wait_for_checkpoint(self, process):
        """Wait until this attempt has written one."""
        before, end = self.newest_time(), time.monotonic() + HUNG
        while process.poll() is None and self.newest_time() <= before and time.monotonic() < end:
            time.sleep(0.02)
        assert process.poll() is None, process.communicate()[1]
        assert self.newest_time() > before

    def wait_for_rank(self, process, rank, state):
        """Wait until a further process of a run is in a state of /proc: T is frozen, Z has ended."""
        end = time.monotonic() + HUNG
        while state_of_child(process.pid, rank - 1) != state:
            assert time.monotonic() < end, f"Rank {rank} is not in state {state}."
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)

    def newest_time(self):
        return max((path.stat().st_mtime_ns for path in self.checkpoints.glob("*.ckpt")), default=0)

    def result(self, version=0):
        """The last checkpoint and the rows of metrics.csv."""
        run = self.folder / "runs" / "toy" / f"version_{version}"
        with (run / "metrics.csv").open() as file:
            rows = list(csv.DictReader(file))
        return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True), rows


def state_of_child(pid, number):
    """The state of one of the processes that a process has started, or "" for one that is not there yet."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    if number >= len(children):
        return ""
    return Path(f"/proc/{children[number]}/stat").read_text().rpartition(")")[2].split()[0]


def kill_group(process):
    """Kill a run and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def assert_same_run(a, b):
    """Assert that two results are equal to the bit: weights, optimizers, schedules, counters and logs."""
    (checkpoint, rows), (other, other_rows) = a, b
    for key in ("state_dict", "optimizer_states", "lr_schedulers", "lit_wgan", "global_step"):
        assert_equal(checkpoint[key], other[key], key)
    assert [row["step"] for row in rows] == [row["step"] for row in other_rows]
    assert rows == other_rows


def assert_equal(a, b, where):
    assert type(a) is type(b), where
    if isinstance(a, torch.Tensor):
        assert torch.equal(a, b), where
    elif isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            assert_equal(a[key], b[key], f"{where}/{key}")
    elif isinstance(a, list):
        assert len(a) == len(b), where
        for number, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_equal(x, y, f"{where}/{number}")
    else:
        assert a == b, where


@pytest.fixture
def runs(tmp_path, forks):
    return Runs(tmp_path, forks)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory, forks):
    """Results of runs that nothing happened to, made once for each number of devices and updates."""
    known = {}

    def result(devices, max_steps):
        if (devices, max_steps) not in known:
            runs = Runs(tmp_path_factory.mktemp("undisturbed"), forks)
            runs.fit("--trainer.devices", str(devices), "--trainer.max_steps", str(max_steps))
            known[devices, max_steps] = runs.result()
        return known[devices, max_steps]

    return result


@pytest.fixture(scope="session")
def same_run():
    return assert_same_run


@pytest.fixture(scope="session")
def equal():
    return assert_equal
