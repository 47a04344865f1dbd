"""AC-GAN with WGAN-GP's loss, as its authors train it, against that recipe written out as a plain loop."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import WGANGP, ClassLabels
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.terms import AuxiliaryClassifier

UPDATES, N_CRITIC, M, CLASSES = 5, 3, 8, 4
STREAMS = RandomStreams(0)
GENERATOR = torch.Generator().manual_seed(5)
REAL = torch.randn(UPDATES * N_CRITIC, M, 2, generator=GENERATOR, dtype=torch.float64)
LABELS = torch.randint(CLASSES, (UPDATES * N_CRITIC, M), generator=GENERATOR)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3 + CLASSES, 16), nn.ReLU(), nn.Linear(16, 2))

    def forward(self, z, label):
        return self.layers(torch.cat([z, one_hot(label, CLASSES).to(z)], 1))


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.score, self.logits = nn.Linear(2, 16), nn.Linear(16, 1), nn.Linear(16, CLASSES)

    def forward(self, x):
        hidden = self.hidden(x).relu()
        return self.score(hidden).squeeze(1), self.logits(hidden)


def networks():
    torch.manual_seed(0)
    return Generator(), Critic()


def adam(parameters):
    return torch.optim.Adam(parameters, lr=2e-4, betas=(0.0, 0.9))


def recipe():
    """The critic's update: real labels for real and generated samples, cross-entropy of the real ones alone, weight 1.

    The generator's: twice the minibatch, uniform labels, cross-entropy with the weight 0.1. The penalty is that of the
    score alone (igul222/improved_wgan_training at fa66c57, gan_cifar_resnet.py, with CONDITIONAL and ACGAN).
    """
    generator, critic = (network.double() for network in copy.deepcopy(networks()))
    critic_optimizer, generator_optimizer = adam(critic.parameters()), adam(generator.parameters())
    step = 0
    for update in range(UPDATES):
        for _ in range(N_CRITIC):
            real, labels = REAL[step], LABELS[step]
            z = STREAMS.normal("z/critic", step, (M, 3), dtype=torch.float64)
            fake = generator(z, labels).detach()
            eps = STREAMS.uniform("eps", step, (M,), dtype=torch.float64)[:, None]
            x_hat = (eps * real + (1 - eps) * fake).requires_grad_()
            (gradient,) = torch.autograd.grad(critic(x_hat)[0].sum(), x_hat, create_graph=True)
            penalty = ((gradient.square().sum(1).sqrt() - 1) ** 2).mean()
            scores, logits = critic(real)
            loss = critic(fake)[0].mean() - scores.mean() + 10 * penalty + cross_entropy(logits, labels)
            critic_optimizer.zero_grad()
            loss.backward()
            critic_optimizer.step()
            step += 1
        z = STREAMS.normal("z/generator", update, (2 * M, 3), dtype=torch.float64)
        labels = (STREAMS.uniform("condition/generator", update, (2 * M,), dtype=torch.float64) * CLASSES).long()
        scores, logits = critic(generator(z, labels))
        generator_optimizer.zero_grad()
        (-scores.mean() + 0.1 * cross_entropy(logits, labels)).backward()
        generator_optimizer.step()
    return [*generator.parameters(), *critic.parameters()]


@pytest.mark.slow
def test_the_system_is_the_recipe(trainer):
    generator, critic = networks()
    system = WGANGP(
        generator,
        critic,
        latent_dim=3,
        n_critic=N_CRITIC,
        generator_batch_multiple=2,
        condition=ClassLabels(CLASSES, for_generator="uniform"),
        critic_terms=[AuxiliaryClassifier(weight=1.0)],
        generator_terms=[AuxiliaryClassifier(weight=0.1)],
        critic_optimizer=adam,
        generator_optimizer=adam,
    )
    loader = DataLoader(TensorDataset(REAL, LABELS), batch_size=None)
    trainer(max_steps=UPDATES, precision="64-true").fit(system, loader)
    for ours, theirs in zip([*generator.parameters(), *critic.parameters()], recipe(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
