import pytest
import torch
from scipy.stats import wasserstein_distance

from lit_wgan.evaluation.wasserstein import exact_w1


def test_distance_of_shifted_points_is_the_length_of_the_shift():
    x = torch.randn(50, 3, 4, 4)
    d = torch.randn(3, 4, 4)
    assert exact_w1(x, x + d) == pytest.approx(d.norm().item(), rel=1e-5)


def test_distance_does_not_depend_on_the_order_of_points():
    x = torch.randn(60, 2)
    assert exact_w1(x, x[torch.randperm(60)]) == pytest.approx(0, abs=1e-6)


def test_distance_on_the_line_is_scipys():
    x, y = torch.randn(200, 1), 2 * torch.randn(200, 1) + 1
    assert exact_w1(x, y) == pytest.approx(wasserstein_distance(x.flatten(), y.flatten()), rel=1e-6)


def test_sets_of_unequal_size_are_refused():
    with pytest.raises(ValueError, match=r"one shape, but got \(3, 2\) and \(4, 2\)"):
        exact_w1(torch.zeros(3, 2), torch.zeros(4, 2))
