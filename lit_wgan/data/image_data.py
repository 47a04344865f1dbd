"""The DataModule for images."""

from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from lit_wgan.data.datamodules import AdversarialData
from lit_wgan.data.image_minibatches import (
    ImageArray,
    ImageMinibatches,
    IndexMinibatches,
    bytes_to_unit_range,
    fits,
    take,
    to_device,
    to_unit_range,
)
from lit_wgan.data.images import open_images
from lit_wgan.data.sampler import InfiniteSampler
from lit_wgan.data.sources import MapStyleDataset, make_dataset
from lit_wgan.engine.files import user_cache
from lit_wgan.engine.minibatches import CriticBatches, Minibatch, MinibatchSource
from lit_wgan.errors import UsageError


class ImageData(AdversarialData):
    """Images, decoded once into a memory-mapped array and sent to the device as bytes.

    Args:
        dataset: a name (``digits``, ``mnist``, ``fashion_mnist``, ``cifar10``, ``cifar100``, ``celeba``, ``lsun``,
            ``folder``), or images of one's own: an object with ``__len__`` and ``__getitem__``, such as a torch
            Dataset, or its class path, ``my_module.MyDataset``.
        root: folder of the data set; ``digits`` needs none.
        image_size: side to which images are resized and cropped; None leaves them as they are.
        batch_size: the global minibatch m.
        horizontal_flip: mirror half of the images, chosen anew for every minibatch.
        dequantise: spread each of the 256 levels evenly over the interval of width 1/128 that it stands for, as the
            authors of WGAN-GP do for CIFAR-10 (igul222/improved_wgan_training at fa66c57, gan_cifar_resnet.py).
        download: fetch the data set where torchvision can.
        cache_dir: folder of the decoded arrays; None for ``cache`` beside the data or, for ``folder``, which holds what
            is the user's, ``lit_wgan`` in the user's cache folder.
        num_workers: processes that decode, once, and that draw minibatches.
        num_generated: see :class:`AdversarialData`.
        on_device: keep all training images in the device's memory, so that the numbers of a minibatch are all that
            travels there; ``auto`` does so on GPUs where they take at most a quarter of the free memory.

    Raises:
        UsageError: for unknown names, numbers out of range, and images that do not fit together.
    """

    def __init__(
        self,
        dataset: MapStyleDataset | str = "digits",  # in this order: the command line takes a class path for one
        root: str = "data",
        image_size: int | None = None,
        batch_size: int = 64,
        horizontal_flip: bool = False,
        dequantise: bool = False,
        download: bool = False,
        cache_dir: str | None = None,
        num_workers: int = 0,
        num_generated: int = 64,
        on_device: bool | Literal["auto"] = "auto",
    ):
        super().__init__(batch_size, num_workers, num_generated)
        self.on_device = on_device
        self.resident: Tensor | None = None
        self.horizontal_flip = horizontal_flip
        self.dequantise = dequantise
        self._open = partial(
            open_images,
            make_dataset(dataset) if isinstance(dataset, str) and "." in dataset else dataset,
            root,
            image_size=image_size,
            cache_dir=Path(cache_dir or _default_cache(dataset, root)),
            download=download,
            num_workers=num_workers,
        )

    def prepare_data(self) -> None:
        """Download and decode, on one process per node."""
        for train in (True, False):
            self._open(train=train)

    def setup(self, stage: str) -> None:
        """Map the arrays of training and held-out images into memory; what there was to download is there by now."""
        self.images = {train: self._open(train=train, download=False) for train in (True, False)}

    def source(self, rows: slice) -> MinibatchSource:
        """Minibatches of shuffled epochs."""
        images = self.images[True]
        sampler = InfiniteSampler(len(images), self.batch_size, self.streams)
        device = self.system.device
        keep = fits(images.nbytes, device) if self.on_device == "auto" else self.on_device
        self.resident = to_device(images, device) if keep else None
        return IndexMinibatches(sampler, rows) if keep else ImageMinibatches(images, sampler, rows)

    def held_out(self) -> tuple[ImageArray, None]:
        """The held-out images, as bytes."""
        return ImageArray(self.images[False]), None

    def real_samples(self, n: int, train: bool) -> Minibatch:
        """``n`` images ``(n, C, H, W)`` in ``[-1, 1]``, without flips or noise."""
        images = self.images[train]
        if n > len(images):
            raise UsageError(f"Expected at most {len(images)} real samples, but got {n}. Lower num_samples.")
        order = self.streams.permutation("data/real_samples", int(train), len(images))
        return Minibatch(to_unit_range(take(images, order[:n])))

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Turn bytes into numbers, on the device."""
        if isinstance(batch, CriticBatches):
            batch.prepare = self.prepare
            return batch
        return batch.map(bytes_to_unit_range) if isinstance(batch, Minibatch) else batch

    def prepare(self, minibatch: Minibatch, number: int) -> Minibatch:
        """Training data from the bytes of minibatch ``number``: flipped and dequantised if asked for, in [-1, 1].

        Where the images are on the device already, their indices stand for them.
        """
        assert self.trainer is not None
        images = minibatch.real if self.resident is None else self.resident[minibatch.real]
        shape = (len(images) * self.trainer.world_size, *images.shape[1:])
        if self.horizontal_flip:
            flip = self.streams.uniform("data/flip", number, shape[:1], self.rows, images.device) < 0.5
            images = torch.where(flip.view(-1, 1, 1, 1), images.flip(-1), images)
        if not self.dequantise:
            return Minibatch(to_unit_range(images))
        noise = self.streams.uniform("data/dequantise", number, shape, self.rows, images.device)
        return Minibatch((images + noise) / 128 - 1)


def _default_cache(dataset: MapStyleDataset | str, root: str) -> Path:
    photographs = isinstance(dataset, str) and dataset == "folder"
    return user_cache() if photographs else Path(root) / "cache"
