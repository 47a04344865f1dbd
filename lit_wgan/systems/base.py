"""The alternating update that all systems share: Algorithm 1 of the WGAN papers, on Lightning's manual optimization."""

import atexit
import copy
from collections.abc import Callable
from typing import Any, cast

import torch
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer
from torchmetrics import MeanMetric

from lit_wgan.engine.acceleration import compiled, disable_nvml_probe, fuse_
from lit_wgan.engine.collectives import average_, average_buffers_, average_gradients_, disconnect, no_gradient_sync
from lit_wgan.engine.minibatches import minibatches
from lit_wgan.engine.preserve import evaluation_mode
from lit_wgan.engine.stopping import StopRequest
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.functional.losses import wasserstein_estimate
from lit_wgan.functional.schedules import NCritic, check_n_critic, n_critic_at
from lit_wgan.systems.checks import (
    check_precision,
    check_real,
    check_scores,
    check_strategy,
    first_samples,
    mixes_samples,
)
from lit_wgan.systems.ema import ramped_decay, update_ema_
from lit_wgan.systems.resuming import ResumableModule

Metrics = dict[str, Tensor]


class AdversarialSystem(ResumableModule):
    """A generator and a critic, trained in turn. Subclasses supply the two losses and, for WGAN, the constraint.

    One training step is one generator update, preceded by ``n_critic`` critic updates, each on a fresh minibatch of
    real samples and of noise. A batch is what the packaged DataModules give (all minibatches of the step), or one
    minibatch from any loader: then each batch is one critic update, and every ``n_critic``-th also updates the
    generator. Only generator updates move ``trainer.global_step``.

    Args:
        generator: maps noise ``(N, latent_dim)`` to samples ``(N, ...)``.
        critic: maps samples ``(N, ...)`` to scores ``(N,)``.
        latent_dim: size of the noise vector z.
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
        channels_last: lay images and filters out with their channels last, which makes most convolutions faster.

    Raises:
        UsageError: for numbers out of range and, when training starts, for shapes that do not fit.
    """

    estimate_name = "wasserstein_estimate"
    """What the critic's loss estimates, as logged under ``critic/`` and, on held-out samples, ``eval/``."""

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        latent_dim: int,
        n_critic: NCritic,
        generator_optimizer: OptimizerCallable,
        critic_optimizer: OptimizerCallable,
        lr_scheduler: LRSchedulerCallable | None = None,
        ema_decay: float | None = None,
        generator_batch_multiple: int = 1,
        compile: bool = False,
        channels_last: bool = True,
    ):
        super().__init__()
        check_positive(latent_dim=latent_dim, generator_batch_multiple=generator_batch_multiple)
        check_n_critic(n_critic)
        if ema_decay is not None and not 0 <= ema_decay < 1:
            raise UsageError(f"Expected ema_decay in [0, 1), but got {ema_decay}. Use 0.999, or null for no average.")
        self.automatic_optimization = False
        self.generator = generator
        self.critic = critic
        self.ema_generator = copy.deepcopy(generator).requires_grad_(False) if ema_decay is not None else None
        self.latent_dim = latent_dim
        self.n_critic = n_critic
        self.generator_optimizer = generator_optimizer
        self.critic_optimizer = critic_optimizer
        self.lr_scheduler = lr_scheduler
        self.ema_decay = ema_decay
        self.generator_batch_multiple = generator_batch_multiple
        if channels_last:
            self.to(memory_format=torch.channels_last)
        self.compiles = compile
        self.stop = StopRequest()
        self.metrics: Metrics = {}
        """What the newest losses gave to log, not averaged over samples or devices yet."""
        self._unchecked_losses: list[tuple[str, Tensor]] = []
        self._held_out_estimate = MeanMetric()
        self._mixes_samples = True
        self._critic_objective: Callable[..., tuple[Tensor, Metrics]] = self.critic_objective
        self._generator_objective: Callable[..., Tensor] = self.generator_objective

    # What a subclass supplies.

    def critic_loss(self, real: Tensor, fake: Tensor, *noise: Any) -> tuple[Tensor, Metrics]:
        """The loss that the critic minimises, and what to log beside it: scalars, or ``(m,)`` to be averaged.

        ``noise`` is what :meth:`critic_noise` gives.
        """
        raise NotImplementedError

    def critic_noise(self, real: Tensor) -> tuple[Any, ...]:
        """Random numbers that the critic's loss takes beside the samples, drawn where nothing is compiled."""
        return ()

    def generator_loss(self, fake_scores: Tensor) -> Tensor:
        """The loss that the generator minimises, from the critic's scores ``(N,)`` of its samples."""
        raise NotImplementedError

    def estimate(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """How far apart the critic finds data and model, from its scores ``(N,)`` of each."""
        return wasserstein_estimate(real_scores, fake_scores)

    def constrain_critic(self) -> None:
        """Bring the critic back into its constraint set; called after every critic update."""

    # The step.

    def training_step(self, batch: Any, batch_idx: int) -> None:
        """One pass of the outer loop of Algorithm 1, or one minibatch of it."""
        for real in minibatches(batch):
            self.update_critic(real)
            if self.counters.critic_updates_in_step == n_critic_at(self.n_critic, self.counters.generator_updates):
                self.update_generator(len(real) * self.generator_batch_multiple)

    def update_critic(self, real: Tensor) -> None:
        """One critic update on a minibatch ``(m, ...)`` of real samples and as many generated ones."""
        check_real(real, self.sample_shape)
        z = self.noise("z/critic", self.counters.critic_updates, len(real))
        real = real.to(self.dtype)  # the networks' own type, which data need not have
        loss, metrics = self._critic_objective(real, z, *self.critic_noise(real))
        # Stepped without Lightning's wrapper, so that global_step counts generator updates alone.
        self._descend(self.critic, self._optimizers[0], loss)
        self.constrain_critic()
        self._watch("critic", loss)
        self.metrics = {f"critic/{name}": value.detach() for name, value in ({"loss": loss} | metrics).items()}
        self.counters.critic_updates += 1
        self.counters.critic_updates_in_step += 1

    def update_generator(self, batch_size: int) -> None:
        """One generator update on ``batch_size`` fresh noise vectors."""
        optimizer = cast(list[LightningOptimizer], self.optimizers())[1]
        self.toggle_optimizer(optimizer)  # spares the critic's weight gradients
        loss = self._generator_objective(self.noise("z/generator", self.counters.generator_updates, batch_size))
        self._descend(self.generator, optimizer, loss, self.stop.vote(self.device, cast(torch.dtype, self.dtype)))
        self.untoggle_optimizer(optimizer)
        self._watch("generator", loss)
        self.metrics["generator/loss"] = loss.detach()
        self._after_generator_update()

    def critic_objective(self, real: Tensor, z: Tensor, *noise: Any) -> tuple[Tensor, Metrics]:
        """The critic's loss on real samples ``(m, ...)`` and those generated from ``z``, and what to log beside it."""
        with torch.no_grad():
            fake = self.generator(z)
        return self.critic_loss(real, fake.to(real.dtype), *noise)  # mixed precision gives fakes of a lower type

    def generator_objective(self, z: Tensor) -> Tensor:
        """The generator's loss on the samples generated from ``z``."""
        return self.generator_loss(self.score(self.generator(z)))

    def _descend(
        self, network: nn.Module, optimizer: Optimizer | LightningOptimizer, loss: Tensor, *others: Tensor
    ) -> None:
        """One optimizer step of one network, on the gradient of the global minibatch's loss; averages others too."""
        optimizer.zero_grad()
        with no_gradient_sync(self.trainer.model):
            self.manual_backward(loss)
        average_gradients_(network, *others)
        optimizer.step()

    def _after_generator_update(self) -> None:
        if self.ema_generator is not None and self.ema_decay is not None:
            decay = ramped_decay(self.ema_decay, self.counters.generator_updates)
            update_ema_(self.ema_generator, self.generator, decay)
        for scheduler in self._schedulers:
            scheduler.step()
        self.counters.generator_updates += 1
        self.counters.critic_updates_in_step = 0
        if self.counters.generator_updates % max(self.trainer.log_every_n_steps, 1) == 0:  # type: ignore[attr-defined]
            self.stop_if_not_finite()
            self.record({name: value.mean() for name, value in self.metrics.items()})

    # Noise, scores, samples.

    def noise(self, stream: str, update: int, batch_size: int) -> Tensor:
        """This device's rows of the global minibatch of noise z, shape ``(batch_size, latent_dim)``."""
        shape = (batch_size * self.trainer.world_size, self.latent_dim)
        return self.streams.normal(stream, update, shape, self.rows, self.device, cast(torch.dtype, self.dtype))

    @property
    def rows(self) -> slice:
        """The rows of a global minibatch that belong to this device."""
        return slice(self.global_rank, None, self.trainer.world_size)

    def score(self, x: Tensor) -> Tensor:
        """The critic's scores ``(N,)`` of samples ``(N, ...)``."""
        scores = self.critic(x)
        if scores.shape != x.shape[:1]:
            raise UsageError(
                f"Expected scores of shape ({len(x)},), but the critic gave {tuple(scores.shape)}. "
                "Let it end in one number per sample, for example with .flatten()."
            )
        return scores

    def score_both(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """The critic's scores of real and of generated samples, in one pass unless it mixes the samples of a batch."""
        if self._mixes_samples:
            return self.score(real), self.score(fake)
        real_scores, fake_scores = self.score(torch.cat([real, fake])).chunk(2)
        return real_scores, fake_scores

    @torch.no_grad()
    def sample(self, rows: slice, batch_size: int = 256) -> Tensor:
        """The generated samples of the given numbers, ``rows`` of one endless list that never changes but in weights.

        They come from the averaged generator if there is one, in evaluation mode.

        Args:
            rows: which samples, for example ``slice(64)``.
            batch_size: how many at a time.

        Returns:
            Samples of shape ``(number of rows, ...)``.
        """
        generator = self.generator if self.ema_generator is None else self.ema_generator
        training = generator.training
        generator.eval()
        dtype = cast(torch.dtype, self.dtype)
        z = self.streams.normal("z/samples", 0, (rows.stop, self.latent_dim), rows, self.device, dtype)
        samples = torch.cat([generator(part) for part in z.split(batch_size)])
        generator.train(training)
        return samples

    def average_statistics(self) -> None:
        """Make the running statistics of all networks equal on all devices; to be called on all of them."""
        average_buffers_(self)

    # Evaluation.

    def on_validation_start(self) -> None:
        """Make the devices' networks equal, and let the axis of what is logged count generator updates, not batches."""
        self.average_statistics()
        self.trainer.fit_loop.epoch_loop._batches_that_stepped = self.counters.generator_updates

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """Score held-out samples and as many generated ones."""
        for real in minibatches(batch):
            if not len(real):  # this device's share of a short last minibatch
                continue
            fake = self.generator(self.noise("z/validation", batch_idx, len(real)))
            check_real(real, fake.shape[1:])
            estimate = self.estimate(self.score(real.to(self.dtype)), self.score(fake.to(self.dtype)))
            self._held_out_estimate.update(estimate, weight=len(real))

    def on_validation_epoch_end(self) -> None:
        """Log the critic's estimate on held-out samples."""
        self.log(f"eval/{self.estimate_name}", self._held_out_estimate.compute())
        self._held_out_estimate.reset()

    def test_step(self, batch: Any, batch_idx: int) -> None:
        """As :meth:`validation_step`."""
        self.validation_step(batch, batch_idx)

    def on_test_epoch_end(self) -> None:
        """As :meth:`on_validation_epoch_end`."""
        self.on_validation_epoch_end()

    def on_test_start(self) -> None:
        """As :meth:`on_validation_start`."""
        self.on_validation_start()

    def predict_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        """Generate the samples whose numbers the batch holds, evenly spaced."""
        numbers = batch.tolist()
        return self.sample(slice(numbers[0], numbers[-1] + 1, self.trainer.world_size))

    # Logging and checkpoints.

    def record(self, metrics: Metrics) -> None:
        """Log metrics of training, averaged over devices, with the number of generator updates as their axis."""
        average_(metrics.values())
        self.log_dict(metrics, logger=False)  # for callbacks and the progress bar
        values = {name: float(value) for name, value in metrics.items()}
        for logger in self.loggers:
            logger.log_metrics(values, step=self.counters.generator_updates)
            logger.save()

    def stop_if_not_finite(self) -> None:
        """Raise a FloatingPointError if a loss since the last call was infinite or no number.

        Losses are collected unread and looked at together, so that no update waits for the device.
        """
        if not self._unchecked_losses:
            return
        names, losses = zip(*self._unchecked_losses, strict=True)
        self._unchecked_losses.clear()
        finite = torch.stack(losses).isfinite().tolist()
        if not all(finite):
            raise FloatingPointError(
                f"Expected finite losses, but got one that is not in {names[finite.index(False)]}. Lower the "
                "learning rate, or look at the data for values that are not finite; the last checkpoint is intact."
            )

    def _watch(self, network: str, loss: Tensor) -> None:
        where = f"the {network} at generator update {self.counters.generator_updates}"
        self._unchecked_losses.append((where, loss.detach()))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse to save weights after a loss that was not finite; save the same ones whichever device does it."""
        self.stop_if_not_finite()
        self.average_statistics()  # in place, so that the state dict that was gathered already sees it
        super().on_save_checkpoint(checkpoint)

    # Wiring.

    def configure_optimizers(self) -> Any:
        """The critic's and the generator's optimizer and, where asked for, a schedule for each."""
        optimizers = [
            self.critic_optimizer(self.critic.parameters()),
            self.generator_optimizer(self.generator.parameters()),
        ]
        for optimizer in optimizers:
            fuse_(optimizer)
        schedulers = [self.lr_scheduler(optimizer) for optimizer in optimizers] if self.lr_scheduler else []
        return optimizers, schedulers

    def setup(self, stage: str) -> None:
        """Refuse strategies that cannot train, before they change the networks, and see to a clean exit."""
        check_strategy(self.trainer.strategy)
        atexit.register(disconnect)

    def on_fit_start(self) -> None:
        """Refuse what cannot train, and compile what is to be compiled."""
        check_precision(str(self.trainer.precision))
        disable_nvml_probe(self.device)
        samples = first_samples(self.sample, self.latent_dim)
        self.sample_shape = samples.shape[1:]
        with evaluation_mode(self.critic):
            check_scores(self.score, samples)
        self._mixes_samples = mixes_samples(self.critic, samples)
        if self.compiles:
            self._critic_objective = compiled(self.critic_objective, self.device)
            self._generator_objective = compiled(self.generator_objective, self.device)
        super().on_fit_start()
