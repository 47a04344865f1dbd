"""The critic's estimate over its slope: W1 itself where the critic is linear."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from lit_wgan import WGAN, WGANGP
from lit_wgan.systems.held_out import per_slope

DISTANCE, WEIGHT = 8.0, 10.0
OPTIMUM = 1 + DISTANCE / (2 * WEIGHT)
"""The slope s at which ``s W1 - lambda (s - 1)^2`` is largest."""


def linear(weight):
    layer = nn.Linear(1, 1)
    nn.init.constant_(layer.weight, weight)
    nn.init.zeros_(layer.bias)
    return layer


def system(slope, kind=WGANGP, **options):
    """All samples at 0, a critic ``f(x) = slope x``, and steps of the critic alone."""
    optimizers = {
        "generator_optimizer": partial(torch.optim.SGD, lr=0.0),
        "critic_optimizer": partial(torch.optim.SGD, lr=0.02),
    }
    return kind(linear(0.0), linear(slope), latent_dim=1, **optimizers, **options)


def data():
    """All samples at a distance of 8."""
    return DataLoader(torch.full((16, 1), DISTANCE), 8)


def validated(trainer, system):
    run = trainer()
    run.validate(system, data(), verbose=False)
    return {name: value.item() for name, value in run.callback_metrics.items()}


def test_on_held_out_samples_the_estimate_over_the_slope_is_w1_and_the_estimate_is_not(trainer):
    """Two point masses 8 apart: the optimal critic has the slope 1.4, and estimates 11.2."""
    logged = validated(trainer, system(OPTIMUM, gp_weight=WEIGHT))
    assert logged == pytest.approx(
        {
            "eval/wasserstein_estimate": OPTIMUM * DISTANCE,
            "eval/gradient_norm": OPTIMUM,
            "eval/wasserstein_estimate_per_slope": DISTANCE,
        }
    )


def test_in_training_too_and_the_critic_goes_to_the_slope_that_the_formula_gives(trainer):
    run = trainer(max_steps=1, log_every_n_steps=1, limit_val_batches=0)
    run.fit(system(1.0, gp_weight=WEIGHT, n_critic=40), data())
    logged = run.callback_metrics
    assert logged["critic/gradient_norm"] == pytest.approx(OPTIMUM, rel=1e-5)
    assert logged["critic/wasserstein_estimate"] == pytest.approx(OPTIMUM * DISTANCE, rel=1e-5)
    assert logged["critic/wasserstein_estimate_per_slope"] == pytest.approx(DISTANCE, rel=1e-5)


def test_a_critic_whose_slope_nothing_holds_has_no_such_estimate(trainer):
    assert set(validated(trainer, system(0.01, WGAN))) == {"eval/wasserstein_estimate"}
    assert per_slope({"critic/wasserstein_estimate": torch.tensor(1.0)}, "critic/") == {}
