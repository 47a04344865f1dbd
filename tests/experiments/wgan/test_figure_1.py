import math

import pytest
import torch

from experiments.wgan.figure_1 import (
    GRID,
    TRAINED,
    Figure1,
    Line,
    ParallelLine,
    exact_distance,
    js,
    still_label,
    theta,
)
from lit_wgan.functional.streams import RandomStreams


def test_real_points_lie_on_the_line_and_generated_ones_at_theta():
    real = Line().draw(RandomStreams(0), "data", 0, 200)
    fake = ParallelLine(0.3)(torch.rand(200, 1) * 2 - 1)
    assert torch.equal(real[:, 0], torch.zeros(200))
    assert torch.allclose(fake[:, 0], torch.tensor(0.3))
    for points in (real, fake):
        assert points[:, 1].min() >= 0
        assert points[:, 1].max() < 1
    assert theta(real, fake).item() == pytest.approx(0.3)


def test_one_generator_has_one_parameter_and_a_fixed_one_has_none():
    assert sum(p.numel() for p in ParallelLine(1.0).parameters()) == 1
    assert not list(ParallelLine(1.0, fixed=True).parameters())


@pytest.mark.parametrize("at", [-1.0, 0.0, 0.5])
def test_the_exact_distance_is_theta_and_the_divergence_log_two(at):
    assert exact_distance(at) == pytest.approx(abs(at), abs=1e-6)
    assert js(at) == (math.log(2) if at else 0)


def good():
    numbers = {"theta_wgan": 0.0, "theta_wgan_gp": 0.0, "theta_gan": 1.0}
    return numbers | {still_label("wgan_gp", at): at for at in GRID} | {still_label("gan", at): js(at) for at in GRID}


@pytest.mark.parametrize("name", good())
def test_the_claim_asks_for_every_number(name):
    assert Figure1().holds(good())
    assert not Figure1().holds(good() | {name: 0.5 if name.startswith("theta") else -1.0})


def test_each_theta_has_a_critic_and_a_discriminator():
    assert len(Figure1().runs(full=False)) == len(TRAINED) + 2 * len(GRID)
