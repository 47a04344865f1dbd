import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from lit_wgan.functional import losses


@pytest.fixture
def logits():
    return torch.randn(64, dtype=torch.float64), torch.randn(64, dtype=torch.float64) + 1


def test_discriminator_loss_is_the_cross_entropy_of_real_and_fake(logits):
    real, fake = logits
    expected = binary_cross_entropy_with_logits(real, torch.ones_like(real)) + binary_cross_entropy_with_logits(
        fake, torch.zeros_like(fake)
    )
    torch.testing.assert_close(losses.minimax_discriminator_loss(real, fake), expected)


def test_non_saturating_loss_is_the_cross_entropy_against_the_label_real(logits):
    _, fake = logits
    expected = binary_cross_entropy_with_logits(fake, torch.ones_like(fake))
    torch.testing.assert_close(losses.non_saturating_generator_loss(fake), expected)


def test_minimax_generator_loss_is_minus_the_cross_entropy_against_the_label_fake(logits):
    _, fake = logits
    expected = -binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    torch.testing.assert_close(losses.minimax_generator_loss(fake), expected)


def test_gan_losses_of_an_undecided_discriminator():
    zero = torch.zeros(5)
    assert losses.minimax_discriminator_loss(zero, zero).item() == pytest.approx(2 * math.log(2))
    assert losses.minimax_generator_loss(zero).item() == pytest.approx(-math.log(2))
    assert losses.non_saturating_generator_loss(zero).item() == pytest.approx(math.log(2))


def test_minimax_game_is_zero_sum(logits):
    real, fake = (x.requires_grad_() for x in logits)
    (critic_gradient,) = torch.autograd.grad(losses.minimax_discriminator_loss(real, fake), fake)
    (generator_gradient,) = torch.autograd.grad(losses.minimax_generator_loss(fake), fake)
    torch.testing.assert_close(critic_gradient, -generator_gradient)


def test_both_generator_losses_fall_where_the_discriminator_is_more_easily_fooled():
    low, high = torch.tensor([-1.0]), torch.tensor([1.0])
    assert losses.minimax_generator_loss(high) < losses.minimax_generator_loss(low)
    assert losses.non_saturating_generator_loss(high) < losses.non_saturating_generator_loss(low)


def test_only_the_minimax_generator_loss_saturates():
    rejected = torch.tensor([-30.0], requires_grad=True)
    (saturating,) = torch.autograd.grad(losses.minimax_generator_loss(rejected), rejected)
    (non_saturating,) = torch.autograd.grad(losses.non_saturating_generator_loss(rejected), rejected)
    assert abs(saturating.item()) < 1e-10
    assert non_saturating.item() == pytest.approx(-1)


def test_gan_losses_stay_finite_at_extreme_logits():
    extreme = torch.tensor([-1e4, 1e4])
    for loss in (losses.minimax_generator_loss(extreme), losses.non_saturating_generator_loss(extreme)):
        assert loss.isfinite()
    assert losses.minimax_discriminator_loss(extreme, extreme).isfinite()


def test_jensen_shannon_estimate_of_the_optimal_discriminator_is_the_divergence():
    # Two coins with P(heads) = 0.9 and 0.2; the optimal logit is log p / q, and D* = p / (p + q), Eq. (2).
    p, q = torch.tensor([0.9, 0.1], dtype=torch.float64), torch.tensor([0.2, 0.8], dtype=torch.float64)
    logit = (p / q).log()
    real = logit.repeat_interleave(torch.tensor([9, 1]))
    fake = logit.repeat_interleave(torch.tensor([2, 8]))
    m = (p + q) / 2
    divergence = ((p * (p / m).log()).sum() + (q * (q / m).log()).sum()) / 2
    torch.testing.assert_close(losses.jensen_shannon_estimate(real, fake), divergence)


def test_least_squares_losses_are_the_halved_mean_squares_about_the_targets(logits):
    real, fake = logits
    one, zero = torch.ones_like(real), torch.zeros_like(fake)
    torch.testing.assert_close(
        losses.least_squares_critic_loss(real, fake), (mse_loss(real, one) + mse_loss(fake, zero)) / 2
    )
    torch.testing.assert_close(losses.least_squares_generator_loss(fake), mse_loss(fake, one) / 2)


def test_le_cam_estimate_of_the_optimal_critic_is_the_divergence():
    # The coins of above: the least-squares critic is D* = p / (p + q), too.
    p, q = torch.tensor([0.9, 0.1], dtype=torch.float64), torch.tensor([0.2, 0.8], dtype=torch.float64)
    best = p / (p + q)
    real = best.repeat_interleave(torch.tensor([9, 1]))
    fake = best.repeat_interleave(torch.tensor([2, 8]))
    divergence = ((p - q).square() / (p + q)).sum() / 2
    torch.testing.assert_close(losses.le_cam_estimate(real, fake), divergence)
    for off in (-0.1, 0.1):  # any other critic's is less
        assert losses.le_cam_estimate(real + off, fake + off) < divergence


def test_wasserstein_estimate_of_shifted_data_is_plus_the_shift():
    fake = torch.randn(100)
    assert losses.wasserstein_estimate(fake + 3, fake).item() == pytest.approx(3, abs=1e-5)


def test_wasserstein_estimate_takes_samples_of_unequal_number():
    assert losses.wasserstein_estimate(torch.full((4,), 2.0), torch.full((7,), 0.5)).item() == 1.5


def test_wasserstein_generator_loss_is_minus_the_mean_score():
    assert losses.wasserstein_generator_loss(torch.tensor([1.0, 3.0])).item() == -2
