"""Memory use over 2,000 generator updates, on a file of images that is never loaded as a whole.

    python benchmarks/memory.py [--gigabytes 8]

The images are a sparse file, memory-mapped like the packaged data sets. 'Own memory' is what the process allocated.
Pages of the file that it has read do not count, since the system may drop them.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch import nn

from lit_wgan import WGAN
from lit_wgan.callbacks import GeneratorUpdates
from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.image_minibatches import ImageMinibatches, to_unit_range
from lit_wgan.data.sampler import InfiniteSampler
from lit_wgan.engine.minibatches import CriticBatches, MinibatchSource

UPDATES = 2000


def own_megabytes() -> float:
    """Memory of this process that is not backed by a file, in MiB (Linux)."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["RssAnon"].split()[0]) / 1024


class MappedImages(AdversarialData):
    """Minibatches of a memory-mapped file of 32 x 32 images."""

    def __init__(self, path: Path):
        super().__init__(batch_size=64, num_workers=0, num_generated=1)
        self.array = np.load(path, mmap_mode="r")

    def source(self, rows: slice) -> MinibatchSource:
        """Minibatches of shuffled epochs."""
        return ImageMinibatches(self.array, InfiniteSampler(len(self.array), self.batch_size, self.streams), rows)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Turn bytes into floats in [-1, 1]."""
        if isinstance(batch, CriticBatches):
            batch.prepare = lambda minibatch, number: minibatch.map(to_unit_range)
        return batch


class Watch(Callback):
    """Prints the memory of the process every few updates."""

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """One row of the table."""
        if trainer.global_step in (1, 100, 500, 1000, 1500, UPDATES):
            print(f"\r| {trainer.global_step} | {own_megabytes():.0f} |", flush=True)


def main() -> None:
    """Train a tiny WGAN on the file and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=8.0, help="size of the file of images")
    count = int(parser.parse_args().gigabytes * 2**30 / (3 * 32 * 32))
    generator = nn.Sequential(nn.Linear(8, 3 * 32 * 32), nn.Tanh(), nn.Unflatten(1, (3, 32, 32)))
    critic = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 1), nn.Flatten(0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        np.lib.format.open_memmap(path, "w+", np.uint8, (count, 3, 32, 32)).flush()
        print(f"{count} images, {count * 3072 / 2**20:.0f} MiB\n| generator updates | own memory, MiB |\n|---|---|")
        trainer = Trainer(
            accelerator="cpu",
            max_steps=UPDATES,
            max_epochs=-1,
            enable_model_summary=False,
            limit_val_batches=0,
            callbacks=[GeneratorUpdates(), Watch()],
            logger=[CSVLogger(folder), TensorBoardLogger(folder)],
        )
        trainer.fit(WGAN(generator, critic, latent_dim=8), datamodule=MappedImages(path))


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
