"""Metrics of samples of any shape at every validation, each with its floor."""

from collections.abc import Callable, Sequence
from typing import Any

from lightning.pytorch import Trainer
from torch import Tensor

from lit_wgan.callbacks.evaluation import SampleEvaluation, held_out_condition
from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.transforms import TextTransform
from lit_wgan.engine.minibatches import Condition, Minibatch
from lit_wgan.evaluation.two_sample.compare import Comparison
from lit_wgan.systems.base import AdversarialSystem


class SampleMetrics(SampleEvaluation):
    """Logs metrics of generated against held-out samples, in the data's own units: ``eval/auc``, ``eval/mmd``, ...

    Each is logged with its floor, ``eval/auc_floor``: the same for training samples in place of generated ones, what a
    perfect generator would reach. Samples of a conditional system are generated under the held-out samples' own
    conditions. All metrics can be monitored, by a checkpoint or by ``EarlyStopping``; they are the same on any number
    of devices. docs/metrics.md says what each is.

    Args:
        metrics: any of ``w1``, ``sliced_w1``, ``w1_per_feature``, ``mmd``, ``energy``, ``auc``, ``correlation``,
            ``spectrum``, ``autocorrelation``, ``prdc``, ``duplicates``, ``memorisation``, ``parzen`` and, of text,
            ``ngram_jsd``; and functions of your own, ``f(real, fake)`` or ``f(real, fake, condition)``, or the path of
            one, that give a number.
        num_samples: number of generated, of held-out and of training samples; fewer if fewer samples are held out.
        features: a function or network of samples, its path, or the name of an extractor of images: then the metrics
            are those of features, and their names end in its own, ``eval/precision_digits``.
        seed: of random projections, folds and trees.

    Raises:
        UsageError: for unknown names and, when training starts, for metrics that the data have not the shape for.
    """

    def __init__(
        self,
        metrics: Sequence[str | Callable[..., Any]] = ("sliced_w1", "auc"),
        num_samples: int = 1000,
        features: str | Callable[..., Any] | None = None,
        seed: int = 0,
    ):
        super().__init__(num_samples)
        self.at_most = num_samples
        self.comparison = Comparison(metrics, features, seed)
        self._floors: dict[str, float] | None = None

    def metric_names(self) -> list[str]:
        """``eval/`` and the name of each metric and floor."""
        return [f"eval/{name}" for name in (*self.comparison.names(), *self.comparison.floor_names())]

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Forget the floors of other data."""
        self._floors = None

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Refuse metrics that cannot be computed of the data before any update."""
        self._count(trainer)
        data = self.data_of(trainer)
        self._check_kind(data)
        self.comparison.check_for(data.real_samples(1, train=False).real, self.num_samples)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Compute and log all."""
        self._count(trainer)
        super().on_validation_epoch_end(trainer, pl_module)

    def _count(self, trainer: Trainer) -> None:
        """Take as many samples as there are, held out or to train on, if they are fewer than were asked for."""
        data = self.data_of(trainer)
        self.num_samples = min(self.at_most, len(data.held_out()[0]), data.num_samples(train=True) or self.at_most)

    def _check_kind(self, data: AdversarialData) -> None:
        self.comparison.check_kind(are_text=isinstance(data.transform, TextTransform))

    def condition(self, system: AdversarialSystem, data: AdversarialData) -> Condition | None:
        """The held-out samples' own."""
        return held_out_condition(system, data, self.num_samples)

    def evaluate(self, fake: Tensor, data: AdversarialData) -> dict[str, float]:
        """Compute all metrics and floors."""
        return self.evaluate_conditional(Minibatch(fake), data)

    def evaluate_conditional(self, fake: Minibatch, data: AdversarialData) -> dict[str, float]:
        """Compute all metrics and floors; functions of your own are given the condition."""
        self._check_kind(data)
        held_out, train = (data.real_samples(self.num_samples, train).real for train in (False, True))
        train = train.to(fake.real.device)  # where features are computed
        if self._floors is None:  # they are those of the data alone
            self._floors = self.comparison.floors(held_out, train)
        found = self.comparison.measure(held_out, fake.real, train, fake.condition)
        return {f"eval/{name}": value for name, value in (found | self._floors).items()}
