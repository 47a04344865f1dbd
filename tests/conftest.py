"""Small networks, a quiet trainer, and processes that run together, for all tests."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import lightning
import pytest
import torch
from forkserver import Forked, ForkServer
from lightning.pytorch import Trainer
from torch import nn

from lit_wgan.cli import main

# Lightning itself calls what jsonargparse deprecates.
os.environ["JSONARGPARSE_DEPRECATION_WARNINGS"] = "off"
ROOT = Path(__file__).parents[1]
HUNG = 600  # seconds, after which a process is taken for one that never ends
Process = subprocess.Popen[bytes] | Forked


class Scores(nn.Module):
    """Flattens ``(N, 1)`` to scores ``(N,)``."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten()


def small_generator(latent_dim: int = 3, data_dim: int = 2) -> nn.Module:
    return nn.Sequential(nn.Linear(latent_dim, 16), nn.ReLU(), nn.Linear(16, data_dim))


def small_critic(data_dim: int = 2) -> nn.Module:
    return nn.Sequential(nn.Linear(data_dim, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), Scores())


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what trains by the command or in processes of its own."""
    for item in items:
        if {"forks", "fit", "start", "trained"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def networks() -> Callable[..., dict[str, Any]]:
    """Arguments of a system on the plane, with the same weights at every call."""

    def make(seed: int = 0) -> dict[str, Any]:
        torch.manual_seed(seed)
        return {"generator": small_generator(), "critic": small_critic(), "latent_dim": 3}

    return make


@pytest.fixture
def trainer(tmp_path: Path) -> Callable[..., Trainer]:
    """Makes a trainer without output."""

    def make(max_steps: int = 2, **kwargs: Any) -> Trainer:
        quiet = {
            "accelerator": "cpu",
            "devices": 1,
            "max_epochs": -1,
            "logger": False,
            "enable_checkpointing": False,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "num_sanity_val_steps": 0,
            "check_val_every_n_epoch": None,
            "default_root_dir": tmp_path,
        }
        return Trainer(max_steps=max_steps, **(quiet | kwargs))

    return make


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    """Every test starts from the same random state."""
    lightning.seed_everything(0, verbose=False)


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command in this process, in an empty folder; returns its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())  # which the command adds the folder to
    monkeypatch.setenv("LIT_WGAN_DEBUG", "")  # so that it is unset again after --debug has set it
    monkeypatch.delenv("LIT_WGAN_DEBUG")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lit-wgan", *arguments])
        capsys.readouterr()
        status = main()
        return status, *capsys.readouterr()

    return run


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkServer]:
    """Starts processes that have imported torch, Lightning and lit_wgan already, one thread each."""
    server = ForkServer(OMP_NUM_THREADS="1", PYTHONPATH=str(ROOT))
    yield server
    server.close()


class Ended(NamedTuple):
    """What is left of a process."""

    status: int
    output: str


def end(process: Process) -> None:
    """Stop a process, if it still runs, and what it started."""
    process.terminate()  # a launcher passes this on
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def unused_port() -> str:
    """The number of a port on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.fixture
def free_port() -> str:
    """The number of a port on this machine that nothing uses."""
    return unused_port()


@pytest.fixture(scope="session")
def together(forks: ForkServer) -> Callable[..., list[Ended]]:
    """Runs ``(command, variables)`` pairs at the same time in one folder, and ends what hangs.

    Those that Python would run are forked, launchers are not.
    """

    def run(folder: Path, *jobs: tuple[list[str], dict[str, str]]) -> list[Ended]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
        inherited |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        logs = [folder / f"process_{number}.log" for number in range(len(jobs))]
        processes: list[Process] = []
        for (command, variables), log in zip(jobs, logs, strict=True):
            with log.open("wb") as file:
                options: dict[str, Any] = {"cwd": folder, "env": inherited | variables, "stdout": file}
                options["stderr"] = subprocess.STDOUT
                if command[0] == sys.executable and "torch.distributed.run" not in command:
                    processes.append(forks.start(command, **options))
                else:
                    processes.append(subprocess.Popen(command, start_new_session=True, **options))
        try:
            statuses = [process.wait(timeout=HUNG) for process in processes]
        finally:
            for process in processes:
                end(process)
        return [Ended(status, log.read_text()) for status, log in zip(statuses, logs, strict=True)]

    return run


@pytest.fixture(scope="session")
def script(together: Callable[..., list[Ended]]) -> Callable[..., None]:
    """Runs a script in a folder, in as many processes as wanted, under the variables of torchrun."""

    def run(folder: Path, path: Path, *arguments: Any, processes: int) -> None:
        job = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": unused_port(), "WORLD_SIZE": str(processes)}
        job |= {"LOCAL_WORLD_SIZE": str(processes), "GROUP_WORLD_SIZE": "1", "GROUP_RANK": "0"}
        job |= {"TORCHELASTIC_RUN_ID": "test"}
        command = [sys.executable, str(path), *map(str, arguments)]
        jobs = [(command, job | {"RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(processes)]
        ends = together(folder, *jobs)
        assert all(ended.status == 0 for ended in ends), ends

    return run
