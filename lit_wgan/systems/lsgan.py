"""The least-squares GAN."""

from collections.abc import Iterable, Sequence

from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable
from torch import Tensor, nn
from torch.optim import RMSprop

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.errors import Allowed
from lit_wgan.functional.losses import le_cam_estimate, least_squares_critic_loss, least_squares_generator_loss
from lit_wgan.functional.schedules import NCritic
from lit_wgan.functional.streams import LatentLaw
from lit_wgan.systems.base import AdversarialSystem
from lit_wgan.terms.base import Step, Term
from lit_wgan.views.base import View


def lsgan_rmsprop(parameters: Iterable[nn.Parameter]) -> RMSprop:
    """RMSProp as in Gulrajani et al. 2017, arXiv:1704.00028v3, Appendix E: learning rate 1e-4."""
    return RMSprop(parameters, lr=1e-4)


class LSGAN(AdversarialSystem):
    """Least-squares GAN: scores of real samples are to be 1, those of generated ones 0, and the generator's aim is 1.

    Args:
        generator: maps noise ``(N, latent_dim)`` to samples ``(N, ...)``.
        critic: the discriminator, maps samples ``(N, ...)`` to scores ``(N,)``, unbounded.
        latent_dim: size of the noise vector z, or its shape, such as ``(100, 1, 1)``.
        n_critic: critic updates per generator update.
        generator_optimizer: by default RMSProp, 1e-4, which WGAN-GP's authors took for their comparison; the paper has
            Adam, 2e-4 to 1e-3 with beta1 0.5.
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

    Source: Mao et al. 2017, arXiv:1611.04076v3, Eq. (9).
    """

    estimate_name = "le_cam_estimate"

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        latent_dim: int | Sequence[int],
        n_critic: NCritic = 1,
        generator_optimizer: OptimizerCallable = lsgan_rmsprop,
        critic_optimizer: OptimizerCallable = lsgan_rmsprop,
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

    def critic_loss(self, step: Step) -> Tensor:
        """Eq. (9): ``1/2 E[(D(x) - 1)^2] + 1/2 E[D(G(z))^2]``."""
        return least_squares_critic_loss(step.real.scores, step.fake.scores)

    def generator_loss(self, step: Step) -> Tensor:
        """Eq. (9): ``1/2 E[(D(G(z)) - 1)^2]``."""
        return least_squares_generator_loss(step.fake.scores)

    def estimate(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """The critic's estimate of the Le Cam divergence, in ``[0, 1]``."""
        return le_cam_estimate(real_scores, fake_scores)
