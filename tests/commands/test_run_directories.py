"""The directory of a run: its name, its one process, and what a failed start leaves."""

import shutil
from pathlib import Path

import pytest
import torch

from lit_wgan.engine.files import try_lock

TOY = Path(__file__).parents[2] / "configs" / "wgan_gp_eight_gaussians.yaml"
SHORT = [
    "--trainer.max_steps=2",
    "--trainer.val_check_interval=100",
    "--data.batch_size=8",
    "--trainer.log_every_n_steps=1",
]
QUIET = ["--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false", "--trainer.accelerator=cpu"]
pytestmark = pytest.mark.slow


@pytest.fixture
def train(command):
    def run(*arguments, config=TOY, status=0):
        ended, _, err = command("fit", f"--config={config}", *SHORT, *QUIET, *arguments)
        assert ended == status, err
        return err

    return run


def test_a_run_has_the_name_that_it_is_given_and_its_configuration_gives_it_again(train):
    train("--name=mine")
    train("--name=mine", "--ckpt_path=last", "--trainer.max_steps=4")
    record = Path("runs/mine/version_0")
    assert torch.load(record / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 4
    train(config=record / "config.yaml")
    assert (record.parent / "version_1" / "result.json").exists()
    assert [path.name for path in Path("runs").iterdir()] == ["mine"]


@pytest.mark.parametrize(("name", "options"), [("...yaml", []), ("toy.yaml", ["--name=a/b"])])
def test_a_name_that_leads_elsewhere_is_refused(name, options, train):
    shutil.copy(TOY, name)
    assert "name for the run's folder, but got" in train(*options, config=name, status=2)
    assert [path.name for path in Path().iterdir()] == [name]


def test_a_start_that_fails_leaves_no_directory(train):
    train("--model.generator.latent_dim=3", status=2)
    assert not list(Path("runs").rglob("*"))


def test_a_directory_that_another_process_trains_in_is_left_alone(train):
    train()
    run = Path("runs/wgan_gp_eight_gaussians/version_0")
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    with (run / ".lock").open() as other:
        assert try_lock(other)
        err = train("--ckpt_path=last", "--trainer.max_steps=4", status=2)
    assert "lit-wgan: error: Expected no other process to train in" in err
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before
    train("--ckpt_path=last", "--trainer.max_steps=4")
    folder = run / "checkpoints"
    with (folder / ".lock").open("a") as other:
        assert try_lock(other)
        assert "Expected no other" in train(f"--checkpoint.dirpath={folder}", "--ckpt_path=last", status=2)
