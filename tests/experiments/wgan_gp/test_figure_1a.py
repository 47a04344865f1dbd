import pytest
import torch
from torch import nn

from experiments.wgan_gp.figure_1a import DATA, AddsNoise, Figure1a, Pairs, samples, share_of_optimum
from lit_wgan import WGAN, Values


class Seen(nn.Module):
    """A critic that keeps the points that it has seen last."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def forward(self, x, condition):
        self.points = x.detach()
        return self.layer(x).squeeze(1)


class Slope(nn.Module):
    """The score of a point is its first coordinate, bent by so much."""

    def __init__(self, bend):
        super().__init__()
        self.bend = bend

    def forward(self, x):
        return x[:, 0] + self.bend * (x[:, 0] ** 2) / 6


def test_generated_samples_are_those_of_the_minibatch_with_noise(trainer):
    system = WGAN(AddsNoise(), Seen(), latent_dim=2, n_critic=1, condition=Values(2))
    trainer(max_steps=1).fit(system, datamodule=Pairs("twenty_five_gaussians", batch_size=512))
    noise = torch.sub(*system.critic.points.chunk(2)[::-1])
    assert noise.mean(0).abs().max() < 0.15
    assert noise.std(0) == pytest.approx([1, 1], abs=0.15)  # 1.7 if they were of other samples


def test_an_optimal_critic_finds_all_and_a_bent_one_half():
    real = torch.rand(64, 2) - torch.tensor([0.5, 0.0])
    fake = real - torch.tensor([2.0, 0.0])
    assert share_of_optimum(Slope(0.0), real, fake) == pytest.approx(1, abs=1e-5)
    assert share_of_optimum(Slope(1.0), real, fake) < 0.5


def test_real_and_generated_samples_are_of_independent_draws():
    real, fake = samples("eight_gaussians")
    assert torch.cdist(real, fake).diagonal().mean() > 1.5
    assert torch.equal(samples("eight_gaussians")[0], real)


def test_the_claim_is_about_each_data_set():
    numbers = {f"{data}_{kind}": share for data in DATA for kind, share in (("clipped", 0.5), ("penalised", 0.8))}
    assert Figure1a().holds(numbers)
    assert not Figure1a().holds(numbers | {"swiss_roll_penalised": 0.4})
    assert numbers.keys() == Figure1a().runs(full=False).keys()
