"""The critic's estimate on held-out samples."""

from collections.abc import Mapping, Sequence
from typing import Any

from lightning.pytorch import Callback, Trainer
from torch import Tensor
from torchmetrics import MeanMetric

from lit_wgan.engine.internals import count_validation_by


def per_slope(metrics: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The critic's estimate of W1 over its mean slope, which the gradient penalty leaves above 1.

    At its optimum a critic whose slope is s maximises ``s W1 - lambda (s - 1)^2``, so that ``s = 1 + W1 / (2 lambda)``:
    its estimate, ``s W1``, is too large by that factor.

    Args:
        metrics: the means of both over samples and devices, as far as there are such.
        prefix: of their names.
    """
    estimate, slope = (metrics.get(f"{prefix}{name}") for name in ("wasserstein_estimate", "gradient_norm"))
    return {} if estimate is None or slope is None else {f"{prefix}wasserstein_estimate_per_slope": estimate / slope}


class HeldOutEstimate(Callback):
    """Logs the critic's estimate, averaged over all held-out samples of all devices, and where it has one its slope.

    Works alike when a run is validated in between, by ``validate`` and by ``test``.
    """

    def __init__(self) -> None:
        self._estimates: list[MeanMetric] = []
        self._slopes: list[MeanMetric] = []

    def on_validation_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Average the networks' buffers over devices, and log this validation by generator updates."""
        pl_module.average_statistics()
        count_validation_by(trainer, pl_module.counters.generator_updates)
        places = pl_module.split.places(pl_module.device_place)
        self._estimates, self._slopes = (
            [MeanMetric(sync_on_compute=False).to(pl_module.device) for _ in places] for _ in range(2)
        )

    def on_validation_batch_end(self, trainer: Trainer, pl_module: Any, outputs: Any, *args: Any) -> None:
        """Add the estimates of a batch, each weighted by its number of samples."""
        for means, given in ((self._estimates, outputs["estimates"]), (self._slopes, outputs["slopes"])):
            for number, value, samples in given:
                means[number].update(value, weight=samples)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Log the means."""
        metrics = {f"eval/{pl_module.estimate_name}": _mean(pl_module, self._estimates)}
        if pl_module.knows_slope:
            metrics["eval/gradient_norm"] = _mean(pl_module, self._slopes)
        pl_module.log_dict(metrics | per_slope(metrics, "eval/"))

    def on_test_start(self, trainer: Trainer, pl_module: Any) -> None:
        """As :meth:`on_validation_start`."""
        self.on_validation_start(trainer, pl_module)

    def on_test_batch_end(self, trainer: Trainer, pl_module: Any, outputs: Any, *args: Any) -> None:
        """As :meth:`on_validation_batch_end`."""
        self.on_validation_batch_end(trainer, pl_module, outputs)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: Any) -> None:
        """As :meth:`on_validation_epoch_end`."""
        self.on_validation_epoch_end(trainer, pl_module)


def _mean(system: Any, means: Sequence[MeanMetric]) -> Tensor:
    """The mean over all samples of all devices, of the means of this device's places."""
    return system.split.sum([each.mean_value for each in means]) / system.split.sum([each.weight for each in means])
