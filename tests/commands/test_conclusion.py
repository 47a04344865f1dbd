"""The last words of a run: how good it is, what may be wrong with it, where everything is, and what to do next."""

import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from lit_wgan import runs
from lit_wgan.commands import conclusion
from lit_wgan.commands.conclusion import conclude, say_results
from lit_wgan.commands.fit import Experiment
from lit_wgan.commands.record import RunRecord
from lit_wgan.reports.diagnosis import Finding
from lit_wgan.runs import metrics_rows
from lit_wgan.runs.run import Run

METRICS = "eval/w1,eval/w1_floor,eval/wasserstein_estimate,step\n3.2,2.74,0.5,10\n3.14,2.74,0.4,20\n"


@pytest.fixture
def words(tmp_path, caplog):
    """What is said of a run in ``directory`` that holds a metrics.csv and further files."""

    def say(directory, metrics="", files=(), of_trainer=None):
        (directory / "samples").mkdir(parents=True)
        (directory / "config.yaml").write_text(yaml.safe_dump({"trainer": {"max_steps": 20}}))
        for name in files:
            (directory / name).touch()
        if metrics:
            (directory / "metrics.csv").write_text(metrics)
        with caplog.at_level("INFO"):
            say_results(SimpleNamespace(callback_metrics=of_trainer or {}), Run(directory))
        return [record.getMessage() for record in caplog.records]

    return say


def test_a_run_ends_with_its_metrics_in_words_its_place_and_two_commands(words, tmp_path):
    directory = tmp_path / "digits" / "version_0"
    assert words(directory, METRICS, ["report.html"]) == [
        "W1 3.14; a perfect generator would reach about 2.74 on these samples: 15 % above it.",
        "Critic's estimate on held-out samples 0.4; it compares within this run only.",
        f"Everything is in {directory}: report.html, samples/.",
        f"Next: lit-wgan sample {directory} -n 100 -o new_samples",
        f"      lit-wgan report {directory}",
    ]


def test_commands_can_be_pasted_for_a_folder_with_a_space(words, tmp_path):
    directory = tmp_path / "my digits" / "version_0"
    command = words(directory, METRICS)[-2].removeprefix("Next: ")
    assert shlex.split(command) == ["lit-wgan", "sample", str(directory), "-n", "100", "-o", "new_samples"]


def test_a_run_that_measured_nothing_is_told_how_to(words, tmp_path):
    assert "add one such as lit_wgan.SampleMetrics" in words(tmp_path / "a" / "version_0", "critic/loss,step\n1,1\n")[0]
    assert words(tmp_path / "b" / "version_0")[-2].startswith("Next: ")


@pytest.mark.parametrize(("error", "told"), [(SystemExit(0), True), (KeyboardInterrupt(), False), (OSError(), False)])
def test_a_run_that_a_signal_has_ended_says_how_good_it_is_too(error, told, tmp_path, caplog):
    """Other errors have their own last words."""
    experiment, begun = Experiment.__new__(Experiment), []
    experiment.when_failing = lambda trainer, error: begun.append(error)
    record = RunRecord(None, None)
    record.directory = str(tmp_path)
    trainer = SimpleNamespace(is_global_zero=True, callbacks=[record], callback_metrics={"eval/w1": 3.0})
    with caplog.at_level("INFO"):
        experiment._before_closing(trainer, error)
    assert begun == [error]
    assert ("W1 3." in caplog.text, f"Everything is in {tmp_path}" in caplog.text) == (told, told)


def test_without_metrics_csv_the_metrics_are_the_trainers(words, tmp_path):
    assert words(tmp_path / "a" / "version_0", of_trainer={"eval/w1": 3.0})[0] == "W1 3."


def test_without_any_file_all_metrics_are_told(caplog):
    """As of a trial run, fast_dev_run, which keeps nothing."""
    with caplog.at_level("INFO"):
        say_results(SimpleNamespace(callback_metrics={f"eval/m{i}": 1.0 for i in range(9)}), None)
    assert [record.getMessage() for record in caplog.records] == [f"eval/m{i} 1." for i in range(9)]


def test_the_last_words_stay_about_ten_lines_of_120_columns(words, tmp_path, monkeypatch):
    finding = Finding("a rule", "fault", "x" * 60 + ".", "Do something.", "docs/troubleshooting.md#critic-saturated")
    monkeypatch.setattr(conclusion, "diagnose", lambda run: [finding] * 9)
    lines = words(
        tmp_path / "a" / "version_0", ",".join(f"eval/m{i}" for i in range(20)) + ",step\n" + "1," * 20 + "5\n"
    )
    assert len(lines) <= 11
    assert lines[4] == "16 more metrics are in metrics.csv."
    assert lines[5] == f"Fault: {'x' * 60}. See docs/troubleshooting.md#critic-saturated."
    assert max(len(line) for line in lines[:8]) <= 120


def test_metrics_csv_is_read_once_for_the_report_and_the_last_words(tmp_path, monkeypatch, caplog):
    (tmp_path / "config.yaml").write_text("trainer: {max_steps: 20}\nmodel: {class_path: A}\ndata: {class_path: B}\n")
    (tmp_path / "metrics.csv").write_text(METRICS)
    read = []
    monkeypatch.setattr(runs.run, "read_rows", lambda path: read.append(path) or metrics_rows.read_rows(path))
    monkeypatch.setattr(conclusion, "write_result", lambda *of_run: None)
    trainer = SimpleNamespace(log_dir=str(tmp_path), is_global_zero=True, global_step=20, callback_metrics={})
    trainer.world_size = 1
    with caplog.at_level("INFO"):
        conclude(trainer, None, "config.yaml", report=True)
    assert (tmp_path / "report.html").is_file()
    assert "W1 3.14" in caplog.text
    assert len(read) == 1


@pytest.mark.slow
def test_a_run_that_early_stopping_has_ended_says_both_why_and_how_good_it_is(command, caplog):
    config = Path(__file__).parents[2] / "configs" / "wgan_gp_eight_gaussians_early_stopping.yaml"
    tiny = ["--model.generator.width", "4", "--model.critic.width", "4", "--data.batch_size", "8"]
    often = ["--trainer.val_check_interval", "1", "--checkpoint.every_n_train_steps", "1"]
    quick = ["--trainer.callbacks=[]", "--trainer.callbacks+=ExactW1", "--trainer.callbacks.num_samples=9"]
    stop = ["--trainer.callbacks+=lightning.pytorch.callbacks.EarlyStopping", "--trainer.callbacks.monitor=eval/w1"]
    patience = ["--trainer.callbacks.patience=1", "--trainer.callbacks.min_delta=100", "--checkpoint.monitor=eval/w1"]
    with caplog.at_level("INFO"):
        status, _, err = command("fit", "--config", str(config), *tiny, *often, *quick, *stop, *patience)
    assert status == 0, err
    lines = [record.getMessage() for record in caplog.records]
    first = next(number for number, line in enumerate(lines) if line.startswith("Stopped early after 2 "))
    assert lines[first + 1] == "2 generator updates done."
    assert lines[first + 2].startswith("W1 ")
    assert lines[-1].strip() == "lit-wgan report runs/wgan_gp_eight_gaussians_early_stopping/version_0"
    assert max(map(len, lines[first + 1 :])) <= 120
