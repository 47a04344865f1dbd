"""Runs that are run again, in processes of their own."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "configs" / "wgan_gp_eight_gaussians.yaml"
UPDATES = ["--trainer.max_steps", "3", "--trainer.val_check_interval", "2"]
QUIET = ["--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"]

pytestmark = pytest.mark.slow


@pytest.fixture
def reproduce(command):
    """Repeats a run; returns the status, what was printed, and the directory of the repetition."""

    def run(directory, *arguments):
        status, out, _ = command("reproduce", str(directory), "--dir", "again", *arguments)
        return status, out, Path("again") / directory.parent.name / "version_0"

    return run


def verdicts(out):
    """What the table says of each figure."""
    return {line.split("  ")[0]: line.split()[-1] for line in out.splitlines() if line.endswith(("equal", "DIFFERENT"))}


def options_of(run):
    return yaml.safe_load((run / "config.yaml").read_text())


def test_a_run_is_equal_to_the_bit_when_it_is_run_again(fit, reproduce):
    run = fit("--seed_everything", "5")
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    status, out, again = reproduce(run)
    assert (status, out.splitlines()[-1]) == (0, "Equal to the bit.")
    assert {"generator", "critic", "ema_generator", "eval/w1"} <= verdicts(out).keys()
    assert set(verdicts(out).values()) == {"equal"}
    assert (again / "metrics.csv").read_text() == (run / "metrics.csv").read_text()
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_a_run_that_was_continued_is_repeated_in_one_go(fit, reproduce):
    run = fit()
    assert fit("--ckpt_path", "last", "--trainer.max_steps", "5") == run
    status, out, again = reproduce(run)
    assert status == 0, out
    assert options_of(again)["trainer"]["max_steps"] == 5
    assert options_of(again)["ckpt_path"] is None


def test_a_run_that_differs_is_told_with_all_that_differs(finished, reproduce, change):
    change(finished / "environment.json", seed=1, **{"packages/torch": "2.0"})
    status, out, _ = reproduce(finished)
    assert status == 1
    assert verdicts(out)["generator updates"] == "equal"
    assert verdicts(out)["generator"] == verdicts(out)["critic"] == "DIFFERENT"
    assert "critic/loss at update 1: " in out
    assert "largest difference of a weight of the generator: " in out
    assert "torch: 2.0 then, " in out


def test_a_run_on_two_devices_is_repeated_on_two(reproduce, together, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = Path(__file__).parents[2] / "distributed" / "toy.yaml"
    command = [sys.executable, "-m", "lit_wgan", "fit", "--config", str(config), "--trainer.devices", "2"]
    (end,) = together(tmp_path, ([*command, "--trainer.max_steps", "4"], {}))
    assert end.status == 0, end.output
    status, out, again = reproduce(Path("runs/toy/version_0"))
    assert status == 0, out
    assert options_of(again)["trainer"]["devices"] == 2


def trap(path, trace):
    """A module that leaves a trace where it is imported."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"open({str(trace)!r}, 'w').close()\n")


def test_a_record_chooses_no_code(finished, reproduce, change, tmp_path):
    trace = tmp_path / "imported"
    trap(tmp_path / "planted" / "sitecustomize.py", trace)
    for name in ("torchmetrics", "tensorboard", "yaml", "lit_wgan"):
        trap(tmp_path / f"{name}.py", trace)
    variables = {"PYTHONPATH": str(tmp_path / "planted"), "OMP_TOOL_LIBRARIES": "/planted.so", "MKL_CBWR": "COMPATIBLE"}
    change(finished / "environment.json", variables=variables)
    status, out, again = reproduce(finished)
    assert not trace.exists()
    assert status in (0, 1)
    assert json.loads((again / "environment.json").read_text())["variables"] == {"MKL_CBWR": "COMPATIBLE"}
    assert "OMP_TOOL_LIBRARIES: /planted.so then, none now" in out


def test_a_run_with_networks_of_the_working_directory_is_repeated(reproduce, together, tmp_path):
    code = "from torch import nn\n\n\nclass Critic(nn.Sequential):\n    def __init__(self):\n        super().__init__"
    (tmp_path / "own_nets.py").write_text(f"{code}(nn.Linear(2, 1))\n")
    config = yaml.safe_load(CONFIG.read_text())
    config["model"]["init_args"]["critic"] = {"class_path": "own_nets.Critic"}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(config))
    fit = [sys.executable, "-m", "lit_wgan", "fit", "--config", "own.yaml", *UPDATES, *QUIET, "--data.batch_size", "8"]
    (end,) = together(tmp_path, ([*fit, "--model.generator.width", "4"], {}))
    assert end.status == 0, end.output
    status, out, _ = reproduce(Path("runs/own/version_0"))
    assert status == 0, out


def test_a_run_is_repeated_under_the_name_of_its_folder_which_may_have_brackets(finished, reproduce):
    (finished / "config.yaml").write_text(yaml.safe_dump(options_of(finished) | {"name": "once"}))
    status, out, again = reproduce(finished.parent.rename("runs/wgan[1]") / "version_0")
    assert status == 0, out
    assert (again / "result.json").exists()
    assert again.parent.name == "wgan[1]"


def test_data_that_is_gone_ends_it_with_status_2(finished, command):
    config = options_of(finished)
    config["data"] = {"class_path": "lit_wgan.ImageData", "init_args": {"dataset": "folder", "root": "gone"}}
    (finished / "config.yaml").write_text(yaml.safe_dump(config))
    status, _, err = command("reproduce", str(finished))
    assert status == 2
    assert f"Expected the run to end as {finished} did, but it ended early (exit status 2)" in err


def test_a_signal_stops_the_repetition_with_a_checkpoint(finished):
    config = options_of(finished)
    config["trainer"]["max_steps"] = 10**6
    config["checkpoint"]["every_n_train_steps"] = 1
    (finished / "config.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "lit_wgan", "reproduce", str(finished), "--dir", "again"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for _ in range(30000):
        if process.poll() is not None or list(Path("again").rglob("*.ckpt")):
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=600)
    assert process.returncode == 2, err
    assert "Stopped by SIGTERM" in err
    assert list(Path("again").rglob("last.ckpt"))
