"""Inception Scores of four methods and with labels, and the language model: what is trained, measured and claimed."""

from pathlib import Path

import pytest
import torch

from experiments.wgan_gp import table_3, table_4
from lit_wgan.commands.sweep.check import FitParser
from lit_wgan.experiments import Result
from lit_wgan.experiments.found import load
from lit_wgan.runs.run import Run

ROOT = Path(__file__).parents[3]
HOLDING = {
    "wgan_gp/figure_3": {"gp_adam": 9.0, "gp_rmsprop": 9.05, "clip": 8.0},
    "wgan_gp/table_3": {"supervised_inception_score": 9.0, "unsupervised_inception_score": 9.0, "accuracy": 0.95},
    "wgan_gp/table_4": {
        **{"wgan_gp_jsd_1": 0.04, "wgan_gp_jsd_2": 0.2, "wgan_gp_jsd_2_at_first": 0.5},
        **{"gan_jsd_1": 0.04, "gan_jsd_2": 0.4, "gan_jsd_2_at_first": 0.5},
    },
}
BREAKING = [
    ("wgan_gp/figure_3", {"gp_adam": 8.9}),
    ("wgan_gp/figure_3", {"clip": 9.1}),
    ("wgan_gp/table_3", {"unsupervised_inception_score": 9.1}),
    ("wgan_gp/table_3", {"accuracy": 0.9}),
    ("wgan_gp/table_4", {"wgan_gp_jsd_1": 0.06}),
    ("wgan_gp/table_4", {"wgan_gp_jsd_2": 0.31}),
    ("wgan_gp/table_4", {"wgan_gp_jsd_2_at_first": 0.1}),
    ("wgan_gp/table_4", {"gan_jsd_2": 0.2}),
]


@pytest.fixture(autouse=True)
def text(tmp_path, monkeypatch):
    """A text that is there already, and the folder of experiments as the working directory."""
    monkeypatch.chdir(ROOT)
    (tmp_path / "text.txt").write_text("a line of text\n" * 10)
    monkeypatch.setattr(table_4, "TEXT", tmp_path / "text.txt")


def logged(folder, rows):
    folder.mkdir()
    (folder / "metrics.csv").write_text(rows)
    return Run(folder)


@pytest.mark.parametrize("name", HOLDING)
def test_the_claim_holds_for_numbers_that_bear_it_out(name):
    assert load(name).holds(HOLDING[name])


@pytest.mark.parametrize(("name", "numbers"), BREAKING)
def test_each_number_can_break_the_claim(name, numbers):
    assert not load(name).holds(HOLDING[name] | numbers)


@pytest.mark.slow
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("name", HOLDING)
def test_all_options_are_options_of_fit(name, full):
    for options in load(name).runs(full).values():
        parsed = FitParser().read(options)
        assert parsed.trainer.max_steps >= 100


def test_scores_of_digits_and_of_inception_are_measured_alike(tmp_path):
    names = ",".join(f"fidelity/{name}_digits" for name in ("accuracy", "fid", "inception_score_mean"))
    digits = f"{names},step\n.9,3,8,5\n.95,2,9,9\n"
    inception = "fidelity/fid,fidelity/inception_score_mean,step\n20,7,5\n18,7.8,9\n"
    runs = {"supervised": logged(tmp_path / "a", digits), "unsupervised": logged(tmp_path / "b", inception)}
    assert table_3.Table3().measure(runs) == {
        **{"supervised_inception_score": 9, "supervised_fid": 2, "accuracy": 0.95},
        **{"unsupervised_inception_score": 7.8, "unsupervised_fid": 18},
    }


def test_labels_are_told_in_turn_and_curves_are_those_of_the_runs(tmp_path, monkeypatch):
    rows = "fidelity/fid_digits,fidelity/inception_score_mean_digits,step\n3,8,5\n2,9,9\n"
    runs = {"supervised": logged(tmp_path / "a", rows), "unsupervised": logged(tmp_path / "b", rows)}
    monkeypatch.setattr(table_3, "samples", lambda run: torch.zeros(100, 1, 8, 8))
    figure = table_3.Table3().draw([Result(0, runs, table_3.Table3().measure(runs))])
    curves, *grids = figure.axes
    assert [list(line.get_ydata()) for line in curves.lines] == [[8, 9], [8, 9]]
    assert [axes.get_title() for axes in grids] == ["supervised: 9.00", "unsupervised: 9.00"]


def test_divergences_are_told_with_their_floors_and_drawn_beside_lines(tmp_path, monkeypatch):
    names = [f"eval/ngram_jsd_{n}{floor}" for n in (1, 2, 3, 4) for floor in ("", "_floor")]
    rows = "\n".join([",".join([*names, "step"]), ",".join(["0.5"] * 8 + ["50"]), ",".join(["0.25"] * 8 + ["100"])])
    runs = {f"text_{name}": logged(tmp_path / name, f"{rows}\n") for name in ("wgan_gp", "gan")}
    monkeypatch.setattr(table_4, "sample_lines", lambda run, count: ["a $line$"] * count)
    numbers = table_4.Table4().measure(runs)
    assert numbers["gan_jsd_2_at_first"] == 0.5
    assert {numbers[f"{name}_jsd_{n}"] for name in ("wgan_gp", "gan", "floor") for n in (1, 2, 3, 4)} == {0.25}
    figure = table_4.Table4().draw([Result(0, runs, numbers)])
    assert len(figure.axes) == 4
    figure.savefig(tmp_path / "picture.png")
