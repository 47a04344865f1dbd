"""What the launchers' variables mean, by the variables alone; tests/distributed starts real processes."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from lightning.pytorch import Trainer
from lightning.pytorch.plugins.environments import SLURMEnvironment

from lit_wgan.cli import main
from lit_wgan.engine.launch import check_processes, trainer_options

TORCHRUN = {"TORCHELASTIC_RUN_ID": "1", "WORLD_SIZE": "6", "LOCAL_WORLD_SIZE": "3", "GROUP_WORLD_SIZE": "2"}
TORCHRUN |= {"RANK": "0", "LOCAL_RANK": "0"}
SLURM = {"SLURM_NTASKS": "6", "SLURM_NTASKS_PER_NODE": "3", "SLURM_NNODES": "2", "SLURM_STEP_ID": "0"}
SLURM |= {"SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0", "SLURM_JOB_NAME": "train"}
BY_HAND = {"WORLD_SIZE": "6", "LOCAL_WORLD_SIZE": "3", "LOCAL_RANK": "0"}
LAUNCHES = {"torchrun": TORCHRUN, "SLURM": SLURM, "torchrun in SLURM": SLURM | TORCHRUN, "by hand": BY_HAND}


@pytest.fixture
def variables(monkeypatch):
    for name in [*TORCHRUN, *SLURM, *BY_HAND, "NODE_RANK"]:
        monkeypatch.delenv(name, raising=False)

    def set_all(values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_all


@pytest.mark.parametrize("launch", LAUNCHES.values(), ids=LAUNCHES)
def test_options_left_out_are_the_launchers(launch, variables):
    variables(launch)
    assert trainer_options("auto", 1) == {"devices": 3, "num_nodes": 2}


def test_options_given_are_kept(variables):
    variables(TORCHRUN)
    assert trainer_options(4, 1) == {"num_nodes": 2}
    assert trainer_options("auto", 5) == {"devices": 3}


def test_without_a_launcher_nothing_is_changed(variables):
    assert trainer_options("auto", 1) == {}
    variables({"WORLD_SIZE": "2", "LOCAL_RANK": "1"})  # a process that Lightning started
    assert trainer_options("auto", 1) == {}


@pytest.mark.parametrize("name", ["bash", "interactive"])
def test_interactive_slurm_jobs_are_no_launch(name, variables):
    variables(SLURM | {"SLURM_JOB_NAME": name})
    assert trainer_options("auto", 1) == {}
    check_processes(Trainer(accelerator="cpu", devices=1, logger=False))


def test_one_slurm_task_needs_no_options(variables):
    variables({"SLURM_NTASKS": "1", "SLURM_JOB_NAME": "train"})
    assert trainer_options("auto", 1) == {"devices": 1, "num_nodes": 1}


def test_slurm_tasks_without_tasks_per_node_are_refused(variables):
    variables({name: value for name, value in SLURM.items() if name != "SLURM_NTASKS_PER_NODE"})
    with pytest.raises(ValueError, match="Expected --ntasks-per-node among .* but got --ntasks=6 alone"):
        trainer_options("auto", 1)


def test_a_slurm_job_without_srun_is_refused(variables):
    variables({name: value for name, value in SLURM.items() if name != "SLURM_STEP_ID"})
    with pytest.raises(ValueError, match="Expected srun to start the 6 tasks"):
        trainer_options("auto", 1)


MISMATCHES = {
    "torchrun starts two, one device": (TORCHRUN | {"WORLD_SIZE": "2"}, (1, 1, 1), "got 2 from torchrun"),
    "torchrun starts two, four devices": (TORCHRUN | {"WORLD_SIZE": "2"}, (4, 1, 2), "got 2 from torchrun"),
    "unequal nodes": (TORCHRUN | {"WORLD_SIZE": "4"}, (3, 2, 4), "got 4 from torchrun"),
    "srun starts one, two devices": (SLURM | {"SLURM_NTASKS": "1"}, (2, 1, 1), "got 1 from srun"),
    "by hand": (BY_HAND, (1, 1, 1), "got 6 from the variable WORLD_SIZE"),
}


@pytest.mark.parametrize(("launch", "trainer", "message"), MISMATCHES.values(), ids=MISMATCHES)
def test_a_mismatch_is_refused(launch, trainer, message, variables):
    variables(launch)
    devices, nodes, world = trainer
    with pytest.raises(ValueError, match=f"Expected {devices * nodes} processes for trainer.devices.*{message}"):
        check_processes(SimpleNamespace(num_devices=devices, num_nodes=nodes, world_size=world))


def test_a_cluster_that_disagrees_with_the_trainer_is_refused(variables):
    variables(SLURM | {"SLURM_JOB_NAME": "bash", "SLURM_NTASKS": "1", "SLURM_NTASKS_PER_NODE": "2"})
    trainer = Trainer(accelerator="cpu", devices=2, plugins=[SLURMEnvironment()], logger=False)
    with pytest.raises(ValueError, match="Expected 2 processes .* got 1 from the cluster"):
        check_processes(trainer)


MISUSES = {
    "torchrun": (TORCHRUN, ["--trainer.devices", "1", "--trainer.num_nodes", "1"], "but got 6 from torchrun"),
    "srun": (SLURM | {"SLURM_NTASKS": "1"}, ["--trainer.devices", "2"], "but got 1 from srun"),
    "strategy": ({}, ["--trainer.strategy", "deepspeed"], "of the DDP family, but got DeepSpeedStrategy"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("launch", "options", "message"), MISUSES.values(), ids=MISUSES)
def test_the_command_ends_in_one_line_before_it_waits_for_others(
    launch, options, message, variables, monkeypatch, tmp_path, capsys
):
    variables(launch)
    monkeypatch.delenv("LIT_WGAN_DEBUG", raising=False)
    config = Path(__file__).parents[2] / "configs" / "wgan_gp_eight_gaussians.yaml"
    monkeypatch.chdir(tmp_path)
    arguments = ["lit-wgan", "fit", "--config", str(config), "--trainer.accelerator", "cpu", *options]
    monkeypatch.setattr(sys, "argv", arguments)
    assert main() == 2
    _, _, error = capsys.readouterr().err.partition("lit-wgan: error: ")
    assert message in error
    assert len(error.splitlines()) == 1
