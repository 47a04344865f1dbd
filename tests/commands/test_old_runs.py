"""A run made before modules moved, whose configuration names them as they were: ``old_run/``, made at eb8daaa."""

import csv
import shutil
from pathlib import Path

import pytest
import torch

from lit_wgan import WGANGP, ToyData
from lit_wgan.trained.loading import load_run

OLD = Path(__file__).parent / "old_run"
RUN = Path("runs/old/version_0")
pytestmark = pytest.mark.filterwarnings("ignore:lit_wgan.* has moved:FutureWarning")


@pytest.fixture
def old(command):
    """Runs a command in a folder that holds a copy of the run, and its configuration as ``old.yaml``."""
    shutil.copytree(OLD, RUN)
    shutil.copy(OLD / "config.yaml", "old.yaml")

    def run(*arguments):
        status, out, err = command(*arguments)
        assert status == 0, err
        return out

    return run


def weights(run):
    return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]


def rows(run):
    with (run / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_it_goes_on_as_a_run_that_was_never_stopped(old):
    longer = ["fit", "--config", "old.yaml", "--trainer.max_steps", "6"]
    old(*longer, "--ckpt_path", "last")
    old(*longer)
    assert {row["step"] for row in rows(RUN)} == {"2", "4", "6"}
    torch.testing.assert_close(weights(RUN), weights(RUN.with_name("version_1")))


@pytest.mark.slow
def test_it_is_evaluated(old):
    old("validate", "--config", "old.yaml", "--ckpt_path", "last")
    then, now = (
        [float(row["eval/w1"]) for row in rows(run) if row["step"] == "4" and row["eval/w1"]]
        for run in (RUN, RUN.with_name("version_1"))
    )
    assert now == pytest.approx(then)


def test_its_system_and_data_are_loaded(old):
    system, data = load_run(RUN / "checkpoints" / "last.ckpt")
    assert isinstance(system, WGANGP)
    assert isinstance(data, ToyData)
    assert torch.equal(system.generator.state_dict()["layers.0.weight"], weights(RUN)["generator.layers.0.weight"])


@pytest.mark.slow
def test_it_is_repeated(old, command):
    status, out, err = command("reproduce", str(RUN))
    assert status in (0, 1), err  # to the bit on the CPU that it was made on alone
    assert "generator updates  " in out
