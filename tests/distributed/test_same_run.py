"""One run on 1, 2, 3 and 4 processes: real ones, over gloo."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parent / "train.py"


def launch(folder: Path, devices: int, strategy: str = "ddp") -> list[dict]:
    """The weights that each rank ended with."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # The variables that torchrun sets.
    job = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(devices), "GROUP_RANK": "0"}
    job |= {"LOCAL_WORLD_SIZE": str(devices), "TORCHELASTIC_RUN_ID": "test"}
    output = folder / f"{strategy}_{devices}"
    command = [sys.executable, str(SCRIPT), str(output), str(devices), strategy]
    processes = [
        subprocess.Popen(command, cwd=folder, env=os.environ | job | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(devices)
    ]
    assert [process.wait(timeout=400) for process in processes] == [0] * devices
    return [torch.load(f"{output}.{rank}") for rank in range(devices)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return launch(tmp_path_factory.mktemp("one"), 1)[0]


@pytest.mark.parametrize(
    ("devices", "strategy"), [(2, "ddp"), (3, "ddp"), (4, "ddp"), (2, "ddp_find_unused_parameters_true")]
)
def test_any_number_of_processes_trains_the_same_model(devices, strategy, alone, tmp_path):
    ranks = launch(tmp_path, devices, strategy)
    for name, expected in alone.items():
        if name == "batch norm":  # depends on the number of devices, which see batches of their own
            continue
        tolerance = 1e-10 if "64" in name else 1e-5
        for key, weight in expected.items():
            difference = (ranks[0][name][key] - weight).abs().max().item()
            assert difference <= tolerance, f"{name}: {key} differs by {difference}"
    for other in ranks[1:]:
        for name, state in other.items():
            assert all(torch.equal(ranks[0][name][key], weight) for key, weight in state.items()), name
