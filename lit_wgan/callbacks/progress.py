"""Progress of a run, in generator updates: a bar on a terminal, else a line from time to time."""

import sys
import time
from datetime import timedelta
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelSummary, TQDMProgressBar
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm
from lightning.pytorch.utilities import rank_zero_info
from lightning.pytorch.utilities.model_summary.model_summary import get_human_readable_count

from lit_wgan.systems.finite import is_log_due

SHOWN = {
    "critic/wasserstein_estimate": "estimate",
    "critic/jensen_shannon_estimate": "estimate",
    "critic/le_cam_estimate": "estimate",
    "eval/w1": "W1",
    "fidelity/fid": "FID",
    "fidelity/fid_digits": "FID (digits)",
}
"""The metrics that are shown once they are known, and their names there."""


def newest_metrics(trainer: Trainer) -> dict[str, str]:
    """The newest values of the metrics that are shown."""
    known = trainer.callback_metrics
    return {label: f"{float(known[name]):.4g}" for name, label in SHOWN.items() if name in known}


class GeneratorUpdates(TQDMProgressBar):
    """Counts generator updates out of ``max_steps`` and shows the critic's newest logged estimate, on one line.

    Args:
        refresh_rate: batches from one redraw to the next.
    """

    def __init__(self, refresh_rate: int = 10):
        super().__init__(refresh_rate)

    def init_train_tqdm(self) -> Tqdm:
        """A bar that starts at the run's current update."""
        return FittingBar(
            desc="updates",
            initial=self.trainer.global_step,
            total=self.trainer.max_steps if self.trainer.max_steps > 0 else None,
            disable=self.is_disabled,
            dynamic_ncols=True,
            file=sys.stdout,
            smoothing=0,
            bar_format=self.BAR_FORMAT,
        )

    def on_train_epoch_start(self, *_: Any) -> None:
        """Go on with the same bar, whatever makes an epoch."""

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Redraw the bar every ``refresh_rate`` batches, and at the last update."""
        if trainer.fit_loop.total_batch_idx % self.refresh_rate == 0 or trainer.global_step == trainer.max_steps:
            self.train_progress_bar.n = trainer.global_step
            self.train_progress_bar.set_postfix(self.get_metrics(trainer, trainer.lightning_module))

    def init_validation_tqdm(self) -> Tqdm:
        """No bar for a validation during training, of which a line would be left."""
        return Tqdm(disable=True) if self.trainer.state.fn == "fit" else super().init_validation_tqdm()

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """The newest metrics, as they are shown beside the bar."""
        return newest_metrics(trainer)


class FittingBar(Tqdm):
    """A bar that leaves metrics out, from the last, where the terminal is too narrow for them."""

    @property
    def format_dict(self) -> dict[str, Any]:
        """What the bar shows now."""
        shown: dict[str, Any] = super().format_dict
        while (
            shown["ncols"] and shown["postfix"] and len(self.format_meter(**shown | {"ncols": None})) > shown["ncols"]
        ):
            shown["postfix"] = shown["postfix"].rpartition(", ")[0]
        return shown


class ProgressLines(Callback):
    """Prints a line every ``log_every_n_steps`` generator updates: for files, pipes and runs without a progress bar."""

    def __init__(self) -> None:
        self._first = 0
        self._started = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Take the time from here, and from the update from which a run continues."""
        self._first, self._started = trainer.global_step, time.monotonic()

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any) -> None:
        """Print a line if one is due; the last update has one."""
        ends_update = pl_module.counters.critic_updates_in_step == 0
        due = is_log_due(trainer, pl_module) or trainer.global_step == trainer.max_steps
        if trainer.is_global_zero and ends_update and due:
            seconds = time.monotonic() - self._started
            print(progress_line(trainer.global_step, self._first, trainer.max_steps, seconds, newest_metrics(trainer)))
            sys.stdout.flush()


def progress_line(update: int, first: int, last: int, seconds: float, metrics: dict[str, str]) -> str:
    """One line on the progress of a run.

    Args:
        update: the generator update that was reached.
        first: the one from which this process started.
        last: ``max_steps``; -1 for no end.
        seconds: since the process started training.
        metrics: to add, by their names.
    """
    rate = (update - first) / seconds
    parts = [f"generator update {update}{f' of {last}' if last > 0 else ''}", f"{rate:.3g} updates/s"]
    if last > 0 and rate > 0:
        parts.append(f"{timedelta(seconds=round((last - update) / rate))} left")
    return ", ".join(parts + [f"{name} {value}" for name, value in metrics.items()])


class Summary(ModelSummary):
    """Lightning's table of the networks and their weights, without operations, which it counts only for an example."""

    @staticmethod
    def summarize(
        summary_data: list[tuple[str, list[str]]], total_parameters: int, trainable_parameters: int, *_: Any, **__: Any
    ) -> None:
        """Log the table and the number of weights."""
        columns = [[name, *values] for name, values in summary_data if name in ("Name", "Type", "Params")]
        widths = [max(map(len, column)) for column in columns]
        for row in zip(*columns, strict=True):
            rank_zero_info("  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip())
        total, trained = map(get_human_readable_count, (total_parameters, trainable_parameters))
        rank_zero_info(f"{total.strip()} weights, of which {trained.strip()} are trained")
