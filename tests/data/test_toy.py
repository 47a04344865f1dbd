import math

import pytest
import torch
from scipy.stats import ks_2samp
from sklearn.datasets import make_swiss_roll

from lit_wgan.data.toy import TOY_DISTRIBUTIONS
from lit_wgan.functional.streams import RandomStreams

streams = RandomStreams(0)
N = 20_000


def draw(name, n=N, **kwargs):
    return TOY_DISTRIBUTIONS[name].draw(streams, "data", 0, n, **kwargs)


@pytest.mark.parametrize(
    ("name", "modes", "std"), [("eight_gaussians", 8, 0.02 / 1.414), ("twenty_five_gaussians", 25, 0.05 / 2.828)]
)
def test_gaussians_are_equally_likely_and_of_the_papers_width(name, modes, std):
    points = draw(name)
    distance, mode = TOY_DISTRIBUTIONS[name].nearest_mode(points)
    shares = torch.bincount(mode, minlength=modes) / N
    assert shares.sub(1 / modes).abs().max() < 4 * math.sqrt(1 / modes / N)
    # Two independent axes: the mean squared distance is twice the variance of one.
    assert (distance.square().mean() / 2).sqrt().item() == pytest.approx(std, rel=0.03)


def test_eight_gaussians_lie_on_a_circle_of_radius_root_two():
    centres = TOY_DISTRIBUTIONS["eight_gaussians"].centres
    torch.testing.assert_close(centres.norm(dim=1), torch.full((8,), 2 / 1.414))
    assert torch.cdist(centres, centres).fill_diagonal_(9).min().item() == pytest.approx(
        2 * 1.4144 * math.sin(math.pi / 8), rel=1e-3
    )


@pytest.mark.parametrize("name", TOY_DISTRIBUTIONS)
def test_every_distribution_has_about_unit_scale(name):
    assert 0.8 < draw(name).std().item() < 1.1


def test_swiss_roll_is_scikit_learns():
    theirs = make_swiss_roll(N, noise=0.25, random_state=0)[0][:, [0, 2]] / 7.5
    ours = draw("swiss_roll").numpy()
    # Both axes and a diagonal, which sees how the axes hang together.
    for project in (lambda p: p[:, 0], lambda p: p[:, 1], lambda p: p[:, 0] - 2 * p[:, 1]):
        assert ks_2samp(project(ours), project(theirs)).pvalue > 0.001


@pytest.mark.parametrize("name", TOY_DISTRIBUTIONS)
def test_devices_together_draw_what_one_draws(name):
    whole = draw(name, 10)
    for rank in range(3):
        torch.testing.assert_close(draw(name, 10, rows=slice(rank, None, 3)), whole[rank::3], rtol=0, atol=0)


def told(name, condition, n=N, **kwargs):
    return TOY_DISTRIBUTIONS[name].condition(condition, streams, "data", 0, n, **kwargs)


@pytest.mark.parametrize("name", ["eight_gaussians", "twenty_five_gaussians"])
def test_a_points_label_is_its_mode_and_its_angle_the_direction_of_that(name):
    mode = TOY_DISTRIBUTIONS[name].nearest_mode(draw(name))[1]
    assert torch.equal(told(name, "label"), mode)
    centre = TOY_DISTRIBUTIONS[name].centres[mode].float()
    at_origin = centre.norm(dim=1) == 0
    expected = torch.where(at_origin[:, None], torch.tensor([1.0, 0.0]), torch.nn.functional.normalize(centre))
    torch.testing.assert_close(told(name, "angle"), expected, atol=1e-6, rtol=0)
    assert told(name, "angle").dtype == torch.float32


def test_a_curve_is_a_wave_of_the_told_frequency_within_its_envelope():
    """What a fit by sines and cosines of the told frequency leaves over is the noise."""
    curves, frequency = draw("curves", 2000).double(), told("curves", "frequency", 2000)
    assert curves.shape == (2000, 32)
    assert frequency.shape == (2000, 1)
    assert -1 <= frequency.min() < -0.99 < 0.99 < frequency.max() < 1
    time = (torch.arange(32).double() + 0.5) / 32
    angle = 2 * math.pi * (2.5 + 1.5 * frequency.double()) * time
    basis = 2 * (math.pi * time).sin()[:, None] * torch.stack([angle.sin(), angle.cos()], -1)
    solution = torch.linalg.lstsq(basis, curves[..., None])
    left = curves - (basis @ solution.solution)[..., 0]
    assert (left.square().sum() / (2000 * 30)).sqrt().item() == pytest.approx(0.05, rel=0.02)
    torch.testing.assert_close(solution.solution.norm(dim=1).mean().item(), 1.0, atol=0.01, rtol=0)
    wrong = torch.linalg.lstsq(basis.flip(0), curves[..., None])
    assert (curves - (basis.flip(0) @ wrong.solution)[..., 0]).std() > 0.5


@pytest.mark.parametrize("condition", ["label", "angle"])
def test_devices_together_are_told_what_one_is(condition):
    whole = told("eight_gaussians", condition, 10)
    for rank in range(3):
        assert torch.equal(told("eight_gaussians", condition, 10, rows=slice(rank, None, 3)), whole[rank::3])
