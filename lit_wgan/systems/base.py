"""The alternating update that all systems share: Algorithm 1 of the WGAN papers, on Lightning's manual optimization."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import torch
from lightning.pytorch import Callback
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.engine.acceleration import compiled, fuse_
from lit_wgan.engine.minibatches import Condition, Minibatch, minibatches
from lit_wgan.engine.stopping import StopRequest
from lit_wgan.errors import Allowed, check_positive
from lit_wgan.functional.schedules import NCritic, check_n_critic, n_critic_at
from lit_wgan.functional.streams import LatentLaw
from lit_wgan.systems.checks import (
    check_fixed,
    check_optimizer,
    check_pairs,
    check_scheduler,
    check_shape,
    check_trainable,
    is_fixed,
    of_nothing,
)
from lit_wgan.systems.data_units import DataUnits
from lit_wgan.systems.ema import ramped_decay, update_ema_
from lit_wgan.systems.finite import FiniteLosses, is_log_due
from lit_wgan.systems.held_out import HeldOutEstimate
from lit_wgan.systems.judging import generate, judge_both
from lit_wgan.systems.module import GenerativeModule
from lit_wgan.systems.preflight import Preflight
from lit_wgan.systems.resuming import Resuming
from lit_wgan.systems.same_run import SameRun
from lit_wgan.systems.seeing import Seen, seen_samples
from lit_wgan.systems.shards import Objective
from lit_wgan.systems.training_conditions import TrainingConditions
from lit_wgan.terms.base import Metrics, Noise, Step, Term, add_terms, check_terms
from lit_wgan.views.base import View


class AdversarialSystem(GenerativeModule):
    """A generator and a critic, trained in turn. Subclasses supply the two losses and, for WGAN, the constraint.

    One training step is one generator update, preceded by ``n_critic`` critic updates, each on a fresh minibatch of
    real samples and of noise. A batch is what the packaged DataModules give (all minibatches of the step), or one
    minibatch from any loader: then each batch is one critic update, and every ``n_critic``-th also updates the
    generator. Only generator updates move ``trainer.global_step``.

    A generator that has no parameters at all is fixed: the critic alone trains, between two laws that stay as they are,
    and a generator update moves nothing but the count.

    Args:
        generator: maps noise ``(N, latent_dim)`` and, in a conditional system, a condition to samples ``(N, ...)``.
        critic: maps samples ``(N, ...)``, and that condition, to one score each, ``(N,)``; more tensors may follow.
        latent_dim: size of the noise vector z, or its shape, such as ``(100, 1, 1)``.
        n_critic: critic updates per generator update, or a function of the generator update that gives them.
        generator_optimizer: makes the generator's optimizer from its parameters.
        critic_optimizer: makes the critic's optimizer from its parameters.
        lr_scheduler: makes a learning-rate schedule from an optimizer; applied to both, and stepped once per generator
            update.
        ema_decay: decay of the generator's moving average, in ``[0, 1)``, which then is what samples are drawn from;
            None for no average.
        generator_batch_multiple: the generator's minibatch is this times the critic's.
        compile: compile both networks' objectives, penalty and its double backward pass included, and on a GPU run them
            as CUDA graphs. The first updates take up to a minute longer; results are the same to rounding.
        channels_last: lay images and filters out with their channels last, which makes most convolutions faster,
            wherever the networks can take it.
        critic_terms: further addends of the critic's loss.
        generator_terms: further addends of the generator's loss.
        condition: what both networks are told, row by row, besides noise or sample; None in a system without.
        latent_law: of the noise z: ``normal``, N(0, 1), or ``uniform`` on [-1, 1).
        allow: what to train in spite of good reasons not to, with a warning: a critic with ``batch_norm`` under a
            gradient penalty, one with a ``bounded_head``.
        view: what the critic sees in place of samples; None for the samples themselves.
        shards: number of blocks, a power of two, in which every minibatch is computed, so that a run is the same to the
            bit on as many devices as divide it; None for one pass on each device, which is faster.

    Raises:
        UsageError: for numbers out of range and, when training starts, for shapes that do not fit.
    """

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        latent_dim: int | Sequence[int],
        n_critic: NCritic,
        generator_optimizer: OptimizerCallable,
        critic_optimizer: OptimizerCallable,
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
        super().__init__(generator, critic, latent_dim, ema_decay, condition, latent_law, view, shards)
        check_positive(generator_batch_multiple=generator_batch_multiple)
        check_n_critic(n_critic)
        check_terms(critic_terms, "critic", critic, allow)
        check_terms(generator_terms, "generator", critic, allow)
        check_pairs(generator_terms, condition)
        check_fixed(generator, generator_terms)
        self.automatic_optimization = False
        self.trains_generator = not is_fixed(generator)
        self.n_critic = n_critic
        self.generator_optimizer = generator_optimizer
        self.critic_optimizer = critic_optimizer
        self.lr_scheduler = lr_scheduler
        self.generator_batch_multiple = generator_batch_multiple
        self.critic_terms, self.generator_terms = tuple(critic_terms), tuple(generator_terms)
        for network, terms in (("critic", critic_terms), ("generator", generator_terms)):
            for term in terms:
                if isinstance(term, nn.Module):  # so that it is moved and saved with the system
                    self.add_module(f"{network}_term_{term.name}", term)
        self.compiles = compile
        self.channels_last = channels_last
        self.allow = tuple(allow)
        self.stop = StopRequest()
        self.metrics: Metrics = {}
        """What the newest losses gave to log, not averaged over samples or devices yet."""
        self.mixes_samples = True
        """Whether the critic's score of a sample depends on the others of its batch; :class:`Preflight` finds out."""
        self.observers: list[Callable[[Minibatch], Metrics]] = []
        """Called with the newest minibatch whenever metrics are logged, for further ones; callbacks append theirs."""
        self._critic_objective: Callable[..., tuple[Tensor, Metrics]] = self.critic_objective
        self._generator_objective: Callable[..., tuple[Tensor, Metrics]] = self.generator_objective

    unbounded_remedy = "Remove that layer: scores are no probabilities."
    """What to do about a critic with bounded scores."""

    # What a subclass supplies.

    def critic_loss(self, step: Step) -> Tensor:
        """The loss that the critic minimises, without its further terms."""
        raise NotImplementedError

    def generator_loss(self, step: Step) -> Tensor:
        """The loss that the generator minimises, without its further terms."""
        raise NotImplementedError

    def constrain_critic(self) -> None:
        """Bring the critic back into its constraint set; called after every critic update."""

    def critic_metrics(self) -> Metrics:
        """Metrics of the critic's weights, scalars; computed only when metrics are logged."""
        return {}

    # The step.

    def training_step(self, batch: Any, batch_idx: int) -> None:
        """One pass of the outer loop of Algorithm 1, or one minibatch of it."""
        for given in minibatches(batch):
            minibatch = self.accept(given)
            check_shape(minibatch.real, self.sample_shape)
            self.update_critic(minibatch)
            if self.counters.critic_updates_in_step == n_critic_at(self.n_critic, self.counters.generator_updates):
                self.update_generator(minibatch)

    def update_critic(self, minibatch: Minibatch) -> None:
        """One critic update, on m real samples and as many generated ones."""
        # Stepped without Lightning's wrapper, so that global_step counts generator updates alone.
        optimizer = cast(list[Optimizer], self.optimizers(use_pl_optimizer=False))[0]
        metrics = self._descend(self.critic, optimizer, self._critic_pass, minibatch)
        self.constrain_critic()
        self.losses.add("critic", self.counters.generator_updates, metrics["loss"])
        self.metrics = {f"critic/{name}": value for name, value in metrics.items()}
        self.counters.critic_updates += 1
        self.counters.critic_updates_in_step += 1

    def _critic_pass(self, minibatch: Minibatch) -> tuple[Tensor, Metrics]:
        """The critic's loss on some rows of a minibatch, and what to log beside it."""
        update = self.counters.critic_updates
        z = self.noise("z/critic", update, len(minibatch.real))
        seen = self.see("critic", update, minibatch, minibatch.condition)
        noises = self.draw(self.critic_terms, "critic", update, seen.real, len(minibatch.real))
        self.seed_networks("critic", update)
        return self._critic_objective(minibatch, z, noises, seen)

    def update_generator(self, minibatch: Minibatch) -> None:
        """One generator update, on fresh noise vectors for each row of a real minibatch."""
        optimizer = cast(list[LightningOptimizer], self.optimizers())[1]
        vote = self.stop.vote(self.device, cast(torch.dtype, self.dtype))
        if self.trains_generator:
            self.toggle_optimizer(optimizer)  # spares the critic's weight gradients
            metrics = self._descend(self.generator, optimizer, self._generator_pass, minibatch, vote)
            self.untoggle_optimizer(optimizer)
            self.losses.add("generator", self.counters.generator_updates, metrics["loss"])
            self.metrics |= {f"generator/{name}": value for name, value in metrics.items()}
        else:
            self.split.average_([vote])
            optimizer.step()  # of nothing, but global_step counts it
        self._end_update(minibatch)

    def _generator_pass(self, minibatch: Minibatch) -> tuple[Tensor, Metrics]:
        """The generator's loss on noise for some rows of a minibatch, each of them taken as often as is asked for."""
        minibatch, update = minibatch.repeated(self.generator_batch_multiple), self.counters.generator_updates
        z = self.noise("z/generator", update, len(minibatch.real))
        condition = self.condition_of_generator(minibatch, update)
        seen = self.see("generator", update, minibatch, condition, self.generator_batch_multiple)
        noises = self.draw(self.generator_terms, "generator", update, seen.real, len(minibatch.real))
        self.seed_networks("generator", update)
        return self._generator_objective(minibatch, z, condition, noises, seen)

    def critic_objective(
        self, minibatch: Minibatch, z: Tensor, noises: Sequence[Noise | None], seen: Seen
    ) -> tuple[Tensor, Metrics]:
        """The critic's loss with its terms, and what to log beside it: a pure function of tensors."""
        real, condition = minibatch
        with torch.no_grad():
            fake = generate(self.generator, z, condition)
        fake = fake.to(real.dtype)  # mixed precision gives fakes of a lower type
        step = judge_both(
            self.critic,
            seen.real,
            seen_samples(self.view, fake, seen.noise),
            seen.condition,
            not self.mixes_samples,
            tells=self.tells_critic,
            whole=(real, fake),
        )
        loss, metrics = add_terms(self.critic_loss(step), self.critic_terms, step, noises)
        return loss, {self.estimate_name: self.estimate(step.real.scores.detach(), step.fake.scores.detach())} | metrics

    def generator_objective(
        self, minibatch: Minibatch, z: Tensor, condition: Condition | None, noises: Sequence[Noise | None], seen: Seen
    ) -> tuple[Tensor, Metrics]:
        """The generator's loss with its terms, and what to log beside it: a pure function of tensors.

        The real minibatch may carry another condition than the generated samples, see ``ConditionSource.of_generator``.
        """
        make = partial(generate, self.generator, condition=condition)
        fake = make(z)
        step = judge_both(
            self.critic,
            seen.real,
            seen_samples(self.view, fake, seen.noise, self.generator_batch_multiple),
            seen.condition,
            real_condition=seen.real_condition,
            tells=self.tells_critic,
            generator=make,
            trains="generator",
            whole=(minibatch.real, fake),
        )
        return add_terms(self.generator_loss(step), self.generator_terms, step, noises)

    def _descend(
        self,
        network: nn.Module,
        optimizer: Optimizer | LightningOptimizer,
        objective: Objective,
        minibatch: Minibatch,
        *others: Tensor,
    ) -> Metrics:
        """One optimizer step of one network, on the gradient of the global minibatch's loss; averages others too."""
        optimizer.zero_grad()
        metrics = self.split.backward(self, network, objective, minibatch, others)
        optimizer.step()
        return metrics

    def _end_update(self, minibatch: Minibatch) -> None:
        if self.ema_generator is not None and self.ema_decay is not None:
            decay = ramped_decay(self.ema_decay, self.counters.generator_updates)
            update_ema_(self.ema_generator, self.generator, decay)
        self.counters.generator_updates += 1
        self.counters.critic_updates_in_step = 0
        if is_log_due(self.trainer, self):
            of_weights = {f"critic/{name}": value for name, value in self.critic_metrics().items()}
            means = {name: self.split.mean(value) for name, value in self.metrics.items()} | of_weights
            for observe in self.observers:
                means |= observe(minibatch)
            self.record(means)
        for scheduler in cast(list[LRScheduler], self.lr_schedulers() or []):
            scheduler.step()  # now that the rates of this update are logged

    # Wiring.

    def configure_callbacks(self) -> list[Callback]:
        """The callbacks that every run of a system needs, whatever its Trainer was given."""
        before = [Preflight(), DataUnits(), Resuming(), SameRun()]
        return [*before, TrainingConditions(), FiniteLosses(), HeldOutEstimate()]

    def configure_optimizers(self) -> Any:
        """The critic's and the generator's optimizer and, where asked for, a schedule for each."""
        networks = {"generator": self.generator} if self.trains_generator else {}
        check_trainable(critic=self.critic, **networks)
        optimizers = [
            self.critic_optimizer(self.critic.parameters()),
            self.generator_optimizer(self.generator.parameters()) if self.trains_generator else of_nothing(),
        ]
        for optimizer, network in zip(optimizers, ("critic", "generator"), strict=True):
            check_optimizer(optimizer, network)
            fuse_(optimizer)
        schedulers = [self.lr_scheduler(optimizer) for optimizer in optimizers] if self.lr_scheduler else []
        for scheduler in schedulers:
            check_scheduler(scheduler)
        return optimizers, schedulers

    def on_fit_start(self) -> None:
        """Compile what is to be compiled, now that :class:`Preflight` knows the networks."""
        if self.compiles:
            self._critic_objective = compiled(self.critic_objective, self.device)
            self._generator_objective = compiled(self.generator_objective, self.device)
