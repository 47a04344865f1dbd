"""One run on 1, 2, 3 and 4 processes: real ones, over gloo; with the law of its conditions, where it has any."""

from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parent / "train.py"


@pytest.fixture(scope="module")
def train(script, tmp_path_factory):
    """Trains on a number of processes; returns the weights that each rank ended with."""

    def run(devices, strategy="ddp"):
        folder = tmp_path_factory.mktemp("train")
        script(folder, SCRIPT, "weights", devices, strategy, processes=devices)
        return [torch.load(folder / f"weights.{rank}") for rank in range(devices)]

    return run


@pytest.fixture(scope="module")
def alone(train):
    return train(1)[0]


@pytest.mark.parametrize(
    ("devices", "strategy"),
    [(2, "ddp"), (3, "ddp"), (2, "ddp_find_unused_parameters_true"), pytest.param(4, "ddp", marks=pytest.mark.torture)],
)
def test_any_number_of_processes_trains_the_same_model(devices, strategy, alone, train):
    ranks = train(devices, strategy)
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
