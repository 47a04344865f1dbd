"""``lit-wgan report`` as a user types it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lit_wgan.commands import report as module


@pytest.fixture
def run(tmp_path):
    """A run in the folder where the command keeps runs."""
    directory = tmp_path / "runs" / "toy" / "version_0"
    directory.mkdir(parents=True)
    (directory / "config.yaml").write_text("trainer: {max_steps: 20}\nmodel: {class_path: A}\ndata: {class_path: B}\n")
    (directory / "metrics.csv").write_text("eval/w1,step\n3,10\n2,20\n")
    return directory


def test_the_page_of_a_run_is_in_its_directory_and_that_of_several_is_here(command, run, tmp_path):
    assert command("report", "toy") == (0, "The report is in runs/toy/version_0/report.html.\n", "")
    assert "W1 2." in (run / "report.html").read_text()
    status, out, _ = command("report", "toy", str(run))
    assert (status, out) == (0, "The report is in report.html.\n")
    assert command("report", "toy", "-o", "new/a.html")[0] == 0
    assert (tmp_path / "new" / "a.html").is_file()


def test_the_text_is_printed_and_no_page_is_written(command, run):
    status, out, _ = command("report", "toy", "--text")
    assert status == 0
    assert "W1 2." in out
    assert not (run / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere"], "Expected a run, but got nowhere"),
        (
            ["toy", "-o", "runs"],
            "Expected --output to name a page, such as report.html, but got runs, which is a folder",
        ),
        (["toy", "-o", "a.pdf"], "Expected --output to name a page, such as report.html, but got a.pdf."),
        (
            ["toy", "-o", "runs/toy/version_0/config.yaml/a.html"],
            "Expected to write runs/toy/version_0/config.yaml/a",
        ),
        (["toy", "--serve", "--port", "99999"], "Expected --port to be a free port of this machine, but got 99999"),
        ([], "lit-wgan report --help lists the options."),
    ],
)
def test_mistakes_are_told_in_one_line(command, run, arguments, told):
    status, _, err = command("report", *arguments)
    assert status == 2
    assert told in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("config", ["trainer: 3\nmodel: {}\ndata: {}\n", "{", "[]"])
def test_a_configuration_of_something_else_is_told_with_its_file(command, run, config):
    (run / "config.yaml").write_text(config)
    status, _, err = command("report", "toy")
    assert status == 2
    assert "runs/toy/version_0/config.yaml" in err
    assert len(err.splitlines()) == 1


def test_ctrl_c_ends_serving(command, run, monkeypatch):
    seen = []

    def serve(self, *_):
        seen.append(self.page.read()[0].decode())
        (run / "metrics.csv").write_text("eval/w1,step\n3,10\n2,20\n1.5,30\n")
        seen.append(self.page.read()[0].decode())
        raise KeyboardInterrupt

    monkeypatch.setattr(module.PageServer, "serve_forever", serve)
    status, out, _ = command("report", "toy", "--serve", "--port", "0")
    assert status == 130
    assert out.startswith("The report is at http://127.0.0.1:")
    assert ["W1 1.5." in text for text in seen] == [False, True]
    assert all("connect-src" in text for text in seen)


def test_torch_is_not_imported_for_the_text(run):
    code = (
        "import sys; from lit_wgan.commands import report; report.report(sys.argv[1:]); print('torch' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, str(run), "--text"]
    out = subprocess.run(command, check=True, env={"PYTHONPATH": str(root)}, capture_output=True, text=True).stdout
    assert out.splitlines()[-1] == "False"


def test_a_page_without_a_checkpoint_says_what_is_left_out(command, run):
    assert command("report", "toy")[0] == 0
    assert (
        "Interpolations and nearest training samples: left out. Expected a run with a checkpoint"
        in (run / "report.html").read_text()
    )


def test_a_page_of_several_runs_has_interpolations_of_each_and_says_which_have_none(command, saved, run, tmp_path):
    toy = {"class_path": "lit_wgan.ToyData", "init_args": {"distribution": "swiss_roll", "num_held_out": 10}}
    saved((2,), data=toy)
    config = (tmp_path / "run" / "config.yaml").read_text()
    (tmp_path / "run" / "config.yaml").write_text(f"trainer: {{}}\n{config}")
    shutil.copytree(tmp_path / "run", tmp_path / "again")
    assert command("report", "run", "toy", "again", "-o", "page.html")[0] == 0
    text = (tmp_path / "page.html").read_text()
    for title in ("Interpolations", "Nearest training samples"):
        heads = re.findall(rf"<h3>{title}, (.*)</h3>", text)
        assert [head.rpartition("/")[2] for head in heads] == ["run", "again"]
    assert "toy/version_0: Interpolations and nearest training samples: left out. Expected a run with" in text
