"""The original GAN."""

from collections.abc import Iterable, Sequence

from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable
from torch import Tensor, nn
from torch.optim import Adam

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.errors import Allowed
from lit_wgan.functional.losses import (
    jensen_shannon_estimate,
    minimax_discriminator_loss,
    minimax_generator_loss,
    non_saturating_generator_loss,
)
from lit_wgan.functional.schedules import NCritic
from lit_wgan.functional.streams import LatentLaw
from lit_wgan.systems.base import AdversarialSystem
from lit_wgan.terms.base import Step, Term
from lit_wgan.views.base import View


def dcgan_adam(parameters: Iterable[nn.Parameter]) -> Adam:
    """Adam as in Radford et al. 2016, arXiv:1511.06434v2, Section 4: learning rate 2e-4, beta1 0.5."""
    return Adam(parameters, lr=2e-4, betas=(0.5, 0.999))


class GAN(AdversarialSystem):
    """Generative adversarial network: ``min_G max_D E[log D(x)] + E[log(1 - D(G(z)))]``.

    The critic is the discriminator, and its scores are logits: D is their sigmoid, which the losses apply.

    Args:
        generator: maps noise ``(N, latent_dim)`` to samples ``(N, ...)``.
        critic: the discriminator, maps samples ``(N, ...)`` to logits ``(N,)``.
        latent_dim: size of the noise vector z, or its shape, such as ``(100, 1, 1)``.
        saturating: train the generator on the minimax loss of Eq. (1), not on the non-saturating one of Section 3.
        n_critic: the paper's k.
        generator_optimizer: DCGAN's by default, since the paper says no more than 'momentum'.
        critic_optimizer: likewise.
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

    Source: Goodfellow et al. 2014, arXiv:1406.2661, Algorithm 1.
    """

    estimate_name = "jensen_shannon_estimate"
    unbounded_remedy = "Remove that layer: the losses take logits and apply the sigmoid themselves."

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        latent_dim: int | Sequence[int],
        saturating: bool = False,
        n_critic: NCritic = 1,
        generator_optimizer: OptimizerCallable = dcgan_adam,
        critic_optimizer: OptimizerCallable = dcgan_adam,
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
        self.saturating = saturating

    def critic_loss(self, step: Step) -> Tensor:
        """Negative of Eq. (1): ``-(E[log D(x)] + E[log(1 - D(G(z)))])``."""
        return minimax_discriminator_loss(step.real.scores, step.fake.scores)

    def generator_loss(self, step: Step) -> Tensor:
        """Section 3's ``-E[log D(G(z))]`` or, if saturating, Eq. (1)'s ``E[log(1 - D(G(z)))]``."""
        logits = step.fake.scores
        return minimax_generator_loss(logits) if self.saturating else non_saturating_generator_loss(logits)

    def estimate(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """The discriminator's estimate of the Jensen-Shannon divergence, in nats."""
        return jensen_shannon_estimate(real_scores, fake_scores)
