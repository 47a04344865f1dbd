import pytest
import torch
from torch import nn

from lit_wgan.functional.penalties import gradient_norm, gradient_penalty, interpolate, norm_penalty

SHAPES = [(1, 2), (64, 2), (64, 3, 32, 32), (5, 7, 11), (16, 1)]


def linear_critic(shape, slope):
    """<w, x> with ||w|| = slope."""
    w = torch.randn(shape[1:], dtype=torch.float64)
    w = slope * w / w.norm()
    return lambda x: (w * x).flatten(1).sum(1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0, 3.0])
def test_penalty_of_a_linear_critic_is_its_slope_minus_one_squared(shape, slope):
    x = torch.randn(shape, dtype=torch.float64)
    penalty = gradient_penalty(linear_critic(shape, slope), x)
    assert penalty.item() == pytest.approx((slope - 1) ** 2, abs=1e-12)


@pytest.mark.parametrize(("slope", "expected"), [(0.5, 0.0), (1.0, 0.0), (3.0, 4.0)])
def test_one_sided_penalty_spares_slopes_below_one(slope, expected):
    x = torch.randn(8, 3, 4, 4, dtype=torch.float64)
    penalty = gradient_penalty(linear_critic(x.shape, slope), x, one_sided=True)
    assert penalty.item() == pytest.approx(expected, abs=1e-12)


def test_gradient_norm_is_taken_per_sample():
    x = torch.tensor([[3.0, 4.0], [0.0, 2.0], [0.0, 0.0]])
    torch.testing.assert_close(gradient_norm(lambda x: x.square().sum(1) / 2, x), torch.tensor([5.0, 2.0, 0.0]))


def test_penalty_has_the_gradients_of_the_double_backward_formulation():
    torch.manual_seed(1)
    critic = nn.Sequential(nn.Linear(4, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.Softplus(), nn.Linear(32, 1))
    critic = critic.double()
    x = torch.randn(10, 4, dtype=torch.float64)
    ours = torch.autograd.grad(
        gradient_penalty(lambda x: critic(x).flatten(), x), critic.parameters(), allow_unused=True
    )
    y = x.clone().requires_grad_()
    (g,) = torch.autograd.grad(critic(y).sum(), y, create_graph=True)
    reference = torch.autograd.grad(((g.norm(dim=1) - 1) ** 2).mean(), critic.parameters(), allow_unused=True)
    for a, b in zip(ours, reference, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            torch.testing.assert_close(a, b, rtol=0, atol=1e-14)


def test_penalty_of_a_constant_critic_is_one_and_its_gradients_are_finite():
    critic = nn.Linear(3, 1)
    nn.init.zeros_(critic.weight)
    penalty = gradient_penalty(lambda x: critic(x).flatten(), torch.randn(6, 3))
    penalty.backward()
    assert penalty.item() == 1
    assert critic.weight.grad.isfinite().all()


def test_norm_penalty_is_zero_at_norm_one_alone():
    assert norm_penalty(torch.ones(4)).item() == 0
    assert norm_penalty(torch.tensor([0.0, 2.0])).item() == 1


def test_interpolates_lie_between_real_at_one_and_fake_at_zero():
    real, fake = torch.randn(3, 1, 2, 2), torch.randn(3, 1, 2, 2)
    mixed = interpolate(real, fake, torch.tensor([1.0, 0.0, 0.25]))
    torch.testing.assert_close(mixed[0], real[0])
    torch.testing.assert_close(mixed[1], fake[1])
    torch.testing.assert_close(mixed[2], 0.25 * real[2] + 0.75 * fake[2])


def test_interpolate_refuses_samples_of_unlike_shape():
    with pytest.raises(ValueError, match=r"shaped like the real ones, \(4, 2\), but got \(4, 3\)"):
        interpolate(torch.zeros(4, 2), torch.zeros(4, 3), torch.zeros(4))


@pytest.mark.parametrize("shape", [(), (4, 1), (3,)])
def test_interpolate_refuses_anything_but_one_coefficient_per_sample(shape):
    with pytest.raises(ValueError, match=r"Expected eps of shape \(4,\)"):
        interpolate(torch.zeros(4, 2), torch.zeros(4, 2), torch.zeros(shape))


@pytest.mark.slow
def test_penalty_compiles_without_a_graph_break():
    critic = nn.Sequential(nn.Linear(3, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Flatten(0))
    x = torch.randn(5, 3)
    compiled = torch.compile(lambda x: gradient_penalty(critic, x), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), gradient_penalty(critic, x))


@pytest.mark.parametrize("wanted", [True, False])
def test_gradient_norm_leaves_its_argument_alone_and_a_graph_where_one_is_wanted(wanted):
    critic, x = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1), nn.Flatten(0)), torch.randn(6, 3)
    with torch.set_grad_enabled(wanted):
        norms = gradient_norm(critic, x)
    assert norms.requires_grad == wanted
    assert not x.requires_grad
    assert x.grad is None
    assert critic[0].weight.grad is None


def test_gradient_norm_can_be_differentiated_by_its_argument():
    x = torch.tensor([[3.0, 4.0]], requires_grad=True)
    gradient_norm(lambda x: x.square().sum(1), x).sum().backward()
    torch.testing.assert_close(x.grad, torch.tensor([[1.2, 1.6]]))
