"""A progress bar that counts generator updates."""

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm


class GeneratorUpdates(TQDMProgressBar):
    """Counts generator updates out of ``max_steps`` and shows the critic's newest logged estimate.

    Args:
        refresh_rate: redraw every so many batches.
    """

    def __init__(self, refresh_rate: int = 10):
        super().__init__(refresh_rate)

    def on_train_epoch_start(self, trainer: Trainer, *_: Any) -> None:
        """Begin where the run stands; an epoch is no unit of endless data."""
        bar = self.train_progress_bar
        bar.reset(total=trainer.max_steps if trainer.max_steps > 0 else None)
        bar.initial = trainer.global_step
        bar.set_description("generator updates")
        self._show(trainer)

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Show how far the run has come, now and then."""
        if trainer.fit_loop.total_batch_idx % self.refresh_rate == 0 or trainer.global_step == trainer.max_steps:
            self._show(trainer)

    def init_validation_tqdm(self) -> Tqdm:
        """Validation during training shows no bar of its own."""
        bar = super().init_validation_tqdm()
        bar.disable = bar.disable or self.trainer.state.fn == "fit"
        return bar

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """The critic's estimate, and W1 and FID where they are known."""
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
