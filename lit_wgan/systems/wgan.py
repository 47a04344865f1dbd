"""The Wasserstein GAN with weight clipping."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable
from torch import Tensor, nn
from torch.optim import RMSprop

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.errors import Allowed, check_positive
from lit_wgan.functional.constraints import clip_weights_, fraction_at_bound
from lit_wgan.functional.losses import wasserstein_estimate, wasserstein_generator_loss
from lit_wgan.functional.schedules import NCritic
from lit_wgan.functional.streams import LatentLaw
from lit_wgan.systems.base import AdversarialSystem
from lit_wgan.systems.checks import warn_of_momentum
from lit_wgan.terms.base import Metrics, Step, Term
from lit_wgan.views.base import View


def paper_rmsprop(parameters: Iterable[nn.Parameter]) -> RMSprop:
    """RMSProp with the learning rate of Arjovsky et al. 2017, arXiv:1701.07875v3, Algorithm 1."""
    return RMSprop(parameters, lr=5e-5)


class WGAN(AdversarialSystem):
    """Wasserstein GAN: a critic without sigmoid, losses without logarithm, weights clipped to ``[-c, c]``.

    Args:
        generator: maps noise ``(N, latent_dim)`` to samples ``(N, ...)``.
        critic: maps samples ``(N, ...)`` to scores ``(N,)``, unbounded.
        latent_dim: size of the noise vector z, or its shape, such as ``(100, 1, 1)``.
        clip_value: the bound c, to which the critic's weights are clipped after every critic update.
        n_critic: critic updates per generator update; :class:`WarmStart` is the authors' schedule.
        generator_optimizer: the paper's RMSProp by default.
        critic_optimizer: likewise. One with momentum draws a warning.
        lr_scheduler: see :class:`AdversarialSystem`, as for what follows.
        ema_decay: decay of the generator's moving average.
        generator_batch_multiple: the generator's minibatch is this times the critic's.
        compile: compile both networks' objectives.
        channels_last: lay images out with their channels last.
        critic_terms: further addends of the critic's loss.
        generator_terms: further addends of the generator's loss.
        condition: what both networks are told besides noise or sample.
        latent_law: of the noise, ``normal`` or ``uniform``.
        allow: what to train in spite of good reasons not to.
        view: what the critic sees in place of samples.
        shards: number of blocks in which minibatches are computed, for the same bits on any number of devices.

    Source: Arjovsky et al. 2017, arXiv:1701.07875v3, Algorithm 1.
    """

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        latent_dim: int | Sequence[int],
        clip_value: float = 0.01,
        n_critic: NCritic = 5,
        generator_optimizer: OptimizerCallable = paper_rmsprop,
        critic_optimizer: OptimizerCallable = paper_rmsprop,
        lr_scheduler: LRSchedulerCallable | None = None,
        ema_decay: float | None = None,
        generator_batch_multiple: int = 1,
        compile: bool = False,
        channels_last: bool = True,
        critic_terms: Sequence[Term] = (),
        generator_terms: Sequence[Term] = (),
        condition: ConditionSource | None = None,
        latent_law: LatentLaw = "normal",
        allow: Sequence[Allowed] = (),
        view: View | None = None,
        shards: int | None = None,
    ):
        check_positive(clip_value=clip_value)
        super().__init__(
            generator,
            critic,
            latent_dim,
            n_critic,
            generator_optimizer,
            critic_optimizer,
            lr_scheduler=lr_scheduler,
            ema_decay=ema_decay,
            generator_batch_multiple=generator_batch_multiple,
            compile=compile,
            channels_last=channels_last,
            critic_terms=critic_terms,
            generator_terms=generator_terms,
            condition=condition,
            latent_law=latent_law,
            allow=allow,
            view=view,
            shards=shards,
        )
        self.clip_value = clip_value

    def critic_loss(self, step: Step) -> Tensor:
        """Negative of what Algorithm 1, line 5, ascends: ``E[f(g(z))] - E[f(x)]``."""
        return -wasserstein_estimate(step.real.scores, step.fake.scores)

    def generator_loss(self, step: Step) -> Tensor:
        """Algorithm 1, line 10: ``-E[f(g(z))]``."""
        return wasserstein_generator_loss(step.fake.scores)

    def constrain_critic(self) -> None:
        """Algorithm 1, line 7: ``w <- clip(w, -c, c)``."""
        clip_weights_(self.critic, self.clip_value)

    def critic_metrics(self) -> Metrics:
        """The share of clipped weights, Figure 1 (b) of the WGAN-GP paper."""
        return {"fraction_at_bound": fraction_at_bound(self.critic, self.clip_value)}

    def configure_optimizers(self) -> Any:
        """The two optimizers, with a warning if the critic's has momentum."""
        optimizers: tuple[list[torch.optim.Optimizer], list[Any]] = super().configure_optimizers()
        warn_of_momentum(optimizers[0][0])
        return optimizers
