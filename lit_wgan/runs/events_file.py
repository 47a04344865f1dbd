"""TensorBoard's file of a run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only
from PIL import Image
from torch import Tensor

from lit_wgan.engine.files import CONTINUE, WriteError, writing
from lit_wgan.engine.internals import leave_write_errors_to_callers
from lit_wgan.runs.histograms import histogram


class EventsFile(TensorBoardLogger):
    """Lightning's TensorBoard logger, with pictures, histograms and texts, which names its file when that
    cannot be written."""

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The writer."""
        leave_write_errors_to_callers()
        with self._writing():
            return super().experiment

    def log_metrics(self, *args: Any, **kwargs: Any) -> None:
        """Log metrics."""
        with self._writing():
            super().log_metrics(*args, **kwargs)

    @rank_zero_only
    def log_options(self, options: Mapping[str, Any]) -> None:
        """Log the run's options as a text of the first update that is trained with them."""
        lines = [f"    {name}: {value}" for name, value in options.items()]
        self.log_note("config", "\n".join(lines), self._kwargs.get("purge_step") or 0)

    @rank_zero_only
    def log_picture(self, name: str, path: Path, step: int) -> None:
        """Log a PNG."""
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        with self._writing():
            self.experiment.add_image(name, pixels, step, dataformats="HWC")

    @rank_zero_only
    def log_histograms(self, values: Mapping[str, Tensor], step: int) -> None:
        """Log a histogram of the finite entries of each tensor, in 64 bins."""
        with self._writing():
            for name, entries in values.items():
                counts, edges = histogram(entries)
                middles = (edges[1:] + edges[:-1]) / 2
                sums = {"num": int(counts.sum()), "sum": counts @ middles, "sum_squares": counts @ middles**2}
                limits = {"bucket_limits": edges[1:].tolist(), "bucket_counts": counts.tolist()}
                self.experiment.add_histogram_raw(name, min=edges[0], max=edges[-1], global_step=step, **sums, **limits)

    @rank_zero_only
    def log_note(self, name: str, text: str, step: int) -> None:
        """Log a text, in Markdown."""
        with self._writing():
            self.experiment.add_text(name, text, step)

    def save(self) -> None:
        """Write what is not written yet."""
        with self._writing():
            super().save()

    def finalize(self, status: str) -> None:
        """Write what is left, and close the file."""
        with self._writing():
            super().finalize(status)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        path = Path(self.log_dir) / "events.out.tfevents.*"
        try:
            with writing(path, CONTINUE):
                yield
        except ValueError as error:  # in which Lightning wraps whatever happens when a number is logged
            if isinstance(error.__cause__, WriteError):
                raise error.__cause__ from error
            if isinstance(error.__cause__, OSError):
                raise WriteError(path, error.__cause__, CONTINUE) from error
            raise
