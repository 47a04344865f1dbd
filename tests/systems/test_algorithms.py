"""Each system against its paper's algorithm, written out here as a plain loop without any of the package's code.

Same noise and same data, float64: after ten generator updates the weights must be equal to rounding.
"""

import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader

from lit_wgan import GAN, LSGAN, WGAN, WGANGP
from lit_wgan.engine.minibatches import CriticBatches
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.views import Pack

UPDATES, N_CRITIC, M = 10, 3, 8
DATA = torch.randn(UPDATES * N_CRITIC, M, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
SEED = 0


def z(stream, update):
    return RandomStreams(SEED).normal(stream, update, (M, 3), dtype=torch.float64)


def loop(
    networks, critic_optimizer, generator_optimizer, critic_loss, generator_loss, after_critic=lambda critic: None
):
    generator, critic = (copy.deepcopy(networks[name]).double() for name in ("generator", "critic"))
    critic_optimizer = critic_optimizer(critic.parameters())
    generator_optimizer = generator_optimizer(generator.parameters())
    step = 0
    for update in range(UPDATES):
        for _ in range(N_CRITIC):
            critic_optimizer.zero_grad()
            critic_loss(critic, DATA[step], generator(z("z/critic", step)).detach(), step).backward()
            critic_optimizer.step()
            if after_critic:
                after_critic(critic)
            step += 1
        generator_optimizer.zero_grad()
        generator_loss(critic, generator(z("z/generator", update))).backward()
        generator_optimizer.step()
    return [*generator.parameters(), *critic.parameters()]


def wgan_critic_loss(critic, real, fake, step):
    return critic(fake).mean() - critic(real).mean()


def wgan_gp_critic_loss(critic, real, fake, step):
    eps = RandomStreams(SEED).uniform("eps", step, (len(real),), dtype=torch.float64)[:, None]
    x_hat = (eps * real + (1 - eps) * fake).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x_hat).sum(), x_hat, create_graph=True)
    penalty = ((gradient.square().sum(1).sqrt() - 1) ** 2).mean()
    return critic(fake).mean() - critic(real).mean() + 10 * penalty


def gan_critic_loss(critic, real, fake, step):
    one, zero = torch.ones(M, dtype=torch.float64), torch.zeros(M, dtype=torch.float64)
    return binary_cross_entropy_with_logits(critic(real), one) + binary_cross_entropy_with_logits(critic(fake), zero)


def wasserstein_generator_loss(critic, fake):
    return -critic(fake).mean()


def clip(critic):
    with torch.no_grad():
        for p in critic.parameters():
            p.clamp_(-0.01, 0.01)


def rmsprop(parameters):
    return torch.optim.RMSprop(parameters, lr=5e-5)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-4, betas=(0.0, 0.9))


def dcgan_adam(parameters):
    return torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999))


def non_saturating(critic, fake):
    return binary_cross_entropy_with_logits(critic(fake), torch.ones(M, dtype=torch.float64))


def saturating(critic, fake):
    return torch.log(1 - torch.sigmoid(critic(fake))).mean()


def lsgan_rmsprop(parameters):
    return torch.optim.RMSprop(parameters, lr=1e-4)


def lsgan_critic_loss(critic, real, fake, step):
    return ((critic(real) - 1) ** 2).mean() / 2 + (critic(fake) ** 2).mean() / 2


def lsgan_generator_loss(critic, fake):
    return ((critic(fake) - 1) ** 2).mean() / 2


CASES = {
    "WGAN, Algorithm 1": (WGAN, {}, (rmsprop, rmsprop, wgan_critic_loss, wasserstein_generator_loss, clip)),
    "WGAN-GP, Algorithm 1": (WGANGP, {}, (adam, adam, wgan_gp_critic_loss, wasserstein_generator_loss)),
    "GAN, Algorithm 1": (GAN, {}, (dcgan_adam, dcgan_adam, gan_critic_loss, non_saturating)),
    "LSGAN, Eq. (9)": (LSGAN, {}, (lsgan_rmsprop, lsgan_rmsprop, lsgan_critic_loss, lsgan_generator_loss)),
    "GAN, Eq. (1)": (GAN, {"saturating": True}, (dcgan_adam, dcgan_adam, gan_critic_loss, saturating)),
}


def grouped():
    batches = [CriticBatches(DATA[i : i + N_CRITIC], i) for i in range(0, len(DATA), N_CRITIC)]
    return DataLoader(batches, batch_size=None)


def single():
    return DataLoader(DATA, batch_size=None)


@pytest.mark.slow
@pytest.mark.parametrize("batches", [grouped, single])
@pytest.mark.parametrize(("system_class", "options", "algorithm"), CASES.values(), ids=CASES)
def test_system_is_its_papers_algorithm(system_class, options, algorithm, batches, networks, trainer):
    expected = loop(networks(), *algorithm)
    system = system_class(**networks(), n_critic=N_CRITIC, **options)
    trainer(max_steps=UPDATES, precision="64-true").fit(system, batches())
    for ours, theirs in zip([*system.generator.parameters(), *system.critic.parameters()], expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def packed(function):
    """A loss of a critic that sees rows i and i + M/2 as one."""

    def of_packs(critic, *samples_and_step):
        return function(critic, *(torch.cat(x.chunk(2), 1) if torch.is_tensor(x) else x for x in samples_and_step))

    return of_packs


@pytest.mark.slow
def test_packed_wgan_gp_has_one_coefficient_and_one_norm_per_pack(networks, trainer):
    def made():
        given = networks()
        return given | {"critic": nn.Sequential(nn.Linear(4, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))}

    losses = packed(wgan_gp_critic_loss), packed(wasserstein_generator_loss)
    torch.manual_seed(0)
    expected = loop(made(), adam, adam, *losses)
    torch.manual_seed(0)
    system = WGANGP(**made(), n_critic=N_CRITIC, view=Pack(2))
    trainer(max_steps=UPDATES, precision="64-true").fit(system, grouped())
    for ours, theirs in zip([*system.generator.parameters(), *system.critic.parameters()], expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
