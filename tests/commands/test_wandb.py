"""Runs and sweeps on Weights & Biases, with its real programs against a stand-in for its service."""

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml

ROOT = Path(__file__).parents[2]
TOY = ROOT / "configs" / "wgan_eight_gaussians.yaml"
DIGITS = ROOT / "configs" / "wgan_gp_digits.yaml"
SMALL = ["--model.generator.width", "4", "--model.critic.width", "4", "--data.batch_size", "8"]
SHORT = ["--trainer.max_steps", "4", "--trainer.val_check_interval", "2", "--trainer.log_every_n_steps", "2"]
SHORT += ["--trainer.callbacks", "null", "--samples.every_n_updates", "2", "--checkpoint.every_n_train_steps", "2"]
LONG = ["--trainer.max_steps", "100000", "--trainer.log_every_n_steps", "5", "--checkpoint.every_n_train_steps", "10"]
LONG += ["--trainer.callbacks", "null", "--trainer.limit_val_batches", "0"]
QUIET = ["--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"]
AXIS = "generator_updates"

spec = importlib.util.spec_from_file_location("wandb_service", Path(__file__).with_name("wandb_service.py"))
wandb_service = importlib.util.module_from_spec(spec)
spec.loader.exec_module(wandb_service)


@pytest.fixture
def service():
    with wandb_service.Service(sweep_limit=2) as running:
        yield running


@pytest.fixture
def environment(tmp_path):
    """The variables of a user without an account, whose programs are this checkout's."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HOME": str(tmp_path / "home"), "PATH": programs}
    return own | {"WANDB_AGENT_DISABLE_FLAPPING": "true"}


@pytest.fixture
def start(environment, tmp_path):
    """Starts a program in an empty folder; what it writes goes into a file there."""
    started = []

    def run(*command, **variables):
        with (tmp_path / f"output_{len(started)}.log").open("wb") as log:
            options = {"cwd": tmp_path, "env": environment | variables, "start_new_session": True}
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **options
            )
        process.output = Path(log.name)
        started.append(process)
        return process

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def program(start):
    """Runs a program to its end, and returns what it wrote."""

    def run(*command, status=0, seconds=600, **variables):
        process = start(*command, **variables)
        assert process.wait(timeout=seconds) == status, process.output.read_text()
        return process.output.read_text()

    return run


def fit(*arguments, config=DIGITS):
    return [sys.executable, "-m", "lit_wgan", "fit", "--config", str(config), *SMALL, *QUIET, *arguments]


def wait_until(holds, process):
    for _ in range(30000):
        if holds():
            return
        assert process.poll() is None, process.output.read_text()
        time.sleep(0.02)
    raise AssertionError(process.output.read_text())


def only_run(service):
    (run,) = service.runs.values()
    return run


def refusal(output):
    """The one line of an error of use."""
    (line,) = [line for line in output.splitlines() if line.startswith("lit-wgan: error: ")]
    assert "Traceback" not in output
    return line


@pytest.mark.slow
def test_one_configuration_more_logs_all_of_a_run_over_its_generator_updates(service, program, tmp_path):
    program(*fit("--config", str(ROOT / "configs/loggers/wandb.yaml"), *SHORT), **service.environment)
    run = only_run(service)
    directory = tmp_path / "runs" / "wgan_gp_digits" / "version_0"
    assert (run.state, run.project, run.title) == ("finished", "lit-wgan", "wgan_gp_digits/version_0")
    assert run.tags == ["gan"]
    assert run.axes == {"*": AXIS}
    for name in ("critic/wasserstein_estimate", "generator/loss", "eval/wasserstein_estimate", "critic/weights"):
        assert [step for step, _ in run.series(name, AXIS)] == [2, 4], name
    for name in ("critic/layer_gradient_norms", "critic/sample_gradient_norms", "samples"):
        assert [step for step, _ in run.series(name, AXIS)] == [2, 4], name
    assert sum(run.series("critic/sample_gradient_norms", AXIS)[0][1]["values"]) == 8  # the minibatch
    assert sum(1 for file in run.files if file.startswith("media/images/samples")) == 2
    assert run.config["model.gp_weight"] == 10
    assert run.config["model.critic.width"] == 4
    assert run.config["environment"]["packages"]["torch"] == torch.__version__.split("+")[0]
    checkpoints = [artifact for artifact in service.artifacts.values() if artifact["artifactTypeName"] == "model"]
    assert (directory / "checkpoints" / "last.ckpt").read_bytes() in [a["files"]["model.ckpt"] for a in checkpoints]
    assert all(artifact["committed"] for artifact in checkpoints)
    assert (directory / "config.yaml").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"runs", "data", "home", "output_0.log"}


@pytest.mark.slow
def test_looking_into_the_critic_changes_no_bit_of_training(service, program, tmp_path):
    program(*fit(*SHORT, "--trainer.logger", "wandb", config=TOY), **service.environment)
    program(*fit(*SHORT, config=TOY))
    runs = tmp_path / "runs" / "wgan_eight_gaussians"
    a, b = (torch.load(runs / f"version_{k}/checkpoints/last.ckpt", weights_only=True) for k in (0, 1))
    assert all(torch.equal(a["state_dict"][name], b["state_dict"][name]) for name in a["state_dict"])
    assert len({(runs / f"version_{k}" / "metrics.csv").read_bytes() for k in (0, 1)}) == 1


@pytest.mark.slow
def test_a_killed_run_goes_on_as_the_same_run_without_a_gap(service, start, program, tmp_path):
    command = fit(*LONG, "--trainer.logger", "wandb", config=TOY)
    killed = start(*command, **service.environment)
    checkpoints = tmp_path / "runs" / "wgan_eight_gaussians" / "version_0" / "checkpoints"
    wait_until(lambda: service.runs and only_run(service).history and list(checkpoints.glob("*.ckpt")), killed)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    last = torch.load(checkpoints / "last.ckpt", weights_only=True)["global_step"]
    end = ["--trainer.max_steps", str(last + 10)]
    output = program(*command, *end, "--ckpt_path", "last", **service.environment)
    assert "Continuing from" in output
    run = only_run(service)
    steps = [step for step, _ in run.series("critic/loss", AXIS)]
    assert steps == sorted(steps)
    assert sorted(set(steps)) == list(range(5, last + 11, 5))
    assert run.state == "finished"


@pytest.mark.slow
def test_a_run_stopped_by_ctrl_c_is_whole_and_marked(service, start, tmp_path):
    process = start(*fit(*LONG, "--trainer.logger", "wandb", config=TOY), **service.environment)
    wait_until(lambda: list(tmp_path.glob("runs/*/*/checkpoints/*.ckpt")), process)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=600) == 130, process.output.read_text()
    run = only_run(service)
    assert (run.tags, run.state) == (["stopped"], "finished")
    assert list(tmp_path.glob("runs/*/*/checkpoints/last.ckpt"))


@pytest.mark.slow
def test_a_run_that_fails_is_marked_failed(service, program):
    arguments = ["--model.critic_optimizer.lr", "1e30", "--trainer.log_every_n_steps", "1"]
    program(*fit(*SHORT, "--trainer.logger", "wandb", *arguments), status=2, **service.environment)
    assert (only_run(service).state, only_run(service).exitcode, only_run(service).tags) == ("failed", 1, [])


@pytest.mark.slow
def test_a_service_that_goes_away_costs_no_training(start, tmp_path):
    with wandb_service.Service() as service:
        options = ["--trainer.logger", "wandb", "--wandb.finish_timeout", "1"]
        process = start(*fit(*LONG, *options, config=TOY), **service.environment)
        wait_until(lambda: list(tmp_path.glob("runs/*/*/checkpoints/*.ckpt")), process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=600) == 0, process.output.read_text()
    assert "wandb sync" in process.output.read_text()


@pytest.mark.slow
def test_an_offline_run_needs_no_account_and_can_be_sent_later(service, program, tmp_path):
    program(*fit(*SHORT, "--trainer.logger", "wandb", config=TOY), WANDB_MODE="offline")
    (kept,) = tmp_path.glob("runs/wgan_eight_gaussians/version_0/wandb/offline-run-*")
    program("wandb", "sync", str(kept), **service.environment)
    assert [step for step, _ in only_run(service).series("critic/loss", AXIS)] == [2, 4]


# What is wrong with the account is told before training starts.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "key", "said"),
    [
        (None, None, "got none. Run wandb login, or: WANDB_MODE=offline"),
        (None, "f" * 40, "got one that it refuses. Run wandb login --relogin or correct WANDB_API_KEY"),
        (401, wandb_service.KEY, "got one that it refuses"),
        (500, wandb_service.KEY, "got: HTTP status 500. Check the network and WANDB_BASE_URL"),
        ("hang", wandb_service.KEY, "got: timed out. Check the network"),
    ],
)
def test_an_account_that_is_not_let_in_is_told_in_one_line(answer, key, said, service, command, monkeypatch, tmp_path):
    forget_account(monkeypatch, tmp_path)
    service.answer = answer
    monkeypatch.setenv("WANDB_BASE_URL", service.url)
    if key is not None:
        monkeypatch.setenv("WANDB_API_KEY", key)
    status, _, err = command("fit", "--config", str(TOY), *SMALL, *SHORT, *QUIET, "--trainer.logger", "wandb")
    assert status == 2
    assert said in refusal(err)
    assert not (tmp_path / "runs").exists()


def forget_account(monkeypatch, tmp_path):
    """Let W&B find nothing of this machine's user, and no settings of an earlier test."""
    import wandb

    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    wandb.teardown()


@pytest.mark.slow
def test_a_service_that_is_not_there_is_told_in_one_line(command, monkeypatch, tmp_path):
    forget_account(monkeypatch, tmp_path)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", wandb_service.KEY)
    status, _, err = command("fit", "--config", str(TOY), *SMALL, *SHORT, *QUIET, "--trainer.logger", "wandb")
    assert (status, "Connection refused" in refusal(err)) == (2, True)


@pytest.mark.slow
def test_no_key_at_a_terminal_opens_no_menu(environment, tmp_path):
    command = ["script", "--quiet", "--return", "--command", " ".join(fit("--trainer.logger", "wandb")), "/dev/null"]
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 600}
    result = subprocess.run(command, cwd=tmp_path, env=environment, check=False, **options)
    assert (result.returncode, "got none. Run wandb login" in refusal(result.stdout)) == (2, True)


@pytest.mark.slow
def test_a_mode_that_w_and_b_does_not_have_is_told_in_one_line(command, monkeypatch, tmp_path):
    forget_account(monkeypatch, tmp_path)
    monkeypatch.setenv("WANDB_MODE", "of")
    status, _, err = command("fit", "--config", str(TOY), *SMALL, *SHORT, *QUIET, "--trainer.logger", "wandb")
    assert status == 2
    assert "Expected valid settings of W&B, but got: mode" in refusal(err)


@pytest.mark.slow
def test_lightnings_own_logger_is_refused_with_what_to_take(command, monkeypatch):
    status, _, err = command("fit", "--config", str(TOY), *SMALL, *SHORT, *QUIET, "--trainer.logger", "WandbLogger")
    assert status == 2
    assert "Give --trainer.logger wandb" in refusal(err)


@pytest.mark.slow
def test_all_processes_of_a_launcher_end_when_one_is_not_let_in(service, program):
    service.answer = 401
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    command = [*launcher, *fit(*SHORT, "--trainer.logger", "wandb")[2:]]
    output = program(*command, status=1, **service.environment)
    assert output.count("got one that it refuses") == 2


# Sweeps.


@pytest.fixture
def sweep_file(tmp_path):
    """Writes a sweep over c that trains for a moment, as a folder's only file."""

    def write(*arguments, **parameters):
        command = ["${env}", "${interpreter}", *fit(*arguments, config=TOY)[1:], "${args}"]
        parameters = {"model.clip_value": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0}} | parameters
        sweep = {"program": "lit_wgan/__main__.py", "command": command, "method": "bayes", "parameters": parameters}
        sweep |= {"metric": {"name": "eval/wasserstein_estimate", "goal": "minimize"}, "project": "sweeps"}
        (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(sweep))
        return str(tmp_path / "sweep.yaml")

    return write


@pytest.mark.slow
def test_an_agent_trains_each_trial_in_a_directory_of_its_own(service, program, sweep_file, tmp_path):
    file = sweep_file(*SHORT)
    created = program("wandb", "sweep", file, **service.environment)
    assert "wandb agent tester/sweeps/sweep0" in created
    output = program("wandb", "agent", "tester/sweeps/sweep0", **service.environment)
    assert set(service.runs) == set(service.sweeps["sweep0"].trials), output
    for name, parameters in service.sweeps["sweep0"].trials.items():
        run = service.runs[name]
        assert (run.state, run.sweep, run.project) == ("finished", "sweep0", "sweeps"), output
        assert {key: run.config[key] for key in parameters} == parameters
        assert [step for step, _ in run.series("eval/wasserstein_estimate", AXIS)] == [2, 4]
        assert "eval/wasserstein_estimate" in run.summary
    runs = sorted(tmp_path.glob("runs/wgan_eight_gaussians/*"))
    assert [run.name for run in runs] == ["version_0", "version_1"]
    clips = [yaml.safe_load((run / "config.yaml").read_text())["model"]["init_args"]["clip_value"] for run in runs]
    assert clips == [parameters["model.clip_value"] for parameters in service.sweeps["sweep0"].trials.values()]


@pytest.mark.slow
def test_a_trial_on_two_devices_that_its_agent_stops_leaves_a_checkpoint_and_a_mark(
    service, start, program, sweep_file, tmp_path
):
    service.sweep_limit = 1
    file = sweep_file(*LONG, **{"trainer.devices": {"value": 2}})
    program("wandb", "sweep", file, **service.environment)
    agent = start("wandb", "agent", "tester/sweeps/sweep0", **service.environment)
    wait_until(lambda: list(tmp_path.glob("runs/*/*/checkpoints/*.ckpt")), agent)
    service.stop("sweep0-0")
    assert agent.wait(timeout=600) == 0, agent.output.read_text()
    run, parameters = only_run(service), service.sweeps["sweep0"].trials["sweep0-0"]
    assert (run.name, run.tags, run.state) == ("sweep0-0", ["stopped"], "finished")
    assert {key: run.config[key] for key in parameters} == parameters
    assert list(tmp_path.glob("runs/*/*/checkpoints/last.ckpt"))


@pytest.mark.parametrize("file", sorted((ROOT / "configs" / "sweeps").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_sweep_file_is_one_that_w_and_b_takes(file, service, program):
    program("wandb", "sweep", str(file), **service.environment)
    (sweep,) = service.sweeps.values()
    shipped = yaml.safe_load(file.read_text())
    assert sweep.config["parameters"].keys() == shipped["parameters"].keys()
    assert (sweep.config["metric"], sweep.config["command"]) == (shipped["metric"], shipped["command"])
