"""A run in shards on 1, 2, 4 and 8 processes, and one that moves between them: the same bits, in float32."""

import json
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parent / "shards.py"
ELASTIC = str(Path(__file__).parents[2] / "configs" / "trainer" / "elastic.yaml")


@pytest.fixture(scope="module")
def train(script, tmp_path_factory):
    """Trains all cases on a number of processes; returns what each rank ended with."""

    def run(devices):
        folder = tmp_path_factory.mktemp("train")
        script(folder, SCRIPT, "ended", devices, processes=devices)
        return [torch.load(folder / f"ended.{rank}", weights_only=True) for rank in range(devices)]

    return run


@pytest.fixture(scope="module")
def alone(train):
    return train(1)[0]


TORTURE = [pytest.param(devices, marks=pytest.mark.torture) for devices in (4, 8)]


@pytest.mark.parametrize("devices", [2, *TORTURE])
def test_weights_optimizers_and_logs_are_equal_to_the_bit(devices, alone, train, equal):
    for ended in train(devices):
        equal(ended, alone, "")


def test_every_kind_of_metric_was_logged(alone):
    names = set().union(*(row for case in alone.values() for row in case["logged"]))
    assert {"critic/loss", "generator/loss", "eval/w1", "eval/wasserstein_estimate", "fidelity/fid_digits"} <= names


IN_SHARDS = ("--config", ELASTIC, "--data.batch_size", "16", "--model.generator_optimizer.init_args.eps", "1e-8")
MOVED = (*IN_SHARDS, "--model.critic_optimizer.init_args.eps", "1e-8", "--ckpt_path", "last")


def on(devices, updates):
    return "--trainer.devices", str(devices), "--trainer.max_steps", str(updates)


def weights_sha256(runs):
    result = runs.folder / "runs" / "toy" / "version_0" / "result.json"
    return json.loads(result.read_text())["weights_sha256"]


def test_a_run_that_moves_between_devices_and_is_killed_ends_as_one_that_stayed(
    runs, tmp_path_factory, forks, same_run
):
    stayed = type(runs)(tmp_path_factory.mktemp("stayed"), forks)
    stayed.fit(*MOVED, *on(1, 80))

    runs.fit(*MOVED, *on(1, 20))
    killed = (
        "--trainer.callbacks+=accidents.Accident",
        "--trainer.callbacks.update=47",
        "--trainer.callbacks.signal=SIGKILL",
    )
    runs.fit(*MOVED, *on(4, 60), *killed, status=-9)
    runs.fit(*MOVED, *on(2, 80))
    same_run(runs.result(), stayed.result())
    assert weights_sha256(runs) == weights_sha256(stayed)
