"""The command as a user types it: in a process of its own where that matters, else in this one."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from PIL import Image

import lit_wgan
from lit_wgan.cli import COMMANDS

CONFIGS = Path(__file__).parents[2] / "configs"
DIGITS = str(CONFIGS / "wgan_gp_digits.yaml")
TOY = str(CONFIGS / "wgan_gp_eight_gaussians.yaml")
TINY = ["--model.generator.width", "4", "--model.critic.width", "4", "--data.batch_size", "8"]
SHORT = [*TINY, "--trainer.max_steps", "3", "--trainer.val_check_interval", "3", "--trainer.log_every_n_steps", "1"]
QUIET = ["--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"]


@pytest.fixture
def lit_wgan_command(command):
    """Runs the command in this process, in an empty folder; returns its status and what it wrote to stderr."""

    def run(*arguments):
        status, _, err = command(*arguments)
        return status, err

    return run


@pytest.fixture
def fit(lit_wgan_command, tmp_path):
    def run(config, *arguments):
        status, err = lit_wgan_command("fit", "--config", config, *SHORT, *QUIET, *arguments)
        assert status == 0, err
        return sorted((tmp_path / "runs").glob("*/version_*"))[-1]

    return run


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--version"], ["fti"]])
def test_quick_answers_import_neither_torch_nor_lightning(arguments):
    code = (
        f"import sys; sys.argv = ['lit-wgan', *{arguments}]\n"
        "from lit_wgan.cli import COMMANDS, main; main()\n"
        "print({'torch', 'lightning', 'wandb'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.endswith("set()\n")


def test_python_m_is_the_command(tmp_path):
    command = [sys.executable, "-m", "lit_wgan", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert result.stdout == f"lit-wgan {lit_wgan.__version__}\n"


SWALLOWS = """
import os, signal, threading
try:
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(600)  # for the signal, which another thread may be the first to hear
except BaseException:
    pass
"""


def test_ctrl_c_while_libraries_are_imported_is_quiet_even_if_one_swallows_it(tmp_path):
    (tmp_path / "lightning.py").write_text(f"{SWALLOWS}raise SystemExit(7)\n")
    path = os.pathsep.join([str(tmp_path), str(CONFIGS.parent)])
    command = [sys.executable, "-m", "lit_wgan", "fit"]
    result = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}
    )
    assert (result.returncode, result.stderr) == (130, "")


def test_ctrl_c_while_options_are_parsed_is_quiet_even_if_a_users_module_swallows_it(forks, tmp_path):
    (tmp_path / "mine.py").write_text(f"{SWALLOWS}raise SystemExit(7)\n")
    command = [sys.executable, "-m", "lit_wgan", "fit", "--config", TOY, "--model.critic", "mine.Critic"]
    with (tmp_path / "log").open("wb") as log:
        process = forks.start(command, cwd=tmp_path, env=dict(os.environ), stdout=log, stderr=subprocess.STDOUT)
        assert process.wait() == 130
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(("compiles", "status"), [("true", 2), ("false", 0)])
def test_a_cache_that_cannot_be_written_ends_a_run_that_needs_it_in_one_plain_line(compiles, status, tmp_path):
    (tmp_path / "file").touch()
    small = ["--model.generator.width=4", "--model.critic.width=4", "--data.batch_size=4", "--trainer.callbacks=null"]
    command = [sys.executable, "-m", "lit_wgan", "fit", "--config", TOY, *small, "--trainer.max_steps=1"]
    folder = {"TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "file" / "inductor")}  # torch makes it for its compiler
    command += [f"--model.compile={compiles}"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=os.environ | folder)
    assert result.returncode == status
    errors = [line for line in result.stderr.splitlines() if "lit-wgan: error: " in line]
    assert len(errors) == (status == 2)
    assert all("Not a directory" in line for line in errors)
    assert "Traceback" not in result.stderr


def test_an_unknown_command_is_answered_with_the_nearest(lit_wgan_command):
    status, err = lit_wgan_command("fti")
    assert status == 2
    assert err == f"lit-wgan: error: Expected one of {', '.join(COMMANDS)}, but got 'fti'. Did you mean fit?\n"


def test_a_run_directory_holds_all_that_is_needed_to_judge_it(fit):
    run = fit(DIGITS)
    assert run.parts[-3:] == ("runs", "wgan_gp_digits", "version_0")
    assert yaml.safe_load((run / "config.yaml").read_text())["model"]["init_args"]["gp_weight"] == 10
    environment = json.loads((run / "environment.json").read_text())
    assert environment["seed"] == 0
    assert environment["packages"]["torch"] == torch.__version__.split("+")[0]
    with (run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows if row["critic/wasserstein_estimate"]] == ["1", "2", "3"]
    (evaluation,) = [row for row in rows if row["eval/w1"]]
    assert evaluation["step"] == "3"
    assert float(evaluation["eval/w1"]) > float(evaluation["eval/w1_floor"]) > 0
    assert evaluation["eval/wasserstein_estimate"]
    assert list(run.glob("events.out.tfevents.*"))
    with Image.open(run / "samples" / "0000003.png") as grid:
        assert grid.size == (530, 530)
    assert "for 3 generator updates" in (run / "report.html").read_text()
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["lit_wgan"]["generator_updates"] == checkpoint["global_step"] == 3


def test_a_run_that_is_to_have_no_report_has_none(fit):
    assert not (fit(TOY, "--report", "false") / "report.html").exists()


def test_a_second_run_writes_over_nothing(fit):
    first = fit(TOY)
    before = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    assert fit(TOY).name == "version_1"
    assert before == {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_runs_without_a_logger_follow_each_other(lit_wgan_command, tmp_path):
    none = ["--trainer.logger", "false", "--checkpoint.dirpath", str(tmp_path / "mine"), "--ckpt_path", "last"]
    for updates in ("2", "3"):
        status, err = lit_wgan_command(*wrong(*none, "--trainer.max_steps", updates, config=TOY))
        assert status == 0, err
    assert torch.load(tmp_path / "mine" / "last.ckpt", weights_only=True)["global_step"] == 3
    assert yaml.safe_load((tmp_path / "runs" / "config.yaml").read_text())["trainer"]["max_steps"] == 3


def test_two_runs_of_one_seed_are_equal_and_of_two_seeds_are_not(fit):
    def weights(*arguments):
        return torch.load(fit(TOY, *arguments) / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]

    first, again, other = weights(), weights(), weights("--seed_everything", "1")
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_options_of_the_command_line_win_over_the_file(fit):
    run = fit(DIGITS, "--model.gp_weight", "3", "--model.init_args.n_critic=2")
    arguments = yaml.safe_load((run / "config.yaml").read_text())["model"]["init_args"]
    assert (arguments["gp_weight"], arguments["n_critic"]) == (3, 2)


def test_a_run_continues_from_a_checkpoint(fit):
    checkpoint = str(fit(TOY) / "checkpoints" / "last.ckpt")
    continued = fit(TOY, "--ckpt_path", checkpoint, "--trainer.max_steps", "5")
    straight = fit(TOY, "--trainer.max_steps", "5")
    a, b = (torch.load(run / "checkpoints" / "last.ckpt", weights_only=True) for run in (continued, straight))
    assert a["lit_wgan"] == b["lit_wgan"]
    assert all(torch.equal(a["state_dict"][name], b["state_dict"][name]) for name in a["state_dict"])


@pytest.mark.parametrize("subcommand", ["validate", "test"])
def test_evaluating_a_checkpoint_repeats_the_figures_of_training(subcommand, fit, lit_wgan_command, tmp_path):
    run = fit(DIGITS)
    checkpoint = str(run / "checkpoints" / "last.ckpt")
    status, err = lit_wgan_command(subcommand, "--config", DIGITS, *TINY, *QUIET, "--ckpt_path", checkpoint)
    assert status == 0, err

    def evaluation(directory):
        with (directory / "metrics.csv").open() as file:
            row = [row for row in csv.DictReader(file) if row["eval/w1"]][-1]
        return {name: value for name, value in row.items() if name.startswith("eval/") or name == "step"}

    again, before = evaluation(run.parent / "version_1"), evaluation(run)
    for name in ("eval/gradient_norm", "eval/wasserstein_estimate_per_slope"):
        # Training has laid out the critic with its channels last, which rounds its gradient in another order.
        assert float(again.pop(name)) == pytest.approx(float(before.pop(name)), rel=1e-6)
    assert again == before


def test_predict_writes_the_samples(fit, lit_wgan_command):
    run = fit(DIGITS)
    checkpoint = str(run / "checkpoints" / "last.ckpt")
    options = [*TINY, *QUIET, "--data.num_generated", "5", "--ckpt_path", checkpoint]
    status, err = lit_wgan_command("predict", "--config", DIGITS, *options)
    assert status == 0, err
    generated = sorted(path.name for path in (run.parent / "version_1" / "generated").iterdir())
    assert generated == [f"{number:06d}.png" for number in range(5)]


@pytest.mark.slow
@pytest.mark.parametrize("progress_bar", ["true", "false"])
def test_without_a_terminal_progress_is_a_line_at_every_log(progress_bar, command):
    arguments = ["--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", progress_bar]
    status, out, err = command("fit", "--config", TOY, *SHORT, *arguments)
    assert status == 0, err
    assert "\r" not in out + err
    lines = [line for line in out.splitlines() if line.startswith("generator update")]
    assert [line.partition(",")[0] for line in lines] == [f"generator update {n} of 3" for n in (1, 2, 3)]
    assert all(re.search(r", [\d.]+ updates/s, \d:\d\d:\d\d left, estimate -?[\d.]+", line) for line in lines)
    assert "Tip: " not in err
    assert "flops" not in (out + err).lower()


@pytest.mark.slow
def test_a_trial_run_by_fast_dev_run_trains_and_leaves_nothing_behind(command, tmp_path):
    status, _, err = command(*wrong("--trainer.fast_dev_run", "true", config=TOY))
    assert status == 0, err
    assert not (tmp_path / "runs").exists()


def wrong(*arguments, config=DIGITS, command="fit"):
    return [command, "--config", config, *SHORT, *QUIET, *arguments]


BROKEN_YAML = "model: [unclosed\n"
BAD_INPUT = {
    "unknown system": (wrong("--model", "WGANGPP"), "WGANGPP"),
    "unknown network": (wrong("--model.critic", "lit_wgan.networks.DCGANCritik"), "DCGANCritik"),
    "unknown option": (wrong("--model.gp_wait", "3"), "gp_wait"),
    "unknown option of the trainer": (wrong("--trainer.max_stepz", "3"), "lit-wgan fit --help all lists the options"),
    "unknown dataset": (wrong("--data.dataset", "imagenet"), "data.dataset to be one of digits, mnist"),
    "unknown distribution": (wrong("--data.distribution", "moons", config=TOY), "data.distribution to be one of"),
    "no such config": (wrong(config="no_such.yaml"), "no_such.yaml"),
    "config that is not YAML": (wrong(config="broken.yaml"), "broken.yaml"),
    "no such checkpoint": (wrong("--ckpt_path", "no_such.ckpt"), "--ckpt_path to be a checkpoint file"),
    "checkpoint that is none": (wrong("--ckpt_path", "broken.yaml"), "broken.yaml"),
    "lambda": (wrong("--model.gp_weight", "-1"), "gp_weight to be above 0, but got -1"),
    "strategy": (wrong("--trainer.strategy", "nonsense"), "invalid strategy name"),
    "c": (wrong("--model.clip_value", "0", config=str(CONFIGS / "wgan_digits.yaml")), "clip_value to be above 0"),
    "n_critic": (wrong("--model.n_critic", "0"), "n_critic to be above 0, but got 0"),
    "batch size": (wrong("--data.batch_size", "0"), "data.batch_size to be above 0, but got 0"),
    "latent size": (wrong("--model.latent_dim", "0"), "latent_dim to be above 0"),
    "generator's latent size": (wrong("--model.generator.latent_dim", "-3"), "latent_dim to be above 0, but got -3"),
    "latent sizes that differ": (wrong("--model.latent_dim", "7"), "noise of shape (N, 7)"),
    "fewer samples than a minibatch": (wrong("--data.batch_size", "5000"), "data.batch_size=5000, but got 1297"),
    "shapes that differ": (wrong("--model.generator.image_size", "16"), "a critic that takes what the generator makes"),
    "images of another size": (wrong("--data.image_size", "16"), "shaped like the real ones"),
    "image size of no network": (wrong("--model.critic.image_size", "4"), "Expected samples with an axis of 5 or more"),
    "batch norm under a penalty": (
        wrong("--model.critic.norm", "batch"),
        "without batch norm under a gradient penalty",
    ),
    "empty folder": (wrong("--data.dataset", "folder", "--data.root", "empty"), "Expected data.root to hold images"),
    "no such folder": (wrong("--data.dataset", "folder", "--data.root", "none"), "Expected data.root to be a folder"),
    "broken image": (wrong("--data.dataset", "folder", "--data.root", "broken"), "bad.png to be an image"),
    "data that is not there": (wrong("--data.dataset", "mnist", "--data.root", "empty"), "--data.download true"),
    "run directory that cannot be": (wrong("--trainer.default_root_dir", "broken.yaml"), "trainer.default_root_dir"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "message"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_ends_in_one_or_two_plain_lines(arguments, message, lit_wgan_command, tmp_path):
    (tmp_path / "broken.yaml").write_text(BROKEN_YAML)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "broken" / "good.png")
    (tmp_path / "broken" / "bad.png").write_bytes(b"no image")
    status, err = lit_wgan_command(*arguments)
    assert status == 2
    _, _, error = err.partition("lit-wgan: error: ")
    assert message in error
    assert len(error.splitlines()) <= 2
    assert "Traceback" not in err
    assert not list((tmp_path / "runs").rglob("*.ckpt"))


LAST = ["--ckpt_path", "last"]
EVERY = ["--checkpoint.every_n_train_steps", "1"]


def last_checkpoint(run):
    return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)


def test_last_starts_a_run_where_there_is_none_and_then_goes_on_with_it(fit):
    first = fit(TOY, *LAST)
    assert last_checkpoint(first)["global_step"] == 3
    again = fit(TOY, *LAST, "--trainer.max_steps", "5")
    assert again == first
    assert last_checkpoint(again)["global_step"] == 5
    with (again / "metrics.csv").open() as file:
        steps = [row["step"] for row in csv.DictReader(file) if row["critic/loss"]]
    assert steps == ["1", "2", "3", "4", "5"]
    assert yaml.safe_load((again / "config.yaml").read_text())["trainer"]["max_steps"] == 3
    assert yaml.safe_load((again / "config_0000003.yaml").read_text())["trainer"]["max_steps"] == 5
    assert (again / "environment_0000003.json").exists()


def test_last_passes_over_a_damaged_checkpoint_names_it_and_keeps_it(fit):
    run = fit(TOY, *EVERY)
    damaged = run / "checkpoints" / "last.ckpt"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    with pytest.warns(UserWarning, match=r"last\.ckpt is no intact checkpoint"):
        fit(TOY, *EVERY, *LAST, "--trainer.max_steps", "5")
    assert len((run / "checkpoints" / "last.ckpt.damaged").read_bytes()) == 1000
    assert last_checkpoint(run)["global_step"] == 5


def test_last_leaves_a_newer_run_that_trained_nothing_yet_for_a_fresh_start(fit, tmp_path):
    run = fit(TOY)
    (run.parent / "version_1" / "checkpoints").mkdir(parents=True)
    assert fit(TOY, *LAST).name == "version_2"


def test_last_evaluates_the_newest_run_without_touching_it(fit, lit_wgan_command):
    run = fit(TOY)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    status, err = lit_wgan_command("validate", "--config", TOY, *TINY, *QUIET, *LAST)
    assert status == 0, err
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert (run.parent / "version_1" / "metrics.csv").exists()


@pytest.mark.slow
@pytest.mark.parametrize("subcommand", ["validate", "test", "predict"])
@pytest.mark.parametrize("arguments", [[], LAST])
def test_without_a_checkpoint_an_untrained_network_is_neither_evaluated_nor_sampled(
    subcommand, arguments, lit_wgan_command, tmp_path
):
    status, err = lit_wgan_command(*wrong(*arguments, config=TOY, command=subcommand))
    assert status == 2
    assert err.splitlines()[-1] == (
        f"lit-wgan: error: Expected a checkpoint for {subcommand}, but got none, nor is there one in "
        "runs/wgan_gp_eight_gaussians. Train with lit-wgan fit first, or give --ckpt_path FILE."
    )
    assert not (tmp_path / "runs").exists()


def test_a_missing_checkpoint_is_answered_with_the_newest_and_another_seed_than_its_own_is_refused(
    fit, lit_wgan_command
):
    newest = fit(TOY) / "checkpoints" / "last.ckpt"
    status, err = lit_wgan_command(*wrong(config=TOY, command="predict"))
    assert status == 2
    assert f"Give --ckpt_path last for runs/{newest.relative_to(newest.parents[3])}, or another FILE." in err
    status, err = lit_wgan_command(*wrong(*LAST, "--seed_everything", "7", config=TOY, command="predict"))
    assert status == 2
    assert "Expected the seed that the checkpoint was trained with, 0, but got 7." in err


def test_last_looks_where_checkpoints_were_asked_to_be(fit, tmp_path):
    options = ["--checkpoint.dirpath", str(tmp_path / "mine")]
    fit(TOY, *options)
    assert fit(TOY, *options, *LAST, "--trainer.max_steps", "5").name == "version_1"
    assert torch.load(tmp_path / "mine" / "last.ckpt", weights_only=True)["global_step"] == 5


def test_an_earlier_file_begins_a_run_of_its_own(fit):
    first = fit(TOY, *EVERY, "--checkpoint.save_top_k=-1")
    other = fit(TOY, "--ckpt_path", str(first / "checkpoints" / "0000002.ckpt"))
    assert other.name == "version_1"
    with (other / "metrics.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file) if row["critic/loss"]] == ["3"]


def test_an_optimizer_option_of_the_command_line_wins_over_the_checkpoint(fit):
    fit(TOY)
    run = fit(TOY, *LAST, "--trainer.max_steps", "4", "--model.critic_optimizer.lr", "0.5")
    critic, generator = last_checkpoint(run)["optimizer_states"]
    assert (critic["param_groups"][0]["lr"], generator["param_groups"][0]["lr"]) == (0.5, 1e-4)


SCHEDULE = ["--model.lr_scheduler", "torch.optim.lr_scheduler.LinearLR", "--model.lr_scheduler.total_iters"]
CONFLICTS = {
    "seed": (["--seed_everything", "1"], "Add --seed_everything 0"),
    "schedule": ([*SCHEDULE, "9"], "total_iters=5, but got total_iters=9"),
    "no schedule": (["--model.lr_scheduler", "null"], "the lr_scheduler, as in the checkpoint, but got none"),
    "rate under a schedule": ([*SCHEDULE, "5", "--model.critic_optimizer.lr", "0.5"], "but got lr=[0.5]"),
    "networks": ([*SCHEDULE, "5", "--model.generator.width", "6"], "Expected a checkpoint of these networks"),
    "average": ([*SCHEDULE, "5", "--model.ema_decay", "0.9"], "but got none"),
    "logger": ([*SCHEDULE, "5", "--trainer.logger", "false"], "Expected --checkpoint.dirpath along with"),
}


@pytest.mark.parametrize(("arguments", "message"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_conflicts_with_the_checkpoint_is_refused(arguments, message, fit, lit_wgan_command):
    fit(TOY, *SCHEDULE, "5")
    more = ["--trainer.max_steps", "5"]
    status, err = lit_wgan_command(*wrong(*LAST, *more, *arguments, config=TOY))
    assert status == 2
    assert message in err


def test_checkpoint_of_another_system_is_refused(fit, lit_wgan_command):
    checkpoint = str(fit(TOY) / "checkpoints" / "last.ckpt")
    config = str(CONFIGS / "wgan_eight_gaussians.yaml")
    status, err = lit_wgan_command(*wrong("--ckpt_path", checkpoint, config=config))
    assert status == 2
    assert "Expected a checkpoint of WGAN, but got one of WGANGP." in err


@pytest.mark.slow
def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_last_checkpoint(lit_wgan_command, tmp_path):
    rate = ["--model.critic_optimizer.lr", "1e30", "--checkpoint.every_n_train_steps", "1"]
    arguments = wrong(*rate, "--trainer.max_steps", "50", "--trainer.val_check_interval", "50", config=TOY)
    status, err = lit_wgan_command(*arguments)
    assert status == 2
    assert "lit-wgan: error: Expected finite losses, but got one that is not in the critic at generator update" in err
    for path in (tmp_path / "runs").rglob("*.ckpt"):
        weights = torch.load(path, weights_only=True)["state_dict"]
        assert all(weight.isfinite().all() for weight in weights.values())


@pytest.mark.slow
def test_debug_shows_the_traceback(lit_wgan_command):
    with pytest.raises(ValueError, match="Expected gp_weight"):
        lit_wgan_command(*wrong("--model.gp_weight", "-1", "--debug"))
