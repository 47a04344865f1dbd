"""A progress bar that counts generator updates."""

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm


class GeneratorUpdates(TQDMProgressBar):
    """Counts generator updates out of ``max_steps`` and shows the critic's newest logged estimate.

    Args:
        refresh_rate: batches from one redraw to the next.
    """

    def __init__(self, refresh_rate: int = 10):
        super().__init__(refresh_rate)

    def on_train_epoch_start(self, trainer: Trainer, *_: Any) -> None:
        """Start the bar at the run's current update; endless data has no epochs."""
        bar = self.train_progress_bar
        bar.reset(total=trainer.max_steps if trainer.max_steps > 0 else None)
        bar.initial = trainer.global_step
        bar.set_description("generator updates")
        self._show(trainer)

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Redraw the bar every ``refresh_rate`` batches, and at the last update."""
        if trainer.fit_loop.total_batch_idx % self.refresh_rate == 0 or trainer.global_step == trainer.max_steps:
            self._show(trainer)

    def init_validation_tqdm(self) -> Tqdm:
        """Hide the bar of a validation during training."""
        bar = super().init_validation_tqdm()
        bar.disable = bar.disable or self.trainer.state.fn == "fit"
        return bar

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """The critic's estimate, and W1 and FID once they are known, as they are shown beside the bar."""
        shown = {
            "critic/wasserstein_estimate": "estimate",
            "critic/jensen_shannon_estimate": "estimate",
            "eval/w1": "W1",
            "fidelity/fid": "FID",
            "fidelity/fid_digits": "FID (digits)",
        }
        known = trainer.callback_metrics
        return {label: f"{float(known[name]):.3f}" for name, label in shown.items() if name in known}

    def _show(self, trainer: Trainer) -> None:
        bar = self.train_progress_bar
        bar.n = trainer.global_step
        bar.set_postfix(self.get_metrics(trainer, trainer.lightning_module))
