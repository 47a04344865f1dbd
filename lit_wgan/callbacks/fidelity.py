"""FID, Inception Score, KID, precision and recall of the generator while it trains."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from lightning.pytorch import Trainer

from lit_wgan.callbacks.breaks import Breakable, checkpoints, save_and_stop, stop_before_validation
from lit_wgan.engine.preserve import averaged_buffers
from lit_wgan.errors import check_positive
from lit_wgan.evaluation.options import EvaluationOptions
from lit_wgan.evaluation.trained import inputs_of, with_training_set
from lit_wgan.systems.base import AdversarialSystem

if TYPE_CHECKING:
    from lit_wgan.evaluation.evaluator import GenerativeEvaluator


class FidelityCallback(Breakable):
    """Measures the generator every so many generator updates, and after the last, on all devices together.

    Samples of a conditional system are drawn from the training set's law of conditions.

    Logs ``fidelity/fid``, ``fidelity/inception_score_mean`` and so on, with ``fidelity/num_samples``, on which all of
    them depend, and ``fidelity/seconds``; of each class also ``fidelity/accuracy_class_3`` or
    ``fidelity/intra_fid_class_3``. Metrics of another extractor than Inception carry its name,
    ``fidelity/fid_digits``. They can be monitored, ``ModelCheckpoint(monitor="fidelity/fid")``, by a checkpoint that is
    written at updates that are measured. Training continues as if nothing had been measured. A signal that asks the run
    to stop breaks a measurement on one device off, with which the run that continues begins.

    Args:
        metrics: any of ``fid``, ``isc``, ``kid`` and ``prc``; where the system's condition is a class, also ``acc`` and
            ``intra_fid``.
        num_samples: images to generate each time.
        reference: the real images, or a path or name of them or of their statistics; None for the training set,
            without its random flips.
        every_n_updates: generator updates between measurements.
        use_ema: measure the generator's moving average where the system keeps one.
        prefix: of the logged names.
        options: the other :class:`EvaluationOptions`.

    Raises:
        UsageError: for options that :class:`EvaluationOptions` refuses; when training starts, for what
            :class:`GenerativeEvaluator` refuses, and for training data that is no set of images if no reference is
            given.
    """

    def __init__(
        self,
        metrics: Sequence[str] = ("fid",),
        num_samples: int = 10_000,
        reference: Any = None,
        every_n_updates: int = 1000,
        use_ema: bool = True,
        *,
        prefix: str = "fidelity",
        **options: Any,
    ):
        super().__init__()
        check_positive(every_n_updates=every_n_updates)
        self.options = EvaluationOptions(reference, metrics, num_samples, **options)
        self.every_n_updates = every_n_updates
        self.use_ema = use_ema
        self.prefix = prefix
        self._evaluator: GenerativeEvaluator | None = None
        self._measured = -1

    @property
    def state_key(self) -> str:
        """The key of its state in a checkpoint, another one for other metrics."""
        return f"{type(self).__qualname__}{self.metric_names()}{self.use_ema}"

    def metric_names(self) -> list[str]:
        """The names that are logged, but for those of single classes; a module's end in the name of its class."""
        return [f"{self.prefix}/{name}" for name in (*self.options.metric_names(), "num_samples", "seconds")]

    def catch_up(self, trainer: Trainer, system: Any) -> None:
        """Measure, before any update."""
        self.on_train_start(trainer, system)
        self._measure_unless_stopped(trainer, system, save_and_stop)

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Load the extractor and open the reference, so that a mistake in them shows before training."""
        from lit_wgan.evaluation.evaluator import GenerativeEvaluator  # takes seconds, and validation does not need it

        inputs = inputs_of(pl_module, self.options)
        data = getattr(trainer, "datamodule", None)
        options = with_training_set(self.options, data, lambda: trainer.train_dataloader)
        self._evaluator = GenerativeEvaluator(**vars(options))
        self._evaluator.check(pl_module.generator, **inputs._asdict())

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *args: Any) -> None:
        """Measure after every ``every_n_updates`` generator updates, and after the last."""
        update = pl_module.counters.generator_updates
        due = update % self.every_n_updates == 0 or trainer.global_step == trainer.max_steps
        if due and update not in (0, self._measured):
            self._measure_unless_stopped(trainer, pl_module, stop_before_validation)

    def _measure_unless_stopped(
        self, trainer: Trainer, system: AdversarialSystem, stop: Callable[[Trainer, AdversarialSystem], None]
    ) -> None:
        """Measure; on one device, break off when a signal asks the run to stop."""
        assert self._evaluator is not None
        self._measured = system.counters.generator_updates
        self.due = True

        def break_off(*_: Any) -> None:
            if system.stop.signal and trainer.world_size == 1 and checkpoints(trainer):
                raise BrokenOffError

        hook = self._evaluator.network.register_forward_pre_hook(break_off)
        try:
            self._measure(trainer, system)
        except BrokenOffError:
            stop(trainer, system)
        finally:
            hook.remove()
        self.due = False

    def _measure(self, trainer: Trainer, system: AdversarialSystem) -> None:
        assert self._evaluator is not None
        averaged = system.ema_generator if self.use_ema else None
        generator = system.generator if averaged is None else averaged
        with averaged_buffers(generator):
            progress = trainer.progress_bar_callback is not None
            inputs = inputs_of(system, self.options)
            result = self._evaluator.evaluate(generator, progress=progress, **inputs._asdict())
        logged = result | {"num_samples": result.protocol.num_samples, "seconds": result.seconds}
        system.record({f"{self.prefix}/{name}": torch.tensor(value).double() for name, value in logged.items()})


class BrokenOffError(Exception):
    """A measurement that ends because a signal asks the run to stop."""
