"""Short runs to repeat."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from lit_wgan.cli import main

CONFIG = Path(__file__).parents[3] / "configs" / "wgan_gp_eight_gaussians.yaml"
RUN = Path("runs/wgan_gp_eight_gaussians/version_0")
NETWORKS = ["--model.generator.width", "4", "--model.critic.width", "4", "--model.ema_decay", "0.9"]
UPDATES = ["--trainer.max_steps", "3", "--trainer.val_check_interval", "2", "--trainer.log_every_n_steps", "1"]
QUIET = ["--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"]
SMALL = [*NETWORKS, *UPDATES, *QUIET, "--data.batch_size", "8"]


@pytest.fixture
def fit(command):
    """Trains in this process, in an empty folder; returns the run's directory."""

    def run(*arguments):
        status, _, err = command("fit", "--config", str(CONFIG), *SMALL, *arguments)
        assert status == 0, err
        return RUN

    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a run that has ended."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["lit-wgan", "fit", "--config", str(CONFIG), *SMALL])
        assert main() == 0
    return folder


@pytest.fixture
def finished(trained, monkeypatch, tmp_path):
    """A copy of that run, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained / RUN, RUN)
    return RUN


@pytest.fixture
def change():
    """Changes entries of a JSON file; the names of nested ones are joined by ``/``."""

    def rewrite(path, **entries):
        record = json.loads(path.read_text())
        for name, value in entries.items():
            *parents, last = name.split("/")
            place = record
            for parent in parents:
                place = place[parent]
            place[last] = value
        path.write_text(json.dumps(record))

    return rewrite
