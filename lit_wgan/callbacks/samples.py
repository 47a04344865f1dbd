"""Pictures of generated samples, and samples as files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import BasePredictionWriter
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from lit_wgan.callbacks.pictures import drawing_of
from lit_wgan.callbacks.pictures.flat import Limits, limits_of
from lit_wgan.callbacks.sample_files import save_conditions, save_sample
from lit_wgan.data import AdversarialData
from lit_wgan.engine.collectives import gather
from lit_wgan.engine.notices import failure_as_warning, tell_once
from lit_wgan.errors import check_positive
from lit_wgan.runs.media import media_loggers
from lit_wgan.systems.base import AdversarialSystem

EARLY = (10, 20, 50, 100, 200)
"""Generator updates that have a picture too, since samples change most at first."""


class SampleGrid(Callback):
    """Writes ``samples/<generator updates>.png`` into the run's directory, always from the same noise.

    Images become a grid, in which several channels and the middle slices of volumes stand side by side, points in the
    plane a scatter plot with real points, series of at least 8 numbers curves, tables and short vectors a histogram of
    each column, text lines. In a conditional system a grid has a column for each of several conditions and a row for
    each noise vector, points are coloured by condition, and each of a few conditions has a panel of curves. Beside
    them ``samples/real.png`` shows held-out samples in the same way, of data that have such; where their values leave
    [-1, 1], all grids are black and white at the limits of these. TensorBoard and W&B are sent each picture, as
    ``samples``. A picture that cannot be drawn is a warning, and training goes on.

    Args:
        every_n_updates: generator updates from one picture to the next; the last update has one too, and before the
            first some early ones.
        num_samples: images or series in a picture, at most. There are always 1000 points.
    """

    def __init__(self, every_n_updates: int = 500, num_samples: int = 64):
        check_positive(every_n_updates=every_n_updates, num_samples=num_samples)
        self.every_n_updates = every_n_updates
        self.num_samples = num_samples
        self._pictured = -1
        self._limits: Limits | None = None

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Take the update from which a run continues for one that has its picture, and forget other data's limits."""
        self._pictured = pl_module.counters.generator_updates
        self._limits = None

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *args: Any) -> None:
        """Draw a picture if one is due."""
        update = trainer.global_step
        if update % self.every_n_updates == 0 or (update in EARLY and update < self.every_n_updates):
            self._picture(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Draw a picture of the last update."""
        self._picture(trainer, pl_module)

    def _picture(self, trainer: Trainer, system: AdversarialSystem) -> None:
        update = system.counters.generator_updates
        if update in (0, self._pictured) or not trainer.loggers or trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        self._pictured = update
        system.average_statistics()
        folder = Path(cast(str, trainer.log_dir)) / "samples"  # asks all devices
        if trainer.is_global_zero:
            self._draw(trainer, system, folder / f"{update:07d}.png", update)

    def _draw(self, trainer: Trainer, system: AdversarialSystem, path: Path, update: int) -> None:
        shape = tuple(system.sample(slice(1)).shape[1:])
        drawing = drawing_of(shape, system.transform)
        if drawing is None:
            tell_once(f"Samples of shape {shape} make no pictures: they have more axes than volumes.")
            return
        given = getattr(trainer, "datamodule", None)
        data = given if isinstance(given, AdversarialData) else None
        count = drawing.count(self.num_samples)
        real = path.with_name("real.png")
        if data is not None and not drawing.compares and self._limits is None:
            with failure_as_warning(real):
                self._limits = limits_of(drawing.held_out(system, count, data).samples, system.transform)
        shown = replace(drawing.generated(system, count, data), limits=self._limits)
        with failure_as_warning(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            drawing.draw(shown, path)
        for logger in media_loggers(trainer) if path.exists() else []:
            logger.log_picture("samples", path, update)
        if data is not None and path.exists() and not real.exists():
            with failure_as_warning(real):
                drawing.draw(replace(drawing.held_out(system, count, data), limits=self._limits), real)


class SampleWriter(BasePredictionWriter):
    """Writes generated samples, one file each, named by the sample's number: images as PNG, those of
    16 bits with several channels and of floats as TIFF, text as ``.txt``, others as ``.npy``.

    In a conditional system ``conditions.npy`` beside them holds the condition of sample number i in row i, of several
    conditions at once ``conditions_1.npy`` and so on.

    Args:
        directory: for the files; None for ``generated`` in the run's directory.
    """

    def __init__(self, directory: str | None = None):
        super().__init__("batch")
        self.directory = directory
        self._folder = Path()
        self._written = 0

    def on_predict_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Find the directory, for which all devices are asked: some have a sample more than others."""
        self._folder = Path(self.directory or Path(trainer.log_dir or trainer.default_root_dir) / "generated")

    def write_on_batch_end(
        self,
        trainer: Trainer,
        pl_module: Any,
        prediction: Tensor,
        batch_indices: Sequence[int] | None,
        batch: Tensor,
        batch_idx: int,
        dataloader_idx: int,
    ) -> None:
        """Write one batch of samples."""
        for number, sample in zip(batch.tolist(), prediction, strict=True):
            save_sample(sample, number, self._folder, pl_module.transform)
            self._written = max(self._written, number + 1)

    def on_predict_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Write the conditions, and say where the samples are."""
        count = max(gather(lambda: self._written))
        conditions = pl_module.condition_of_samples(slice(count))
        if conditions is not None and trainer.is_global_zero:
            save_conditions(conditions, self._folder / "conditions.npy")
        rank_zero_info(f"The samples are in {self._folder}.")
