"""``lit-wgan figures``, on experiments that the tests write into the working directory."""

import csv
import json
import sys
from pathlib import Path

import pytest

from lit_wgan.commands.paper_figures.training import Training

EXPERIMENT = """
from pathlib import Path
from matplotlib.figure import Figure
from lit_wgan.experiments import Experiment


class Line(Experiment):
    paper = "A paper, Figure 1"
    claim = "The line is straight."
    published = "2"
    headline = "slope"
{extra}
    def runs(self, full):
        return {runs}

    def measure(self, runs):
        with open("measured.txt", "a") as file:
            file.write("once\\n")
        return {measured}

    def holds(self, numbers):
        return numbers["slope"] == 2

    def draw(self, results):
        figure = Figure()
        figure.add_subplot().plot([result.numbers["slope"] for result in results])
        return figure
"""
CONFIG = """
model:
  class_path: lit_wgan.WGAN
  init_args:
    latent_dim: 2
    generator: {class_path: lit_wgan.networks.MLPGenerator, init_args: {latent_dim: 2, data_shape: 2, width: 4}}
    critic: {class_path: lit_wgan.networks.MLPCritic, init_args: {data_shape: 2, width: 4}}
data: {class_path: lit_wgan.ToyData, init_args: {distribution: swiss_roll, batch_size: 4, num_held_out: 8}}
trainer: {max_steps: 2}
"""


@pytest.fixture(autouse=True)
def forgets_modules():
    """Modules of one test's experiments are not those of another's."""
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "experiments"]:
        del sys.modules[name]


@pytest.fixture
def experiment(command, tmp_path):
    """Writes an experiment into the working directory, which ``command`` has made the test's own."""

    def write(name, runs="{}", measured='{"slope": 2.0}', extra=""):
        path = tmp_path / "experiments" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(EXPERIMENT.format(runs=runs, measured=measured, extra=extra))

    return write


def test_numbers_picture_and_verdict_of_an_experiment(command, experiment):
    experiment("paper_a/figure_1")
    status, out, _ = command("figures", "--seeds", "2")
    assert status == 0
    assert "paper_a/figure_1  The line is straight.  2          slope 2 (2 to 2)  holds (2 of 2)" in out
    folder = Path("figures/paper_a/figure_1")
    with (folder / "numbers.csv").open() as file:
        assert list(csv.reader(file)) == [["seed", "slope", "holds"], ["0", "2.0", "True"], ["1", "2.0", "True"]]
    result = json.loads((folder / "result.json").read_text())
    assert (result["claim"], result["numbers"], result["holds"]) == ("The line is straight.", {"slope": [2, 2]}, [1, 1])
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "picture.pdf").read_bytes().startswith(b"%PDF")


def test_a_claim_that_does_not_hold_is_a_result(command, experiment):
    experiment("paper_b/figure_1", measured='{"slope": 3.0}')
    status, out, _ = command("figures")
    assert status == 0
    assert "does not hold (0 of 1)" in out


def test_an_experiment_that_fails_costs_the_others_nothing(command, experiment):
    experiment("paper_c/figure_1", measured='{"slope": 1 / 0}')
    experiment("paper_c/figure_2")
    status, out, err = command("figures")
    assert status == 1
    assert "failed: ZeroDivisionError: division by zero" in out
    assert 'experiments/paper_c/figure_1.py", line' in err
    assert "holds (1 of 1)" in out


def test_numbers_are_measured_again_when_the_experiment_changes(command, experiment):
    experiment("paper_d/figure_1")
    for _ in range(2):
        command("figures")
    assert Path("measured.txt").read_text() == "once\n"
    with Path("experiments/paper_d/figure_1.py").open("a") as file:
        file.write("# a comment\n")
    command("figures")
    assert Path("measured.txt").read_text() == "once\nonce\n"


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        (["paper_e/figure_2"], ["paper_e/figure_2"]),
        (["paper_e/2"], ["paper_e/figure_2"]),
        (["paper_e/3"], ["paper_e/figures_3_4"]),
        (["paper_e"], ["paper_e/figure_2", "paper_e/figures_3_4"]),
        ([], ["paper_e/figure_2", "paper_e/figures_3_4", "paper_f/table_1"]),
    ],
)
def test_names_of_experiments(wanted, meant, command, experiment):
    for name in ("paper_e/figure_2", "paper_e/figures_3_4", "paper_f/table_1"):
        experiment(name)
    _, out, _ = command("figures", "--list", *wanted)
    assert [line.split()[0] for line in out.splitlines()] == meant


def test_a_name_of_none(command, experiment):
    experiment("paper_g/figure_2")
    status, _, err = command("figures", "paper_g/figur_2")
    assert status == 2
    assert "Did you mean paper_g/figure_2?" in err
    assert command("figures", "paper_g/9")[0] == 2


def test_a_folder_without_experiments(command):
    status, _, err = command("figures")
    assert status == 2
    assert "Run this in a clone of lit-wgan." in err


@pytest.mark.parametrize("options", [("--seeds", "0"), ("--parallel", "0"), ("--output", "taken")])
def test_refused_options(options, command, experiment):
    experiment("paper_h/figure_1")
    Path("taken").write_text("")
    status, _, err = command("figures", *options)
    assert status == 2
    assert options[0] in err


def test_what_needs_a_gpu_runs_when_asked_for(command, experiment):
    experiment("paper_i/figure_1", extra='    has_reduced = False\n    full_cost = "a GPU, a day"\n')
    _, out, _ = command("figures")
    assert "needs --full (a GPU, a day)" in out
    assert not Path("measured.txt").exists()
    assert "holds (1 of 1)" in command("figures", "--full")[1]


def test_a_run_is_another_with_another_configuration(tmp_path):
    config = tmp_path / "some.yaml"
    config.write_text(CONFIG)
    given = Training("some", ("--config", str(config)), 0, tmp_path)
    before = given.folder
    assert Training("some", ("--config", str(config)), 0, tmp_path).folder == before
    assert Training("some", ("--config", str(config), "--trainer.max_steps", "3"), 0, tmp_path).folder != before
    config.write_text(f"# a comment\n{CONFIG}")
    assert given.folder == before
    config.write_text(CONFIG.replace("swiss_roll", "eight_gaussians"))
    assert given.folder != before
    config.unlink()
    with pytest.raises(FileNotFoundError, match=r"some\.yaml.*Run this in a clone"):
        assert given.folder


def test_an_experiment_is_concluded_as_soon_as_its_runs_are_trained(command, experiment, monkeypatch):
    experiment("paper_l/figure_1", runs='{"first": []}')
    experiment("paper_l/figure_2", runs='{"second": []}')
    concluded = []

    def train(trainings, parallel):
        for training in trainings:
            run = training.folder / training.label / "version_0"
            run.mkdir(parents=True)
            (run / "config.yaml").write_text("trainer: {max_steps: 0}\n")
            (run / "result.json").write_text('{"generator_updates": 0}')
            yield training, ""
            concluded.append([path.parent.name for path in sorted(Path("figures").glob("*/*/result.json"))])

    monkeypatch.setattr("lit_wgan.commands.paper_figures.command.train", train)
    assert command("figures")[0] == 0
    assert concluded == [["figure_1"], ["figure_1", "figure_2"]]


@pytest.mark.slow
def test_runs_are_trained_once_and_continued(command, experiment):
    """Two experiments share a run; what fails is told, and tried again."""
    Path("tiny.yaml").write_text(CONFIG)
    tiny = '{"tiny": ["--config", "tiny.yaml"]}'
    experiment("paper_j/figure_1", runs=tiny, measured='{"slope": runs["tiny"].updates}')
    experiment("paper_j/figure_2", runs=tiny, measured='{"slope": runs["tiny"].updates}')
    experiment("paper_j/figure_3", runs='{"wrong": ["--config", "tiny.yaml", "--model.clip_value", "-1"]}')
    status, out, _ = command("figures", "--parallel", "2")
    assert status == 1
    assert out.count("holds (1 of 1)") == 2
    assert "the run wrong failed: Expected clip_value to be above 0" in out
    (run,) = Path("figures/runs").glob("tiny-*/seed_0/tiny/version_*")
    written = (run / "result.json").stat().st_mtime_ns
    assert command("figures", "paper_j/1")[0] == 0
    assert [(run / "result.json").stat().st_mtime_ns] == [written]


@pytest.mark.slow
def test_a_run_that_diverges_is_a_result_where_the_experiment_says_so(command, experiment):
    Path("tiny.yaml").write_text(CONFIG)
    wild = '--model.critic_optimizer={"class_path": "torch.optim.SGD", "init_args": {"lr": 1e38}}'
    runs = f'{{"wild": ["--config", "tiny.yaml", "--model.clip_value", "1e38", {wild!r}, "--trainer.max_steps", "20"]}}'
    measured = '{"slope": 2.0 if runs["wild"].ended == "stopped" else 0.0}'
    experiment("paper_k/figure_1", runs=runs, measured=measured, extra="    may_diverge = True\n")
    for _ in range(2):
        status, out, _ = command("figures")
        assert status == 0, out
        assert "holds (1 of 1)" in out
    assert len(list(Path("figures/runs").glob("wild-*/seed_0/wild/version_*"))) == 1
