"""Gradients by layer of activations: closed forms, and all kinds of layers."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader

from lit_wgan import WGAN, WGANGP, CriticDiagnostics
from lit_wgan.systems.activations import layers, norm


def linear(*sizes):
    return nn.Sequential(*(nn.Linear(*pair) for pair in itertools.pairwise(sizes)), nn.Flatten(0))


def norms(trainer, critic, made=WGANGP, batch_size=8, **options):
    """Those of a run's last update, by layer."""
    system = made(nn.Linear(3, 2), critic, latent_dim=3, n_critic=1, **options)
    run = trainer(max_steps=2, callbacks=[CriticDiagnostics()], log_every_n_steps=1)
    run.fit(system, DataLoader(torch.randn(16, 2), batch_size=batch_size))
    prefix = "critic_activations/"
    found = {name.removeprefix(prefix): float(value) for name, value in run.callback_metrics.items() if prefix in name}
    return found, system


@pytest.mark.parametrize(("batch_size", "options"), [(8, {}), (4, {}), (8, {"shards": 2})])
def test_of_a_linear_critic_they_are_the_norms_of_the_products_of_the_later_weights(trainer, batch_size, options):
    found, system = norms(trainer, linear(2, 5, 4, 1), batch_size=batch_size, **options)
    second, third = (system.critic[layer].weight.detach() for layer in (1, 2))
    expected = {"0": float((third @ second).norm()), "1": float(third.norm()), "2": 1.0}
    assert found == pytest.approx(expected, rel=1e-5)


def test_clipped_weights_shrink_them_from_layer_to_layer(trainer):
    found, _ = norms(trainer, linear(2, *[16] * 6, 1), WGAN, clip_value=0.01)
    ratios = [found[str(layer)] / found[str(layer + 1)] for layer in range(6)]
    assert max(ratios) <= 16 * 0.01


def test_the_norm_of_what_is_tiny_is_not_0():
    x = torch.full((4,), 1e-30)
    assert float(norm(x)) == pytest.approx(2e-30, rel=1e-5, abs=0)
    assert norm(torch.zeros(3)) == 0


def test_a_layer_that_is_called_twice_counts_both_calls(trainer):
    layer = nn.Linear(2, 2, bias=False)
    found, system = norms(trainer, nn.Sequential(layer, layer, nn.Linear(2, 1), nn.Flatten(0)))
    of_second = system.critic[2].weight.detach()
    squares = (of_second @ layer.weight.detach()).square().sum() + of_second.square().sum()
    assert found == pytest.approx({"0": float(squares.sqrt()), "2": 1.0}, rel=1e-5)


def test_weights_belong_to_the_modules_that_compute_with_them():
    critic = nn.Sequential(spectral_norm(nn.Linear(2, 3)), nn.BatchNorm1d(3), nn.MultiheadAttention(3, 1))
    assert list(layers(critic)) == ["0", "2", "2.out_proj"]
    assert layers(critic)["0"] is critic[0]
    assert list(layers(nn.Linear(2, 1))) == []


class Recurrent(nn.Module):
    """Scores of sequences of numbers, by layers that give tuples."""

    def __init__(self):
        super().__init__()
        self.recurrent, self.head = nn.LSTM(1, 4, batch_first=True), nn.Linear(4, 1)

    def forward(self, x):
        return self.head(self.recurrent(x.unsqueeze(2))[0][:, -1]).squeeze(1)


class Checkpointed(nn.Module):
    """A critic whose layers are called again in the backward pass."""

    def __init__(self):
        super().__init__()
        self.first, self.head = nn.Sequential(nn.Linear(2, 4), nn.ReLU(inplace=True)), nn.Linear(4, 1)

    def forward(self, x):
        return self.head(checkpoint(self.first, x, use_reentrant=False)).squeeze(1)


class Transformed(nn.Module):
    """A critic that computes with torch.func."""

    def __init__(self):
        super().__init__()
        self.first, self.head = nn.Linear(2, 4), nn.Linear(4, 1)

    def forward(self, x):
        return self.head(torch.func.vmap(self.first)(x)).squeeze(1)


@pytest.mark.parametrize(
    ("critic", "expected"),
    [
        (Recurrent, {"recurrent", "head"}),
        (Checkpointed, {"first.0", "head"}),
        (Transformed, {"head"}),
        (lambda: nn.Linear(2, 1), set()),
    ],
)
def test_critics_of_all_kinds_are_looked_into(trainer, critic, expected):
    found, _ = norms(trainer, critic(), WGAN)
    assert found.keys() == expected
    assert all(norm > 0 for norm in found.values())
