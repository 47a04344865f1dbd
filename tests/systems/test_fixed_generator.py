"""A generator without parameters: the critic alone trains."""

import pytest
import torch
from torch import nn
from torch.optim import SGD

from lit_wgan import GAN, WGAN, WGANGP, ToyData
from lit_wgan.errors import UsageError
from lit_wgan.terms import Drift
from tests.conftest import small_critic


class Shifted(nn.Module):
    """Points ``z + shift``."""

    def __init__(self, shift):
        super().__init__()
        self.register_buffer("shift", torch.tensor(shift))

    def forward(self, z):
        return z + self.shift


class Frozen(nn.Module):
    """The same, of parameters that an optimizer holds."""

    def __init__(self, shift):
        super().__init__()
        self.shift = nn.Parameter(torch.tensor(shift))

    def forward(self, z):
        return z + self.shift


def stays(parameters):
    return SGD(parameters, lr=0.0)


def trained(trainer, generator, kind=WGANGP, steps=5, **options):
    torch.manual_seed(0)
    system = kind(generator=generator, critic=small_critic(1), latent_dim=1, **options)
    of = trainer(max_steps=steps)
    of.fit(system, datamodule=ToyData("standard_normal", batch_size=16))
    return system, of


@pytest.mark.parametrize("kind", [GAN, WGAN, WGANGP])
@pytest.mark.parametrize("shards", [None, 2])
def test_the_critic_trains_as_against_a_generator_that_an_optimizer_leaves_as_it_is(kind, shards, trainer):
    fixed, _ = trained(trainer, Shifted([2.0]), kind, shards=shards)
    frozen, _ = trained(trainer, Frozen([2.0]), kind, shards=shards, generator_optimizer=stays)
    start = small_critic(1)
    for ours, theirs in zip(fixed.critic.parameters(), frozen.critic.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    torch.manual_seed(0)
    assert not torch.equal(next(fixed.critic.parameters()), next(start.parameters()))


def test_generator_updates_count(trainer):
    system, of = trained(trainer, Shifted([2.0]), steps=7, n_critic=3)
    assert (of.global_step, system.counters.generator_updates, system.counters.critic_updates) == (7, 7, 21)


def test_a_run_continues(trainer, tmp_path):
    whole, _ = trained(trainer, Shifted([2.0]), steps=8)
    _, of = trained(trainer, Shifted([2.0]), steps=4)
    of.save_checkpoint(tmp_path / "half.ckpt")
    system = WGANGP(generator=Shifted([2.0]), critic=small_critic(1), latent_dim=1)
    data = ToyData("standard_normal", batch_size=16)
    trainer(max_steps=8).fit(system, datamodule=data, ckpt_path=tmp_path / "half.ckpt", weights_only=False)
    for ours, theirs in zip(system.critic.parameters(), whole.critic.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_schedule_moves_the_critics_rate(trainer):
    def halving(optimizer):
        return torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)

    _, of = trained(trainer, Shifted([2.0]), steps=3, lr_scheduler=halving, critic_optimizer=lambda p: SGD(p, lr=0.008))
    assert [optimizer.param_groups[0]["lr"] for optimizer in of.optimizers] == [pytest.approx(0.001), 0.0]


def test_terms_of_its_loss_are_refused():
    with pytest.raises(UsageError, match="generator_terms for a generator without parameters"):
        WGAN(generator=Shifted([0.0]), critic=small_critic(1), latent_dim=1, generator_terms=[Drift()])


def test_a_generator_whose_weights_are_frozen_is_still_refused(trainer):
    generator = Frozen([2.0]).requires_grad_(False)
    with pytest.raises(UsageError, match="a generator with weights to train"):
        trained(trainer, generator)
