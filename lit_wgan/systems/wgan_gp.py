"""The Wasserstein GAN with gradient penalty."""

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable
from torch import Tensor, nn
from torch.optim import Adam

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.errors import Allowed, check_positive
from lit_wgan.functional.losses import wasserstein_estimate, wasserstein_generator_loss
from lit_wgan.functional.schedules import NCritic
from lit_wgan.functional.streams import LatentLaw
from lit_wgan.systems.base import AdversarialSystem
from lit_wgan.systems.draws import SystemDraws
from lit_wgan.systems.judging import judge_both
from lit_wgan.terms.base import Step, Term
from lit_wgan.terms.gradient_penalty import GradientPenalty, Over
from lit_wgan.views.base import View


def paper_adam(parameters: Iterable[nn.Parameter]) -> Adam:
    """Adam with the constants of Gulrajani et al. 2017, arXiv:1704.00028v3, Algorithm 1."""
    return Adam(parameters, lr=1e-4, betas=(0.0, 0.9))


class WGANGP(AdversarialSystem):
    """Wasserstein GAN whose critic is held near unit slope by a penalty on its gradient, not by clipping.

    Args:
        generator: maps noise ``(N, latent_dim)`` to samples ``(N, ...)``.
        critic: maps samples ``(N, ...)`` to scores ``(N,)``, unbounded and without batch norm.
        latent_dim: size of the noise vector z, or its shape, such as ``(100, 1, 1)``.
        gp_weight: the weight lambda of the penalty.
        one_sided: penalise only slopes above 1 (the paper's Appendix C).
        gp_interval: take the penalty in every such critic update alone, with this times its weight. Above 1 it deviates
            from the paper; the idea is the lazy regularisation of Karras et al. 2020, arXiv:1912.04958v2, Section 3.1.
        gp_mixed_precision: let mixed precision apply to the penalty too, which else is computed in float32.
        n_critic: critic updates per generator update.
        generator_optimizer: the paper's Adam by default.
        critic_optimizer: likewise.
        lr_scheduler: see :class:`AdversarialSystem`, as for what follows.
        ema_decay: decay of the generator's moving average.
        generator_batch_multiple: the generator's minibatch is this times the critic's.
        compile: compile both networks' objectives.
        channels_last: lay images out with their channels last.
        critic_terms: further addends of the critic's loss, behind the gradient penalty.
        generator_terms: further addends of the generator's loss.
        condition: what both networks are told besides noise or sample.
        latent_law: of the noise, ``normal`` or ``uniform``.
        gp_over: take the penalised gradient with respect to the ``samples`` alone, with the condition fixed, or to
            ``samples_and_condition``.
        allow: what to train in spite of good reasons not to.
        view: what the critic sees in place of samples.
        shards: number of blocks in which minibatches are computed, for the same bits on any number of devices.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Algorithm 1.
    """

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        latent_dim: int | Sequence[int],
        gp_weight: float = 10.0,
        one_sided: bool = False,
        gp_interval: int = 1,
        gp_mixed_precision: bool = False,
        n_critic: NCritic = 5,
        generator_optimizer: OptimizerCallable = paper_adam,
        critic_optimizer: OptimizerCallable = paper_adam,
        lr_scheduler: LRSchedulerCallable | None = None,
        ema_decay: float | None = None,
        generator_batch_multiple: int = 1,
        compile: bool = False,
        channels_last: bool = True,
        critic_terms: Sequence[Term] = (),
        generator_terms: Sequence[Term] = (),
        condition: ConditionSource | None = None,
        latent_law: LatentLaw = "normal",
        gp_over: Over = "samples",
        allow: Sequence[Allowed] = (),
        view: View | None = None,
        shards: int | None = None,
    ):
        check_positive(gp_weight=gp_weight, gp_interval=gp_interval)
        penalty = GradientPenalty(gp_weight, one_sided, gp_interval, gp_mixed_precision, gp_over)
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
            critic_terms=(penalty, *critic_terms),
            generator_terms=generator_terms,
            condition=condition,
            latent_law=latent_law,
            allow=allow,
            view=view,
            shards=shards,
        )

    knows_slope = True

    def slope(self, real: Tensor, fake: Tensor, condition: Condition | None, batch_idx: int) -> Tensor | None:
        """The mean norm of the critic's gradient at points between held-out and generated samples, as in training."""
        penalty = cast(GradientPenalty, self.critic_terms[0])
        # Lightning validates in inference mode, whose tensors cannot be differentiated.
        with torch.inference_mode(False), torch.no_grad():
            step = judge_both(
                self.critic, real.clone(), fake.clone(), map_condition(torch.clone, condition), tells=self.tells_critic
            )
            draws = SystemDraws(self, f"{penalty.stream}/validation", batch_idx, len(real))
            return penalty(step, *penalty.draw(draws, step.real.samples))[1][penalty.norm_name].mean()

    def critic_loss(self, step: Step) -> Tensor:
        """Eq. (3): ``E[D(x_tilde)] - E[D(x)]``; its ``lambda E[(||grad D(x_hat)||_2 - 1)^2]`` is the first term."""
        return -wasserstein_estimate(step.real.scores, step.fake.scores)

    def generator_loss(self, step: Step) -> Tensor:
        """Algorithm 1, line 12: ``-E[D(G(z))]``."""
        return wasserstein_generator_loss(step.fake.scores)
