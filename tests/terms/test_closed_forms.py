"""Each term against its closed form on a linear critic, f(x) = <w, x> + b with ||w|| = slope."""

from types import SimpleNamespace

import pytest
import torch

from lit_wgan.systems.judging import judge_both
from lit_wgan.terms import DRAGAN, R1, R2, Drift, GradientPenalty

SHAPES = [(1, 2), (64, 2), (16, 3, 8, 8), (5, 2, 3, 4, 5)]


class Linear(torch.nn.Module):
    def __init__(self, shape, slope, offset=0.0):
        super().__init__()
        w = torch.randn(shape[1:], dtype=torch.float64)
        self.w, self.offset = slope * w / w.norm(), offset

    def forward(self, x):
        return (self.w * x).flatten(1).sum(1) + self.offset


def draws_for(rows):
    generator = torch.Generator().manual_seed(3)

    def uniform(*shape):
        return torch.rand(rows, *shape, generator=generator, dtype=torch.float64)

    return SimpleNamespace(uniform=uniform)


def value_of(term, critic, real, fake):
    step = judge_both(critic, real, fake)
    value, metrics = term(step, *term.draw(draws_for(len(real)), real))
    return value.item(), metrics


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("slope", [0.0, 0.5, 3.0])
@pytest.mark.parametrize(
    ("term", "closed_form"),
    [
        (GradientPenalty(), lambda slope: (slope - 1) ** 2),
        (GradientPenalty(one_sided=True), lambda slope: max(0.0, slope - 1) ** 2),
        (R1(), lambda slope: slope**2 / 2),
        (R2(), lambda slope: slope**2 / 2),
        (DRAGAN(), lambda slope: (slope - 1) ** 2),
    ],
    ids=["gradient_penalty", "one_sided", "r1", "r2", "dragan"],
)
def test_penalty_of_a_linear_critic_depends_on_its_slope_alone(term, closed_form, slope, shape):
    real, fake = torch.randn(2, *shape, dtype=torch.float64)
    value, metrics = value_of(term, Linear(shape, slope), real, fake)
    assert value == pytest.approx(closed_form(slope), abs=1e-12)
    torch.testing.assert_close(metrics[term.norm_name], torch.full(shape[:1], slope, dtype=torch.float64))


@pytest.mark.parametrize(("term", "points"), [(R1(), "real"), (R2(), "fake")])
def test_zero_centred_penalties_are_taken_at_their_own_samples(term, points):
    real, fake = torch.randn(2, 32, 3, dtype=torch.float64)
    value, _ = value_of(term, lambda x: x.square().sum(1) / 2, real, fake)  # its gradient at x is x
    samples = {"real": real, "fake": fake}[points]
    assert value == pytest.approx((samples.square().sum(1).mean() / 2).item())


def test_dragan_looks_around_the_real_samples_within_half_a_standard_deviation():
    real = 3 * torch.randn(4096, 5, dtype=torch.float64) + 7
    (delta,) = DRAGAN().draw(draws_for(len(real)), real)
    assert delta.shape == real.shape
    assert delta.min() >= 0
    assert delta.max() <= 0.5 * real.std(correction=0)
    assert delta.mean() == pytest.approx(0.5 * 3 / 4, rel=0.03)  # E[alpha] E[u] = 1/4
    step = judge_both(lambda x: x.sum(1), real, real)
    assert torch.equal(DRAGAN().points(step, delta), real + delta)


def test_drift_of_a_constant_critic_is_its_square():
    real, fake = torch.randn(2, 8, 2, dtype=torch.float64)
    value, metrics = value_of(Drift(), Linear((8, 2), 0.0, offset=-3.0), real, fake)
    assert value == pytest.approx(9.0)
    assert metrics == {}


def test_interpolation_coefficients_differ_between_the_samples_of_a_batch():
    (eps,) = GradientPenalty().draw(draws_for(64), torch.zeros(64, 2))
    assert eps.shape == (64,)
    assert len(eps.unique()) == 64
