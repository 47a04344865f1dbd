"""The distance between two sets by a critic: closed forms, and what cannot be compared."""

import pytest
import torch

from lit_wgan.errors import UsageError
from lit_wgan.evaluation.by_critic.options import CriticOptions
from lit_wgan.evaluation.by_critic.result import CriticDistance, Judged
from lit_wgan.evaluation.by_critic.training import critic_distance, in_unit_scale, make_critic
from lit_wgan.networks import Rows

TINY = CriticOptions(updates=4, width=4, batch_size=8)


def gaussians(shift, scale=1.0, count=500):
    """Two Gaussians that are the shift apart."""
    return torch.randn(count, len(shift)) * scale, torch.randn(count, len(shift)) * scale + torch.tensor(shift)


def result(estimates, slope=1.0, error=0.0):
    course = [Judged(update, estimate, slope) for update, estimate in enumerate(estimates, 1)]
    measured = {"exact": 0.0, "floor": 0.0, "exact_rows": 1, "rows": (1, 1), "shape": (1,), "seconds": 0.0}
    return CriticDistance(course=course, error=error, network="MLPCritic", options=TINY, **measured)


@pytest.mark.slow
def test_gaussians_that_are_shifted_are_as_far_apart_as_the_shift_is_long():
    options = CriticOptions(updates=150, width=32, batch_size=64, learning_rate=3e-3)
    found = critic_distance(*gaussians([300.0, -400.0], 100.0), options, "cpu")
    assert found.distance == pytest.approx(500, rel=0.08)
    assert found.exact == pytest.approx(500, rel=0.05)
    assert found.estimate > found.distance
    assert found.slope > 1
    assert found.has_settled


@pytest.mark.slow
def test_two_sets_of_one_law_are_not_apart_where_the_exact_distance_of_samples_has_its_floor():
    options = CriticOptions(updates=100, width=32)
    found = critic_distance(*gaussians([0.0] * 8), options, "cpu")
    assert abs(found.distance) < found.floor / 4


def test_the_distance_follows_from_the_seed_alone():
    sets = gaussians([1.0, 0.0], count=40)
    first = critic_distance(*sets, TINY, "cpu")
    torch.manual_seed(123)
    state = torch.get_rng_state()
    again = critic_distance(*sets, TINY, "cpu")
    assert first.course == again.course
    assert torch.equal(torch.get_rng_state(), state)
    assert first.course != critic_distance(*sets, CriticOptions(**vars(TINY) | {"seed": 1}), "cpu").course


def test_the_distance_is_in_the_units_of_the_samples():
    a, b = gaussians([1.0, 0.0], count=40)
    small, large = critic_distance(a, b, TINY, "cpu"), critic_distance(64 * a, 64 * b, TINY, "cpu")
    assert large.distance == pytest.approx(64 * small.distance, rel=1e-4)
    assert large.exact == pytest.approx(64 * small.exact)
    assert large.slope == pytest.approx(small.slope, rel=1e-4)


def test_unit_scale_is_one_factor_for_all_features():
    a, b = gaussians([10.0, 0.0], 3.0)
    scale, first, second = in_unit_scale(a, b)
    both = torch.cat([*first, *second])
    assert both.mean(0).abs().max() < 1e-5
    assert both.square().mean() == pytest.approx(1)
    torch.testing.assert_close(
        torch.cdist(first[1], second[1]) * scale, torch.cdist(a[100:], b[100:]), rtol=1e-3, atol=0.01
    )


def test_rows_are_drawn_equally_often_and_the_last_is_reached():
    drawn = Rows(torch.arange(4.0))(torch.linspace(-1, 1 - 1e-7, 4000)[:, None])
    assert torch.bincount(drawn.long()).tolist() == pytest.approx([1000] * 4, abs=1)


def test_images_are_judged_by_convolutions_and_all_else_by_a_perceptron():
    kinds = [type(make_critic("auto", torch.Size(shape), 4)).__name__ for shape in ((3, 8, 8), (8, 8), (2,), (4, 4, 3))]
    assert kinds == ["DCGANCritic", "MLPCritic", "MLPCritic", "MLPCritic"]


def test_the_estimate_is_the_mean_of_the_last_quarter_over_the_slope():
    found = result([0.0, 0.0, 0.0, 0.0, 0.0, 8.0, 12.0, 14.0], slope=2.0)
    assert (found.estimate, found.slope, found.distance, found.drift) == (13.0, 2.0, 6.5, 4.5)
    assert not found.has_settled
    assert "Raise --updates" in found.table()


def test_a_course_has_settled_that_drifts_less_than_its_error_or_five_percent():
    assert result([1.0, 1.0, 1.0, 1.04]).has_settled
    assert not result([1.0, 1.0, 1.0, 1.06]).has_settled
    assert result([1.0, 1.0, 1.0, 1.06], error=0.07).has_settled
    assert not result([1.0]).has_settled


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (torch.zeros(30, 2), torch.zeros(30, 3), r"samples of one shape, but got \(2,\) and \(3,\)"),
        (torch.randn(30, 2), torch.randn(19, 2), "at least 20 samples in each set, but got 30 and 19"),
        (torch.ones(30, 2), torch.ones(30, 2), "samples that differ"),
    ],
)
def test_sets_without_a_distance_are_refused(a, b, message):
    with pytest.raises(UsageError, match=message):
        critic_distance(a, b, TINY, "cpu")
