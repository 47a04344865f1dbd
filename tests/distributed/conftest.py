"""Processes that run together, and tell how they ended."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]


class Ended(NamedTuple):
    status: int
    output: str


def end(process):
    process.terminate()  # a launcher passes this on
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.fixture(scope="session")
def together():
    """Runs ``(command, variables)`` pairs at the same time in one folder, and ends what is left after a while."""

    def run(folder, *jobs, seconds=120):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
        inherited |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        logs = [folder / f"process_{number}.log" for number in range(len(jobs))]
        processes = []
        for (command, variables), log in zip(jobs, logs, strict=True):
            with log.open("wb") as file:
                options = {"cwd": folder, "env": inherited | variables, "start_new_session": True}
                processes.append(subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, **options))
        try:
            statuses = [process.wait(timeout=seconds) for process in processes]
        finally:
            for process in processes:
                end(process)
        return [Ended(status, log.read_text()) for status, log in zip(statuses, logs, strict=True)]

    return run


@pytest.fixture
def script(together, free_port, tmp_path):
    """Runs a script in as many processes as wanted, under the variables of torchrun."""

    def run(path, *arguments, processes):
        job = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port, "WORLD_SIZE": str(processes), "GROUP_RANK": "0"}
        job |= {"LOCAL_WORLD_SIZE": str(processes), "GROUP_WORLD_SIZE": "1", "TORCHELASTIC_RUN_ID": "test"}
        command = [sys.executable, str(path), *map(str, arguments)]
        ends = together(tmp_path, *[(command, job | {"RANK": str(r), "LOCAL_RANK": str(r)}) for r in range(processes)])
        assert all(end.status == 0 for end in ends), ends

    return run
