"""WGAN-GP in plain loops with lit-wgan's networks alone: as people write it by hand, and tuned."""

import copy

import torch
from cases import EMA_DECAY, N_CRITIC, Case
from torch import Tensor
from torch.optim import Adam


class HandWritten:
    """The loop of many repositories: a forward pass and a backward call for every term, and every loss read back.

    The generator's update differentiates both networks, and batches become floats on the CPU.
    """

    fused: bool | None = None  # torch's choice of kernel

    def __init__(self, case: Case, batch_size: int, device: torch.device):
        self.case, self.batch_size, self.device = case, batch_size, device
        self.real = case.real()
        self.generator, self.critic = case.generator().to(device), case.critic().to(device)
        self.average = copy.deepcopy(self.generator)
        self.critic_optimizer, self.generator_optimizer = (
            Adam(network.parameters(), 1e-4, (0.0, 0.9), fused=self.fused) for network in (self.critic, self.generator)
        )
        self.losses: dict[str, float] = {}

    def minibatch(self) -> Tensor:
        """Random samples as floats in [-1, 1]."""
        real = self.real[torch.randint(len(self.real), (self.batch_size,), device=self.real.device)]
        real = real.float() / 127.5 - 1 if real.dtype == torch.uint8 else real
        return real.to(self.device)

    def z(self, multiple: int = 1) -> Tensor:
        """Noise for a minibatch."""
        return torch.randn(multiple * self.batch_size, self.case.latent_dim, device=self.device)

    def interpolates(self, real: Tensor, fake: Tensor) -> Tensor:
        """Points between real and fake that the critic is differentiated at."""
        eps = torch.rand(len(real), *[1] * (real.ndim - 1), device=self.device)
        return (eps * real + (1 - eps) * fake).requires_grad_()

    def update(self) -> None:
        """One generator update and its critic updates."""
        for _ in range(N_CRITIC):
            self.update_critic(self.minibatch())
        self.update_generator()
        self.update_average()

    def update_critic(self, real: Tensor) -> None:
        """Three forward passes and three backward calls."""
        self.critic_optimizer.zero_grad()
        real_score = self.critic(real).mean()
        (-real_score).backward()
        fake = self.generator(self.z()).detach()
        fake_score = self.critic(fake).mean()
        fake_score.backward()
        mixed = self.interpolates(real, fake)
        scores = self.critic(mixed)
        ones = torch.ones_like(scores)
        (gradient,) = torch.autograd.grad(scores, mixed, ones, create_graph=True, retain_graph=True)
        penalty = self.case.gp_weight * ((gradient.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
        penalty.backward()
        self.critic_optimizer.step()
        self.losses["wasserstein"] = real_score.item() - fake_score.item()
        self.losses["penalty"] = penalty.item()

    def update_generator(self) -> None:
        """The critic's weights get gradients too, which the next zero_grad throws away."""
        self.generator_optimizer.zero_grad()
        loss = -self.critic(self.generator(self.z(self.case.generator_batch_multiple))).mean()
        loss.backward()
        self.generator_optimizer.step()
        self.losses["generator"] = loss.item()

    @torch.no_grad()
    def update_average(self) -> None:
        """Weight by weight."""
        for ours, theirs in zip(self.average.parameters(), self.generator.parameters(), strict=True):
            ours.mul_(EMA_DECAY).add_(theirs, alpha=1 - EMA_DECAY)


class Tuned(HandWritten):
    """The same loop without work known to be useless, still eager and in float32.

    Real and fake share a pass, one backward call serves all terms, no value is read, Adam is fused, the average one
    operation, the critic frozen where only the generator learns, and the training set on the device.
    """

    fused = True

    def __init__(self, case: Case, batch_size: int, device: torch.device):
        super().__init__(case, batch_size, device)
        self.real = self.real.to(device)
        self.averages, self.weights = list(self.average.parameters()), list(self.generator.parameters())

    def update_critic(self, real: Tensor) -> None:
        """Two forward passes and one backward call."""
        with torch.no_grad():
            fake = self.generator(self.z())
        real_scores, fake_scores = self.critic(torch.cat([real, fake])).chunk(2)
        mixed = self.interpolates(real, fake)
        (gradient,) = torch.autograd.grad(self.critic(mixed).sum(), mixed, create_graph=True)
        penalty = (torch.linalg.vector_norm(gradient.flatten(1), dim=1) - 1).square().mean()
        loss = fake_scores.mean() - real_scores.mean() + self.case.gp_weight * penalty
        self.critic_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.critic_optimizer.step()

    def update_generator(self) -> None:
        """Gradients for the generator alone."""
        self.critic.requires_grad_(False)
        loss = -self.critic(self.generator(self.z(self.case.generator_batch_multiple))).mean()
        self.generator_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.generator_optimizer.step()
        self.critic.requires_grad_(True)

    @torch.no_grad()
    def update_average(self) -> None:
        """All weights at once."""
        torch._foreach_lerp_(self.averages, self.weights, 1 - EMA_DECAY)
