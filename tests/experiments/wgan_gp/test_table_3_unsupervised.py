"""Inception Scores on CIFAR-10: what is trained, measured and drawn, on a run that the test writes."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from experiments.wgan_gp import table_3_unsupervised
from experiments.wgan_gp.table_3_unsupervised import LABEL, Table3Unsupervised
from lit_wgan.commands.sweep.check import FitParser
from lit_wgan.experiments import Result
from lit_wgan.runs.run import Run

ROOT = Path(__file__).parents[3]


@pytest.fixture
def run(tmp_path):
    """A run that was measured twice."""
    rows = "fidelity/fid,fidelity/inception_score_mean,step\n30,7.9,5000\n20,7.8,10000\n"
    (tmp_path / "metrics.csv").write_text(rows)
    return Run(tmp_path)


def test_the_score_counts_after_the_last_update_and_has_to_beat_all_others(run):
    numbers = Table3Unsupervised().measure({LABEL: run})
    assert numbers == {"inception_score": 7.8, "best_inception_score": 7.9, "fid": 20}
    assert Table3Unsupervised().holds(numbers)
    assert not Table3Unsupervised().holds(numbers | {"inception_score": 7.72})


def test_samples_are_drawn_row_by_row_beside_the_scores(run, monkeypatch):
    colours = torch.linspace(-1, 1, 64)[:, None, None, None].expand(64, 3, 32, 32)
    trained = SimpleNamespace(system=lambda: SimpleNamespace(sample=lambda rows: colours[rows]))
    monkeypatch.setattr(table_3_unsupervised, "find_trained", lambda directory: trained)
    figure = Table3Unsupervised().draw([Result(0, {LABEL: run}, {})])
    curves, samples = figure.axes
    assert list(curves.lines[0].get_ydata()) == [7.9, 7.8]
    (picture,) = samples.images
    assert picture.get_array().shape == (256, 256, 3)
    assert picture.get_array()[0, 32, 0] == pytest.approx(1 / 63)


@pytest.mark.slow
def test_options_are_those_of_the_paper(monkeypatch):
    monkeypatch.chdir(ROOT)
    (options,) = Table3Unsupervised().runs(full=True).values()
    parsed = FitParser().read(options)
    assert parsed.trainer.max_steps == parsed.model.init_args.lr_scheduler.init_args.total_iters == 100_000
