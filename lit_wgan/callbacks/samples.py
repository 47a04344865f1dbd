"""Pictures of generated samples, and samples as files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import BasePredictionWriter
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from lit_wgan.callbacks.pictures import drawing_of
from lit_wgan.callbacks.sample_files import save_conditions, save_sample
from lit_wgan.data import AdversarialData
from lit_wgan.engine.collectives import gather
from lit_wgan.engine.files import CONTINUE, writing
from lit_wgan.engine.notices import tell_once
from lit_wgan.errors import check_positive
from lit_wgan.runs.wandb_run import wandb_runs
from lit_wgan.systems.base import AdversarialSystem


class SampleGrid(Callback):
    """Writes ``samples/<generator updates>.png`` into the run's directory, always from the same noise.

    Images become a grid, in which several channels and the middle slices of volumes stand side by side, points in the
    plane a scatter plot with real points, series of at least 8 numbers curves, tables and short vectors a histogram of
    each column. In a conditional system a grid has a column for each of several conditions and a row
    for each noise vector, points are coloured by condition, and each of a few conditions has a panel of curves. A run
    that logs to W&B sends each picture there, as ``samples``.

    Args:
        every_n_updates: generator updates from one picture to the next; the last update has one too.
        num_samples: images or series in a picture, at most. There are always 1000 points.
    """

    def __init__(self, every_n_updates: int = 500, num_samples: int = 64):
        check_positive(every_n_updates=every_n_updates, num_samples=num_samples)
        self.every_n_updates = every_n_updates
        self.num_samples = num_samples
        self._pictured = -1

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *args: Any) -> None:
        """Draw a picture if one is due."""
        if trainer.global_step % self.every_n_updates == 0:
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
        path = Path(cast(str, trainer.log_dir)) / "samples" / f"{update:07d}.png"  # asks all devices
        if trainer.is_global_zero:
            with writing(path, CONTINUE):
                path.parent.mkdir(parents=True, exist_ok=True)
                self._draw(trainer, system, path)
            for logger in wandb_runs(trainer) if path.exists() else []:
                logger.log_image("samples", [str(path)], step=update)

    def _draw(self, trainer: Trainer, system: AdversarialSystem, path: Path) -> None:
        shape = tuple(system.sample(slice(1)).shape[1:])
        drawing = drawing_of(shape, system.transform)
        if drawing is not None:
            data = getattr(trainer, "datamodule", None)
            count = drawing.count(self.num_samples)
            drawing.draw(drawing.generated(system, count, data if isinstance(data, AdversarialData) else None), path)
        else:
            tell_once(f"Samples of shape {shape} make no pictures: they have more axes than volumes.")


class SampleWriter(BasePredictionWriter):
    """Writes generated samples, one file each, named by the sample's number: images as PNG, those of
    16 bits with several channels and of floats as TIFF, others as ``.npy``.

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
