"""Commands that pages and scripts show are understood as they stand: commands, options and files."""

import os
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
import torch

from lit_wgan.cli import COMMANDS, _load
from lit_wgan.commands.sweep.check import FitParser

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LIKE_FIT = ("fit", "validate", "test", "predict")
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands_of(page: Path) -> list[list[str]]:
    """The words of each command in a page's shell snippets and indented lines."""
    text = page.read_text()
    snippets = re.findall(r"^```(?:sh|bash|console)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    snippets += re.findall(r"^ {4}((?:\w+=\S* )*(?:lit-wgan|make|python) (?:.*\\\n)*.*)$", text, re.MULTILINE)
    lines = "\n".join(snippets).replace("\\\n", " ").splitlines()
    words = [shlex.split(line.lstrip("$ "), comments=True) for line in lines if re.search(r"\b(lit-wgan|make) ", line)]
    return [command for line in words for command in _known(line)]


def _known(words: list[str]) -> list[list[str]]:
    """The command in a line, from its name to where its output goes."""
    start = next((i for i, word in enumerate(words[:3]) if word.rpartition("/")[2] in ("lit-wgan", "make")), None)
    if start is None:
        return []
    end = next((i for i, word in enumerate(words) if i > start and word in (">", "|", "&&", ";", "2>&1")), None)
    return [[words[start].rpartition("/")[2], *words[start + 1 : end]]]


@pytest.fixture(scope="module")
def fit_parser():
    return FitParser()


class MyDataset:
    """Stands for a reader's own."""

    def __init__(self, year: int = 2000):
        self.year = year

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.zeros(3, 64, 64)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_a_page_shows_are_understood(page, fit_parser, monkeypatch):
    monkeypatch.chdir(ROOT)
    theirs = ModuleType("my_module")
    theirs.MyDataset = MyDataset
    monkeypatch.setitem(sys.modules, "my_module", theirs)
    for program, *arguments in commands_of(page):
        if program == "make":
            assert {word for word in arguments if "=" not in word} <= TARGETS
            continue
        command, *options = [word for word in arguments if word != "OPTIONS"]
        if command.startswith("--") or any(option.endswith(("help", "print_schema")) for option in options):
            continue
        assert command in COMMANDS, f"{page.name} shows lit-wgan {command}"
        try:
            understand(command, options, fit_parser)
        except (Exception, SystemExit) as error:
            pytest.fail(f"{page.name} shows {shlex.join([command, *options])}: {error}")


def understand(command, options, fit_parser):
    """Parse the options of a command as it would itself."""
    if command in LIKE_FIT:
        fit_parser.read(options)
        return
    if command == "extractor":
        options = options[1:]  # train
        if "--config" in options:
            return  # of a run that the reader has
    parser = getattr(import_module(_load(command).__module__), "parser", None)
    if parser is not None:
        parser().parse_args(options)


SCRIPTS = [*(ROOT / "benchmarks").glob("*.sh"), *(ROOT / "docker").glob("*.sh"), ROOT / ".ci" / "run"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_bash_can_read_a_script(script):
    checked = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def commands_of_cifar(folder, **variables):
    """What benchmarks/cifar.sh would run, in a folder: the arguments of lit-wgan."""
    variables = os.environ | {"DRY_RUN": "1", "PYTHON": sys.executable} | variables
    script = ["bash", str(ROOT / "benchmarks" / "cifar.sh"), "results"]
    printed = subprocess.run(script, cwd=folder, env=variables, capture_output=True, text=True, check=True).stdout
    lines = [shlex.split(line) for line in printed.splitlines() if " -m lit_wgan " in line]
    return [line[line.index("lit_wgan") + 1 :] for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize("device", ["gpu", "cpu"])
def test_commands_of_the_cifar_benchmark_are_understood(device, fit_parser, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    commands = commands_of_cifar(tmp_path, DEVICE=device)
    for command, *options in commands:
        understand(command, options, fit_parser)
    names = [command for command, *_ in commands]
    measured = ["evaluate", "evaluate"] if device == "gpu" else []
    assert names == ["extractor", *["fit", "sample", "evaluate"] * 2, *measured]


def test_the_cifar_benchmark_writes_where_it_is_told_and_takes_what_data_there_are(tmp_path):
    (tmp_path / "photos" / "train").mkdir(parents=True)
    extractor, fit, *_ = commands_of_cifar(tmp_path, DEVICE="cpu", DATA="photos", NETWORKS="resnet")
    assert fit[fit.index("--trainer.default_root_dir") + 1] == str(tmp_path / "results" / "runs")
    assert fit[fit.index("--data.dataset") + 1] == "folder"
    assert fit[fit.index("--data.root") + 1] == str(tmp_path / "photos")
    assert "--data.download" not in extractor
    assert "--data.download" in commands_of_cifar(tmp_path, DEVICE="cpu")[0]


def test_the_cifar_benchmark_says_so_where_there_is_no_gpu(tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    script = ["bash", str(ROOT / "benchmarks" / "cifar.sh")]
    ended = subprocess.run(script, env=os.environ | {"PYTHON": str(python)}, capture_output=True, text=True)
    assert ended.returncode == 0
    assert "There is no GPU here" in ended.stdout
