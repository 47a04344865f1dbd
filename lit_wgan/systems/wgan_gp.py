"""The Wasserstein GAN with gradient penalty."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

import torch
from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor, nn
from torch.optim import Adam

from lit_wgan.errors import check_positive
from lit_wgan.functional.losses import wasserstein_generator_loss
from lit_wgan.functional.penalties import gradient_norm, interpolate, norm_penalty
from lit_wgan.functional.schedules import NCritic
from lit_wgan.systems.base import AdversarialSystem, Metrics
from lit_wgan.systems.checks import check_no_batch_norm, check_unbounded


def paper_adam(parameters: Iterable[nn.Parameter]) -> Adam:
    """Adam with the constants of Gulrajani et al. 2017, arXiv:1704.00028v3, Algorithm 1."""
    return Adam(parameters, lr=1e-4, betas=(0.0, 0.9))


class WGANGP(AdversarialSystem):
    """Wasserstein GAN whose critic is held near unit slope by a penalty on its gradient, not by clipping.

    Args:
        generator: maps noise ``(N, latent_dim)`` to samples ``(N, ...)``.
        critic: maps samples ``(N, ...)`` to scores ``(N,)``, unbounded and without batch norm.
        latent_dim: size of the noise vector z.
        gp_weight: the weight lambda of the penalty.
        one_sided: penalise only slopes above 1 (the paper's Appendix C).
        gp_interval: take the penalty in every such critic update alone, with this times its weight. Above 1 it deviates
            from the paper; the idea is the lazy regularisation of Karras et al. 2020, arXiv:1912.04958v2, Section 3.1.
        gp_mixed_precision: let mixed precision apply to the penalty too, which else is computed in float32.
        n_critic: critic updates per generator update.
        generator_optimizer: the paper's Adam by default.
        critic_optimizer: likewise.
        **kwargs: see :class:`AdversarialSystem`.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Algorithm 1.
    """

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        latent_dim: int,
        gp_weight: float = 10.0,
        one_sided: bool = False,
        gp_interval: int = 1,
        gp_mixed_precision: bool = False,
        n_critic: NCritic = 5,
        generator_optimizer: OptimizerCallable = paper_adam,
        critic_optimizer: OptimizerCallable = paper_adam,
        **kwargs: Any,
    ):
        check_positive(gp_weight=gp_weight, gp_interval=gp_interval)
        check_unbounded(critic, "Remove that layer: scores are no probabilities.")
        check_no_batch_norm(critic)
        super().__init__(generator, critic, latent_dim, n_critic, generator_optimizer, critic_optimizer, **kwargs)
        self.gp_weight = gp_weight
        self.one_sided = one_sided
        self.gp_interval = gp_interval
        self.gp_mixed_precision = gp_mixed_precision

    def critic_noise(self, real: Tensor) -> tuple[Tensor | None]:
        """Algorithm 1, line 4: ``eps ~ U[0, 1]``, one per sample, shape ``(m,)``; None in updates without penalty."""
        update = self.counters.critic_updates
        if update % self.gp_interval:
            return (None,)
        shape = (len(real) * self.trainer.world_size,)
        return (self.streams.uniform("eps", update, shape, self.rows, self.device, real.dtype),)

    def critic_loss(self, real: Tensor, fake: Tensor, eps: Tensor | None) -> tuple[Tensor, Metrics]:
        """Eq. (3): ``E[D(x_tilde)] - E[D(x)] + lambda E[(||grad D(x_hat)||_2 - 1)^2]``."""
        estimate = self.estimate(*self.score_both(real, fake))
        metrics = {self.estimate_name: estimate}
        if eps is None:
            return -estimate, metrics
        with nullcontext() if self.gp_mixed_precision else torch.autocast(real.device.type, enabled=False):
            gradient_norms = gradient_norm(self.critic, interpolate(real, fake, eps))
        penalty = norm_penalty(gradient_norms, self.one_sided)
        metrics |= {"gradient_penalty": penalty, "gradient_norm": gradient_norms}
        return -estimate + self.gp_interval * self.gp_weight * penalty, metrics

    def generator_loss(self, fake_scores: Tensor) -> Tensor:
        """Algorithm 1, line 12: ``-E[D(G(z))]``."""
        return wasserstein_generator_loss(fake_scores)
