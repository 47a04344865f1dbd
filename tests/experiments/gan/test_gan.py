"""The experiments of the GAN paper: what is measured of runs of two updates, and when the claims hold."""

import math
from importlib import import_module
from pathlib import Path

import pytest
import torch

from experiments.gan import _digits, figure_1, table_1
from lit_wgan.commands.sweep.check import FitParser
from lit_wgan.experiments.experiment import Result
from lit_wgan.experiments.found import load
from lit_wgan.runs.run import Run

ROOT = Path(__file__).parents[3]
NAMES = ["gan/figure_1", "gan/figure_2", "gan/figure_3", "gan/table_1"]
HOLDING = {
    "gan/figure_1": {"optimum_error": 0.02, "first_from_half": 0.2, "last_from_half": 0.03},
    "gan/figure_2": {"nearer_to_training": 0.52, "standard_error": 0.03, "of_copies": 0.69},
    "gan/figure_3": {"longest_step": 0.3, "fid_samples": 3.0, "fid_middles": 4.0, "fid_mixtures": 20.0},
    "gan/table_1": {
        **dict.fromkeys(table_1.ORDER, 10.0),
        **{"gan": 20.0, "gan_error": 1.0, "cluster_centres": 11.0},
    },
}
BREAKING = [
    ("gan/figure_1", {"optimum_error": 0.06}),
    ("gan/figure_1", {"last_from_half": 0.11}),
    ("gan/figure_2", {"nearer_to_training": 0.57}),
    ("gan/figure_2", {"standard_error": 0.1}),  # so that copies could not be told
    ("gan/figure_3", {"longest_step": 0.6}),
    ("gan/figure_3", {"fid_middles": 15.0}),
    ("gan/table_1", {"gan": 11.0}),
    ("gan/table_1", {"cluster_centres": 9.0}),
]


@pytest.mark.parametrize("name", NAMES)
def test_the_claim_holds_for_numbers_that_bear_it_out(name):
    assert load(name).holds(HOLDING[name])


@pytest.mark.parametrize(("name", "numbers"), BREAKING)
def test_each_number_can_break_the_claim(name, numbers):
    assert not load(name).holds(HOLDING[name] | numbers)


def test_the_optimum_is_the_share_of_the_data_among_both_densities():
    x = torch.linspace(-1, 2, 5)
    real, fake = (torch.exp(-((x - m) ** 2) / (2 * s**2)) / (s * math.sqrt(2 * math.pi)) for m, s in ((0, 1), (1, 0.6)))
    torch.testing.assert_close(figure_1.optimum(x), real / (real + fake))
    assert figure_1.Narrow()(torch.tensor([[0.0], [1.0]])).flatten().tolist() == pytest.approx([1, 1.6])


def test_images_lie_side_by_side_with_white_between_them():
    picture = _digits.sheet(torch.full((2, 3, 1, 4, 4), -1.0))
    assert picture.shape == (2 * 6, 3 * 6)
    assert (picture == 0).sum() == 6 * 16
    assert (picture == 1).sum() == picture.size - 6 * 16


def test_the_gaussian_has_the_mean_and_covariance_of_the_images_and_centres_are_means():
    images = torch.randn(500, 1, 2, 2) * torch.tensor([1.0, 2.0]) + 3
    drawn = table_1.gaussian(images, 20_000).flatten(1)
    torch.testing.assert_close(drawn.mean(0), images.flatten(1).mean(0), atol=0.1, rtol=0)
    torch.testing.assert_close(drawn.T.cov(), images.flatten(1).T.cov(), atol=0.2, rtol=0)
    torch.testing.assert_close(table_1.centres(images, 1)[0], images.mean(0))


@pytest.mark.slow
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_runs_have_options_of_lit_wgan_fit(name, full, monkeypatch):
    monkeypatch.chdir(ROOT)
    for options in load(name).runs(full).values():
        assert FitParser().read(options).trainer.max_steps > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_seed_is_measured_and_drawn(name, command, monkeypatch):
    experiment, module = load(name), import_module(f"experiments.{name.replace('/', '.')}")
    for constant, few in {"TIMES": (1, 2), "SAMPLES": 60, "MIDDLES": 60, "LINES": 8, "CENTRES": 20}.items():
        if hasattr(module, constant):
            monkeypatch.setattr(module, constant, few)
    small = ["--trainer.max_steps", "2", "--trainer.callbacks", "[]", "--report", "false"]
    small += ["--checkpoint.every_n_train_steps", "1", "--checkpoint.save_top_k", "-1"]
    runs = {}
    for label, options in experiment.runs(full=False).items():
        options = [str(ROOT / each) if each.endswith(".yaml") else each for each in options]
        status, _, err = command("fit", *options, *small, "--name", label)
        assert status == 0, err
        runs[label] = Run(Path("runs") / label / "version_0")
    numbers = experiment.measure(runs)
    assert numbers.keys() == HOLDING[name].keys()
    assert experiment.headline in numbers
    assert all(math.isfinite(value) for value in numbers.values())
    assert experiment.draw([Result(0, runs, numbers)]).axes
