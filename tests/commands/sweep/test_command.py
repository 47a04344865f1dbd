"""``lit-wgan sweep`` as a user types it, with real trainings."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from lit_wgan.commands.sweep import check
from lit_wgan.commands.sweep.check import FitParser, check_trials
from lit_wgan.commands.sweep.file import read_sweep
from lit_wgan.errors import UsageError

ROOT = Path(__file__).parents[3]
TOY = ROOT / "tests" / "distributed" / "toy.yaml"
COMMAND = ["lit-wgan", "fit", "--config", str(TOY), "${args}"]
MISSPELT = ["lit-wgan", "fit", "--config", str(TOY), "--model.gp_wieght=1", "${args}"]
SHIPPED = sorted((ROOT / "configs" / "sweeps").glob("*.yaml"))


def wrong_parameter(name, **spec):
    return {"parameters": {name: spec or {"min": 0.1, "max": 1.0}}}


def metric(name):
    return {"metric": {"name": name, "goal": "minimize"}}


BAD = {
    "no such parameter": (
        wrong_parameter("model.gp_wieght"),
        [],
        "but got model.gp_wieght. Did you mean model.gp_weight",
    ),
    "nothing like it": (wrong_parameter("zzz"), [], "but got zzz. lit-wgan fit --help lists them."),
    "option of another system": (wrong_parameter("model.clip_value"), [], "but got model.clip_value."),
    "one of several": (
        {"parameters": {"model.gp_weight": {"value": 1}, "model.gp_wieght": {"value": 1}}},
        [],
        "but got model.gp_wieght. Did you mean model.gp_weight",
    ),
    "value of another type": (
        wrong_parameter("model.gp_weight", values=[1.0, "big"]),
        [],
        "Expected model.gp_weight in sweep.yaml to take big, but got: In model.gp_weight:",
    ),
    "objective of no callback": (metric("fidelity/fid_digits"), [], "but got fidelity/fid_digits. Take one of them."),
    "objective that is misspelt": (metric("eval/w2"), [], "to be one of eval/w1, eval/w1_floor, eval/w1_with"),
    "objective that comes too late": (
        {},
        ["--", "--trainer.max_steps", "19"],
        "at most trainer.max_steps=19, but got 20",
    ),
    "parameter after --": (
        {},
        ["--", "--model.gp_weight", "3"],
        "Expected model.gp_weight, a parameter in sweep.yaml, to be set by the sweep alone",
    ),
    "parameter after -- by its long name": (
        {},
        ["--", "--model.init_args.gp_weight=3"],
        "another value for it behind ${args} in the command, after --, or among the sweep",
    ),
    "parameter in a configuration after --": (
        {},
        ["--", "--config", str(ROOT / "configs" / "wgan_gp_eight_gaussians.yaml")],
        "Expected model.gp_weight, a parameter",
    ),
    "parameter behind ${args}": (
        {"command": [*COMMAND, "--model.gp_weight=3"]},
        [],
        "Expected model.gp_weight, a parameter in sweep.yaml, to be set by the sweep alone",
    ),
    "parameter of the sweep's own": (
        wrong_parameter("trainer.enable_progress_bar", values=[True, False]),
        [],
        "Expected trainer.enable_progress_bar, a parameter",
    ),
    "folder as a parameter": (
        wrong_parameter("trainer.default_root_dir", values=["a", "b"]),
        [],
        "Expected trainer.default_root_dir, a parameter",
    ),
    "the sweep's own after --": ({}, ["--", "--trainer.logger=false"], "but got --trainer.logger=false. Remove it."),
    "no callbacks": ({}, ["--", "--trainer.callbacks", "null"], "to be one of none, which its runs log"),
    "shared checkpoints": ({}, ["--", "--checkpoint.dirpath", "mine"], "but got checkpoint.dirpath mine. Remove it."),
    "checkpoint of the command": ({}, ["--", "--ckpt_path", "last"], "but got ckpt_path last. Remove it."),
    "no such option of the trials": ({}, ["--", "--trainer.max_stpes", "3"], "max_stpes"),
    "no such option in the command": ({"command": MISSPELT}, [], "gp_wieght"),
    "no such configuration": (
        {},
        ["--", "--config", "none.yaml"],
        "Expected --config to name a YAML file of options, but got none.yaml",
    ),
    "no count": ({}, ["--count"], "Argument --count: expected one argument. lit-wgan sweep --help lists the options."),
    "count of none": ({}, ["--count", "0"], "Expected --count to be above 0, but got 0"),
    "nothing in parallel": ({}, ["--parallel", "-1"], "Expected --parallel to be above 0, but got -1"),
    "folder that cannot be": (
        {},
        ["--dir", "sweep.yaml/x"],
        "Expected --dir to be a folder that can be written, but got",
    ),
    "range in a grid": ({"method": "grid"}, [], "Expected model.gp_weight to list its values for a grid"),
    "unknown option": ({}, ["--prallel", "2"], "Unrecognized arguments: --prallel"),
    "fault of the file": ({"method": "bays"}, [], "Did you mean bayes?"),
}


@pytest.fixture(scope="module")
def fit_parser():
    """The parser of ``lit-wgan fit``, which takes a second to make."""
    return FitParser()


@pytest.fixture
def one_parser(fit_parser, monkeypatch):
    """Lets sweeps share it."""
    monkeypatch.setattr(check, "FitParser", lambda: fit_parser)


@pytest.mark.slow
@pytest.mark.usefixtures("one_parser")
@pytest.mark.parametrize(("changes", "options", "message"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_said_in_one_or_two_lines_before_the_first_trial(
    changes, options, message, command, sweep_file, tmp_path
):
    sweep_file(**changes)
    count = [] if "--count" in options else ["--count", "2"]
    status, _, err = command("sweep", "sweep.yaml", *count, *options)
    assert status == 2
    assert message in err
    assert len(err.splitlines()) <= 2
    assert not list(tmp_path.rglob("trials"))


def test_metrics_of_conditional_systems_are_objectives_of_these_alone(sweep_file):
    """``toy.yaml`` is conditional and has an ExactW1."""
    file = read_sweep(sweep_file(**metric("eval/w1_with_condition")))
    assert check_trials(file, []).model.init_args.condition is not None
    with pytest.raises(UsageError, match="but got eval/w1_with_condition"):
        check_trials(file, ["--model.condition=null"])


def test_a_sweep_without_end_is_refused(command, sweep_file):
    sweep_file()
    status, _, err = command("sweep", "sweep.yaml")
    assert status == 2
    assert "Expected --count, since sweep.yaml has no run_cap, but got none." in err


@pytest.mark.slow
def test_a_folder_in_which_another_sweep_runs_is_refused(command, sweep_file, tmp_path):
    sweep_file()
    folder = tmp_path / "runs" / "sweeps" / "sweep"
    folder.mkdir(parents=True)
    hold = f"import fcntl; f = open({str(folder / 'lock')!r}, 'a'); fcntl.flock(f, fcntl.LOCK_EX); print(); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        status, _, err = command("sweep", "sweep.yaml", "--count", "1")
        other.communicate(b"\n")
    assert status == 2
    assert "Expected runs/sweeps/sweep to be free, but another lit-wgan sweep runs in it." in err


class Sweeps:
    """Runs ``lit-wgan sweep`` in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.sweep = folder / "runs" / "sweeps" / "sweep"

    def start(self, *options):
        command = [sys.executable, "-m", "lit_wgan", "sweep", "sweep.yaml", *options]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.folder, env=environment, start_new_session=True, **pipes)

    def rows(self):
        with (self.sweep / "results.csv").open() as file:
            return {row["trial"]: row for row in csv.DictReader(file)}

    def wait_for_checkpoint(self, process, trial):
        folder = self.sweep / "trials" / trial
        for _ in range(30000):
            if process.poll() is not None or list(folder.glob("*/*/checkpoints/*.ckpt")):
                break
            time.sleep(0.02)
        assert process.poll() is None, process.communicate()

    def checkpoint(self, trial):
        (path,) = (self.sweep / "trials" / trial).glob("toy/version_0/checkpoints/last.ckpt")
        return torch.load(path, weights_only=True)

    def written(self, trial):
        return {path: path.stat().st_mtime_ns for path in (self.sweep / "trials" / trial).rglob("*")}

    def metrics(self, trial):
        (path,) = (self.sweep / "trials" / trial).glob("toy/version_0/metrics.csv")
        return path.read_text()


@pytest.fixture
def sweeps(tmp_path):
    return Sweeps(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_command_of_a_shipped_sweep_takes_its_parameters_and_logs_its_objective(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert check_trials(read_sweep(path), []).trainer.max_steps > 0


@pytest.mark.slow
@pytest.mark.parametrize(("name", "devices"), [("clip_value", 1), ("gp_weight_grid", 2)])
def test_shipped_sweep_runs_on_any_number_of_devices(name, devices, command, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    short = ["--trainer.max_steps", "2", "--trainer.val_check_interval", "1", "--trainer.accelerator", "cpu"]
    short += ["--trainer.devices", str(devices)]
    short += ["--model.generator.width", "4", "--model.critic.width", "4", "--data.batch_size", "8"]
    file = f"configs/sweeps/{name}.yaml"
    status, out, err = command("sweep", file, "--count", "1", "--dir", str(tmp_path / "sweep"), "--", *short)
    assert status == 0, err
    assert f"finished, {read_sweep(ROOT / file).metric} " in out
    assert {path.stem for path in (tmp_path / "sweep").glob("*.png")} == set(read_sweep(ROOT / file).parameters)


@pytest.mark.slow
def test_trials_of_which_one_crashes_end_in_a_table_and_figures(command, sweeps, sweep_file):
    sweep_file(method="grid", parameters={"model.n_critic": {"values": [1, 0, 2]}})
    status, out, err = command("sweep", "sweep.yaml", "--parallel", "2", "--", "--trainer.max_steps", "20")
    assert status == 0, err
    rows = sweeps.rows()
    assert [rows[trial]["state"].split(":")[0] for trial in "012"] == ["finished", "failed", "finished"]
    assert "n_critic to be above 0, but got 0" in rows["1"]["state"]
    assert (sweeps.sweep / "results.md").read_text() in out
    assert f"in trial {min('02', key=lambda trial: float(rows[trial]['eval/w1']))}." in out
    assert (sweeps.sweep / "model.n_critic.png").stat().st_size > 1000
    status, out, err = command("sweep", "sweep.yaml", "--", "--trainer.max_steps", "20")
    assert status == 0, err
    assert "trial " not in out.partition("|")[0]  # none began
    assert sweeps.rows() == rows
    status, _, err = command("sweep", "sweep.yaml", "--", "--trainer.max_steps", "21")
    assert status == 2
    assert "of another sweep, or of this file before it was changed" in err


@pytest.mark.slow
def test_a_sweep_in_which_no_trial_finishes_ends_in_an_error(command, sweep_file):
    sweep_file(method="grid", parameters={"model.n_critic": {"values": [0]}})
    status, out, err = command("sweep", "sweep.yaml")
    assert status == 2
    assert "n_critic to be above 0" in out
    assert err.endswith("to finish, but none of 1 did. The table says why, and trials/*/log.txt more.\n")
    assert len(err.splitlines()) == 1


@pytest.mark.slow
def test_a_sweep_that_is_killed_and_runs_again_ends_as_one_that_is_not(command, sweeps, sweep_file, tmp_path):
    sweep_file(method="random")
    options = ["--count", "2", "--", "--trainer.max_steps", "300"]
    undisturbed = Sweeps(tmp_path)
    undisturbed.sweep = tmp_path / "undisturbed"
    status, _, err = command("sweep", "sweep.yaml", "--dir", "undisturbed", "--parallel", "2", *options)
    assert status == 0, err
    process = sweeps.start(*options)
    sweeps.wait_for_checkpoint(process, "001")
    finished = sweeps.written("000")
    process.kill()
    process.communicate()
    status, out, err = command("sweep", "sweep.yaml", *options)
    assert status == 0, err
    assert "trial 0" not in out.partition("|")[0]
    assert "trial 1: goes on with model.gp_weight" in out
    assert sweeps.written("000") == finished
    assert sweeps.rows() == undisturbed.rows()
    assert sweeps.metrics("001") == undisturbed.metrics("001")
    a, b = sweeps.checkpoint("001"), undisturbed.checkpoint("001")
    assert a["global_step"] == b["global_step"] == 300
    assert all(torch.equal(weight, b["state_dict"][name]) for name, weight in a["state_dict"].items())


@pytest.mark.slow
def test_ctrl_c_stops_the_trials_after_saving_and_shows_what_there_is(sweeps, sweep_file):
    sweep_file()
    process = sweeps.start("--count", "3", "--parallel", "2", "--", "--trainer.max_steps", "1000000")
    sweeps.wait_for_checkpoint(process, "000")
    sweeps.wait_for_checkpoint(process, "001")
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert [row["state"] for row in sweeps.rows().values()] == ["interrupted", "interrupted"]
    assert "Best" not in out
    for trial in ("000", "001"):
        assert "Stopped by SIGTERM after" in (sweeps.sweep / "trials" / trial / "log.txt").read_text()
        assert sweeps.checkpoint(trial)["global_step"] > 0
