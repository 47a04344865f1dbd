"""The critic's estimate on held-out samples."""

from typing import Any

from lightning.pytorch import Callback, Trainer
from torchmetrics import MeanMetric

from lit_wgan.engine.internals import count_validation_by


class HeldOutEstimate(Callback):
    """Logs the critic's estimate, averaged over all held-out samples of all devices.

    Works alike when a run is validated in between, by ``validate`` and by ``test``.
    """

    def __init__(self) -> None:
        self._mean = MeanMetric()

    def on_validation_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Average the networks' buffers over devices, and log this validation by generator updates."""
        pl_module.average_statistics()
        count_validation_by(trainer, pl_module.counters.generator_updates)
        self._mean = MeanMetric().to(pl_module.device)

    def on_validation_batch_end(self, trainer: Trainer, pl_module: Any, outputs: Any, *args: Any) -> None:
        """Add the estimates of a batch, each weighted by its number of samples."""
        for estimate, samples in outputs["estimates"]:
            self._mean.update(estimate, weight=samples)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Log the mean."""
        pl_module.log(f"eval/{pl_module.estimate_name}", self._mean.compute())

    def on_test_start(self, trainer: Trainer, pl_module: Any) -> None:
        """As :meth:`on_validation_start`."""
        self.on_validation_start(trainer, pl_module)

    def on_test_batch_end(self, trainer: Trainer, pl_module: Any, outputs: Any, *args: Any) -> None:
        """As :meth:`on_validation_batch_end`."""
        self.on_validation_batch_end(trainer, pl_module, outputs)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: Any) -> None:
        """As :meth:`on_validation_epoch_end`."""
        self.on_validation_epoch_end(trainer, pl_module)
