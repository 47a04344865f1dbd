"""Validation, prediction, logs and checkpoints of two networks: a system without its algorithm."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.engine.checkpoint_contents import check_plain
from lit_wgan.engine.internals import monitored_rates
from lit_wgan.engine.minibatches import Condition, Minibatch, minibatches
from lit_wgan.engine.notices import tell_once
from lit_wgan.errors import UsageError
from lit_wgan.functional.schedules import Counters
from lit_wgan.functional.streams import LatentLaw
from lit_wgan.runs.metrics_file import MetricsFile
from lit_wgan.systems.checks import check_shape
from lit_wgan.systems.finite import LossWatch, check_finite_weights
from lit_wgan.systems.generator_and_critic import GeneratorAndCritic
from lit_wgan.systems.held_out import per_slope
from lit_wgan.systems.judging import generate
from lit_wgan.systems.resuming import Configuration, restore_run_state_, run_state
from lit_wgan.systems.seeing import seen_samples, whole_groups
from lit_wgan.terms.base import Metrics
from lit_wgan.views.base import View


class GenerativeModule(GeneratorAndCritic):
    """A generator and a critic, with the counters, the logs and the checkpoints of their run.

    Args:
        generator: see :class:`~lit_wgan.systems.base.AdversarialSystem`, as for the others.
        critic: likewise.
        latent_dim: likewise.
        ema_decay: likewise.
        condition: likewise.
        latent_law: likewise.
        view: likewise.
        shards: likewise.
    """

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        latent_dim: int | Sequence[int],
        ema_decay: float | None,
        condition: ConditionSource | None,
        latent_law: LatentLaw,
        view: View | None = None,
        shards: int | None = None,
    ):
        super().__init__(generator, critic, latent_dim, ema_decay, condition, latent_law, view, shards)
        self.counters = Counters()
        self.losses = LossWatch()
        self.configured = Configuration([], [])
        """What the optimizers and schedules were configured with."""
        self.restored: Configuration | None = None
        """The same of the checkpoint that the run continues from."""

    # Validation and prediction.

    def validation_step(self, batch: Any, batch_idx: int) -> dict[str, list[tuple[int, Tensor, int]]]:
        """The critic's estimate on held-out samples and as many generated ones, and how many, for each minibatch.

        Before them the number of the place, of those of this device, which they belong to. Where the critic's slope is
        held near 1, also its mean between them.
        """
        estimates: list[tuple[int, Tensor, int]] = []
        slopes: list[tuple[int, Tensor, int]] = []
        for given in minibatches(batch):
            places = self.split.places(self.device_place)
            for number, place in enumerate(places):
                share = self.split.share(given, number, len(places))
                if self.view is not None:
                    share = share.map(whole_groups(self.view))
                if len(share.real):  # which a short last minibatch does not have for all
                    with self.at(place):
                        self._validate(share, batch_idx, number, estimates, slopes)
        return {"estimates": estimates, "slopes": slopes}

    def _validate(self, given: Minibatch, batch_idx: int, number: int, estimates: list[Any], slopes: list[Any]) -> None:
        real, fake, condition = self.judged_pair("validation", batch_idx, self.accept(given))
        scores = (self.score_seen(x, condition) for x in (real, fake))
        estimates.append((number, self.estimate(*scores), len(given.real)))
        slope = self.slope(real, fake, condition, batch_idx)
        slopes += [] if slope is None else [(number, slope, len(given.real))]

    def judged_pair(self, stream: str, number: int, given: Minibatch) -> tuple[Tensor, Tensor, Condition | None]:
        """Real and as many new generated samples under the same condition, as the critic sees them, and that condition.

        Args:
            stream: of the random numbers, which is its own for each use.
            number: of the minibatch.
            given: the rows of the place that is computed just now, as :meth:`accept` gives them.
        """
        real, condition = given
        z = self.noise(f"z/{stream}", number, len(real))
        self.seed_networks(stream, number)
        fake = generate(self.generator, z, condition).to(self.dtype)
        check_shape(real, fake.shape[1:])
        seen = self.see(stream, number, given, condition)
        return seen.real, seen_samples(self.view, fake, seen.noise), seen.condition

    def test_step(self, batch: Any, batch_idx: int) -> dict[str, list[tuple[int, Tensor, int]]]:
        """As :meth:`validation_step`."""
        return self.validation_step(batch, batch_idx)

    def predict_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        """Generate the samples whose numbers the batch holds, evenly spaced.

        Raises:
            UsageError: for a batch of anything else.
        """
        if not isinstance(batch, Tensor) or batch.ndim != 1 or batch.is_floating_point():
            got = f"{batch.dtype} {tuple(batch.shape)}" if isinstance(batch, Tensor) else type(batch).__name__
            raise UsageError(
                f"Expected predict_dataloader to give the numbers of samples to generate, (N,), but got {got}. Leave "
                "it out of your DataModule, whose num_generated says how many."
            )
        if self.condition is not None and not self.condition.law():
            tell_once("The checkpoint knows no conditions of training data yet: samples are drawn under made-up ones.")
        numbers = batch.tolist()
        return self.sample(slice(numbers[0], numbers[-1] + 1, self.trainer.world_size))

    # Logging and checkpoints.

    def record(self, metrics: Metrics) -> None:
        """Log metrics of training, averaged over devices, at the present generator update."""
        self.split.average_(list(metrics.values()))
        metrics |= per_slope(metrics, "critic/")
        self.log_dict(metrics, logger=False)  # for callbacks and the progress bar
        values = {name: float(value) for name, value in metrics.items()} | monitored_rates(self.trainer)
        for logger in self.loggers:
            logger.log_metrics(values, step=self.counters.generator_updates)
            logger.save()

    def check_finite(self) -> None:
        """Raise a NonFiniteError if a loss since the last check, or a weight, is infinite or no number."""
        self.losses.check()
        check_finite_weights(self, self.counters.generator_updates)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the state of the run, which is the same on all devices; refuse what is not finite or not read back."""
        self.check_finite()
        self.average_statistics()  # in place, so that the state dict that was gathered already sees it
        for logger in self.loggers:
            logger.save()  # what a run that continues from here will not log again
            if isinstance(logger, MetricsFile):
                logger.sync()
        checkpoint["lit_wgan"] = run_state(self)
        check_plain(checkpoint)  # on all devices, while the file is written on one

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore the state of the run, and refuse what does not fit."""
        restore_run_state_(self, checkpoint)
