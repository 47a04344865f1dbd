"""The commonest mistakes of public code in the gradient penalty, looked for in updates as a system does them.

Real samples are all 1 and generated ones all 0, so that a point between them is its coefficient epsilon.
"""

import pytest
import torch
from scipy.stats import kstest
from torch import nn
from torch.utils.data import DataLoader

from lit_wgan import WGANGP
from lit_wgan.terms import GradientPenalty

ROWS, SHAPE, SLOPE, WEIGHT = 512, (3, 4, 4), 3.0, 7.0


class Zeros(nn.Module):
    def __init__(self):
        super().__init__()
        self.offset = nn.Parameter(torch.zeros(SHAPE))

    def forward(self, z):
        return self.offset.expand(len(z), *SHAPE)


class Linear(nn.Module):
    """``f(x) = <w, x>`` with ``||w|| = SLOPE``."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.full(SHAPE, SLOPE / 48**0.5))

    def forward(self, x):
        return (self.w * x).flatten(1).sum(1)


@pytest.fixture
def updates(trainer, monkeypatch):
    """Epsilon of each number of each sample, loss and estimate of the first update, from unequal seeds."""
    taken = GradientPenalty.points
    points = []

    def kept(self, step, *noise):
        points.append(taken(self, step, *noise))
        return points[-1]

    monkeypatch.setattr(GradientPenalty, "points", kept)
    system = WGANGP(Zeros(), Linear(), 2, gp_weight=WEIGHT, n_critic=1)
    trainer(max_steps=1).fit(system, DataLoader(torch.ones(ROWS, *SHAPE), ROWS))
    return points[-1].detach(), system.metrics


def test_epsilon_is_uniform_not_normal(updates):
    eps = updates[0][:, 0, 0, 0]
    assert eps.min() >= 0
    assert eps.max() < 1
    assert kstest(eps.numpy(), "uniform").pvalue > 0.01


def test_all_channels_and_pixels_of_a_sample_have_one_epsilon_and_no_two_samples_the_same(updates):
    eps = updates[0].flatten(1)
    assert torch.equal(eps, eps[:, :1].expand_as(eps))
    assert len(eps[:, 0].unique()) == ROWS


def test_lambda_is_applied_once(updates):
    _, metrics = updates
    estimate = SLOPE * 48**0.5  # <w, 1> - <w, 0>
    assert metrics["critic/loss"].item() == pytest.approx(-estimate + WEIGHT * (SLOPE - 1) ** 2, rel=1e-5)
    assert metrics["critic/gradient_penalty"].item() == pytest.approx((SLOPE - 1) ** 2, rel=1e-5)
