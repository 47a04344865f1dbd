"""Pictures of generated samples, and samples as files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import BasePredictionWriter
from lightning.pytorch.utilities import rank_zero_info
from PIL import Image
from torch import Tensor

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.engine.files import CONTINUE, writing
from lit_wgan.engine.notices import tell_once
from lit_wgan.errors import check_positive
from lit_wgan.evaluation.images import to_bytes
from lit_wgan.runs.wandb_run import wandb_runs
from lit_wgan.systems.base import AdversarialSystem


class SampleGrid(Callback):
    """Writes ``samples/<generator updates>.png`` into the run's directory, always from the same noise.

    Images become a grid, points in the plane a scatter plot with real points. Other samples make no picture. A run that
    logs to W&B sends each picture there, as ``samples``.

    Args:
        every_n_updates: generator updates from one picture to the next; the last update has one too.
        num_samples: images in the grid.
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
        fake = system.sample(slice(self.num_samples))
        if is_image(fake):
            save_grid(fake, path)
        elif fake.ndim == 4:
            tell_once(f"Samples of shape {tuple(fake.shape[1:])} make no pictures: they need 1 channel or 3.")
        elif fake[0].shape == (2,):
            data = getattr(trainer, "datamodule", None)
            real = fake.new_empty(0, 2)
            if isinstance(data, AdversarialData):
                real = data.real_samples(1000, train=False).real
            save_scatter(
                real, system.sample(slice(1000)), path, f"{system.counters.generator_updates} generator updates"
            )


class SampleWriter(BasePredictionWriter):
    """Writes generated samples, one file each, named by the sample's number: images as PNG, others as ``.npy``.

    Args:
        directory: for the files; None for ``generated`` in the run's directory.
    """

    def __init__(self, directory: str | None = None):
        super().__init__("batch")
        self.directory = directory

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
        directory = self._directory(trainer)
        for number, sample in zip(batch.tolist(), prediction, strict=True):
            path = directory / f"{number:06d}{'.png' if is_image(prediction) else '.npy'}"
            with writing(path):
                directory.mkdir(parents=True, exist_ok=True)
                save_sample(sample, path)

    def on_predict_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Say where the samples are."""
        rank_zero_info(f"The samples are in {self._directory(trainer)}.")

    def _directory(self, trainer: Trainer) -> Path:
        return Path(self.directory or Path(trainer.log_dir or trainer.default_root_dir) / "generated")


def save_sample(sample: Tensor, path: Path) -> None:
    """Write one sample: as a PNG or, to a path that ends in ``.npy``, as an array."""
    if path.suffix == ".png":
        save_image(sample, path)
    else:
        kept = sample.float() if sample.dtype == torch.bfloat16 else sample  # which numpy does not know
        np.save(path, kept.cpu().numpy())


def is_image(samples: Tensor) -> bool:
    """Whether samples ``(N, ...)`` can be shown: ``(N, 1, H, W)`` or ``(N, 3, H, W)``."""
    return samples.ndim == 4 and samples.shape[1] in (1, 3)


def save_image(image: Tensor, path: Path) -> None:
    """Write an image ``(C, H, W)`` in ``[-1, 1]`` as a PNG, grey for C = 1 and in colour for C = 3.

    Raises:
        UsageError: for values that are not finite.
    """
    pixels = to_bytes(image[None])[0].permute(1, 2, 0).cpu().numpy()
    Image.fromarray(pixels.squeeze(-1) if len(image) == 1 else pixels).save(path)


def save_grid(images: Tensor, path: Path) -> None:
    """Write images ``(N, C, H, W)`` in ``[-1, 1]`` as one PNG, in rows of about ``sqrt(N)``; nan is shown as grey."""
    from torchvision.utils import make_grid  # takes seconds

    columns = int(np.ceil(np.sqrt(len(images))))
    scale = max(1, 64 // images.shape[-1])  # small images are enlarged to be looked at
    enlarged = images.float().nan_to_num().repeat_interleave(scale, -1).repeat_interleave(scale, -2)
    grid = make_grid(enlarged, nrow=columns, padding=2, pad_value=-1)
    save_image(grid[: images.shape[1]], path)  # torchvision makes three channels of one


def save_scatter(real: Tensor, fake: Tensor, path: Path, title: str) -> None:
    """Write points ``(N, 2)``, real and generated, as one scatter plot in a PNG."""
    from matplotlib.figure import Figure  # pyplot would keep every figure and choose a window system

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot(title=title, aspect="equal")
    for points, label in [(real, "real"), (fake, "generated")]:
        x, y = points.cpu().double().numpy().reshape(-1, 2).T
        axes.scatter(x, y, s=4, alpha=0.6, label=label)
    axes.legend(loc="upper right")
    figure.savefig(path, dpi=100)
