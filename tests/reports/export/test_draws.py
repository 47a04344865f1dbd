"""Random numbers made of uniform ones have the laws that they stand in for."""

import math

import pytest
import torch
from torch.nn.functional import gumbel_softmax

from lit_wgan.errors import UsageError
from lit_wgan.networks import TableHead
from lit_wgan.reports.export.draws import DrawnFrom

N = 20_000


def drawn(function, columns):
    uniform = torch.rand(N, columns)
    uniform[0] = 0  # which torch.rand gives now and then
    with DrawnFrom(N, uniform) as mode:
        made = function()
    assert mode.used == columns
    assert made.isfinite().all()
    return made


def test_categories_have_the_probabilities_of_the_softmax():
    """The likeliest category alone, which needs no noise, would be another generator."""
    logits = torch.tensor([[0.0, 1.0, 2.0]]).expand(N, 3)
    categories = drawn(lambda: TableHead([3]).eval()(logits), 3)
    assert torch.equal(categories.sum(1), torch.ones(N))
    torch.testing.assert_close(categories.mean(0), logits[0].softmax(0), atol=0.02, rtol=0)
    soft = drawn(lambda: gumbel_softmax(logits, 0.5), 3)
    torch.testing.assert_close(soft.sum(1), torch.ones(N))


@pytest.mark.parametrize(
    ("draw", "columns", "mean", "std"),
    [
        (lambda: torch.randn(N, 2), 4, 0, 1),
        (lambda: torch.randn_like(torch.empty(N, 2)), 4, 0, 1),
        (lambda: torch.empty(N, 2).normal_(3, 2), 4, 3, 2),
        (lambda: torch.rand(N, 2), 2, 0.5, math.sqrt(1 / 12)),
        (lambda: torch.rand_like(torch.empty(N, 2)), 2, 0.5, math.sqrt(1 / 12)),
        (lambda: torch.empty(N, 2).uniform_(-1, 1), 2, 0, math.sqrt(1 / 3)),
        (lambda: torch.empty(N, 2).exponential_(2), 2, 0.5, 0.5),
    ],
)
def test_numbers_have_the_mean_and_deviation_of_their_law(draw, columns, mean, std):
    made = drawn(draw, columns)
    assert made.shape == (N, 2)
    assert made.mean() == pytest.approx(mean, abs=0.04)
    assert made.std() == pytest.approx(std, abs=0.04)
    assert torch.corrcoef(made.T)[0, 1].abs() < 0.04


def test_equal_noise_gives_equal_numbers_and_without_it_they_are_counted():
    uniform = torch.rand(4, 6)

    def draws():
        return torch.randn(4, 2), torch.rand(4, 2)

    with DrawnFrom(4, uniform):
        first = draws()
    with DrawnFrom(4, uniform):
        second = draws()
    assert all(map(torch.equal, first, second))
    with DrawnFrom(4) as counted:
        draws()
    assert counted.used == 6


def test_numbers_that_all_samples_share_are_refused():
    with DrawnFrom(4), pytest.raises(UsageError, match=r"for each of its 4 samples, but it draws the shape \(5,\)"):
        torch.randn(5)
