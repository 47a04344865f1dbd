"""The named image datasets, image folders and users' own datasets, each opened as one uint8 array (N, C, H, W).

A new named dataset is one function that returns a ``Source``, and one entry in ``DATASETS``.
"""

import contextlib
import glob
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset, Subset, TensorDataset
from torchvision import datasets

from lit_wgan.data.arrays import cached_array
from lit_wgan.data.folders import folder
from lit_wgan.data.sources import Source, part_indices
from lit_wgan.engine.digests import describe, fingerprint, json_sha256
from lit_wgan.errors import UsageError

CACHE_VERSION = 1  # raise it when the same source would give other bytes


def open_images(
    dataset: str | Dataset[Any],
    root: str | os.PathLike[str],
    *,
    train: bool,
    image_size: int | None,
    cache_dir: str | os.PathLike[str],
    download: bool = False,
    num_workers: int = 0,
) -> npt.NDArray[np.uint8]:
    """The images of a dataset as a read-only memory-mapped array, decoded on the first call and only opened later.

    The file in ``cache_dir`` is keyed by the dataset's name, the split and ``image_size``, and by what it is made from:

    * for data on disk, the resolved root and the names, sizes and modification times of its files (for CelebA, of its
      lists), so a file changed without a change of size or time goes unnoticed;
    * for a user's dataset, its length and what a pickle of it would hold: attributes, and the source text of its class
      and of the classes and functions among them. Base classes, what functions refer to, the files it reads and
      attributes that cannot be pickled go unnoticed: delete the file when only these change.

    A dataset's random transforms are drawn once, while decoding.

    Args:
        dataset: one of ``DATASETS``, or a map-style torch dataset whose items ``to_pixels`` accepts.
        root: folder that holds the data; ``digits`` and a user's dataset do not look at it.
        train: the training part if true, else the held-out part: the official test images (CelebA and LSUN: validation
            images), 500 digits, or a tenth of a user's dataset or of a folder without parts of its own.
        image_size: pixels per side to crop and resize to, see ``to_square``; None keeps the images as they are.
        cache_dir: folder for the array's file, made if need be.
        download: whether to download what is missing, where torchvision can.
        num_workers: processes that decode; 0 decodes in this one.

    Returns:
        uint8 (N, C, H, W), an ``np.memmap``; C is 1 for greyscale and 3 for colour.

    Raises:
        UsageError: for an unknown name, a size that is not positive, a cache folder that cannot be written, or images
            that cannot be read, are no images, or differ in shape.
        FileNotFoundError: if the data is not in ``root``.
    """
    if image_size is not None and image_size < 1:
        raise UsageError(
            f"Expected data.image_size to be positive or null, but got {image_size}. "
            "Give the pixels per side, or null to keep the images' own size."
        )
    if isinstance(dataset, str):
        if dataset not in DATASETS:
            raise UsageError(
                f"Expected data.dataset to be one of {', '.join(DATASETS)}, but got {dataset!r}. "
                "Choose one of them, or give the class path of a torch Dataset."
            )
        name, source = dataset, DATASETS[dataset](Path(root).expanduser().resolve(), train, download)
    else:
        name, source = type(dataset).__name__, _given(dataset, train)
    digest = json_sha256([CACHE_VERSION, source.key])[:16]
    file_name = f"{name}-{'train' if train else 'held_out'}-{image_size or 'original'}-{digest}.npy"
    return cached_array(
        Path(cache_dir).expanduser() / file_name, source.open, image_size=image_size, num_workers=num_workers
    )


def digits(root: Path, train: bool, download: bool) -> Source:
    """scikit-learn's 1,797 digits of 8 x 8, held in the package: 1,297 to train on and 500 held out.

    The split is a fixed permutation. A value v of 0..16 becomes floor(255 v / 16 + 1/2), so that 16 becomes 255. As in
    torchvision's MNIST, an item is an image and its label.
    """

    def load() -> Dataset[Any]:
        from sklearn.datasets import load_digits

        digits = load_digits()
        part = part_indices(len(digits.images), 500, train)
        pixels = (255 * digits.images[part].astype(np.int64) + 8) // 16
        return TensorDataset(torch.from_numpy(pixels.astype(np.uint8)), torch.from_numpy(digits.target[part]))

    return Source("scikit-learn", load)


def mnist(root: Path, train: bool, download: bool) -> Source:
    """MNIST, 1 x 28 x 28: 60,000 images, and 10,000 held out."""
    return _torchvision(partial(datasets.MNIST, root, train=train), root, "MNIST/raw/*", download)


def fashion_mnist(root: Path, train: bool, download: bool) -> Source:
    """Fashion-MNIST, 1 x 28 x 28: 60,000 images, and 10,000 held out."""
    return _torchvision(partial(datasets.FashionMNIST, root, train=train), root, "FashionMNIST/raw/*", download)


def cifar10(root: Path, train: bool, download: bool) -> Source:
    """CIFAR-10, 3 x 32 x 32: 50,000 images, and 10,000 held out."""
    return _torchvision(partial(datasets.CIFAR10, root, train=train), root, "cifar-10-batches-py/*", download)


def cifar100(root: Path, train: bool, download: bool) -> Source:
    """CIFAR-100, 3 x 32 x 32: 50,000 images, and 10,000 held out."""
    return _torchvision(partial(datasets.CIFAR100, root, train=train), root, "cifar-100-python/*", download)


def celeba(root: Path, train: bool, download: bool) -> Source:
    """Aligned CelebA, 3 x 218 x 178: 162,770 images, and the 19,867 of its validation split held out."""
    build = partial(datasets.CelebA, root, split="train" if train else "valid")
    return _torchvision(build, root, "celeba/*.txt", download)


def lsun(root: Path, train: bool, download: bool) -> Source:
    """LSUN bedrooms, 3 colours and many sizes: 3,033,042 images, and the 300 of its validation split held out."""
    part = "bedroom_train" if train else "bedroom_val"
    if not (root / f"{part}_lmdb").is_dir():
        raise FileNotFoundError(
            f"Expected data.root to hold the folder {part}_lmdb, but got {root} without it. "
            "Download and unpack it there by hand; torchvision cannot download LSUN."
        )

    def load() -> Dataset[Any]:
        try:
            # torchvision leaves a list of keys in the working directory, and would trust one left by another root.
            with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
                return datasets.LSUN(str(root), classes=[part])
        except ModuleNotFoundError as error:
            raise UsageError(
                "Expected the package lmdb for data.dataset=lsun, but got an environment without it. "
                "Install it with `pip install lit-wgan[lsun]`."
            ) from error

    return Source(fingerprint(root, glob.glob(f"{part}_lmdb/*", root_dir=root)), load)


DATASETS: dict[str, Callable[[Path, bool, bool], Source]] = {
    "digits": digits,
    "mnist": mnist,
    "fashion_mnist": fashion_mnist,
    "cifar10": cifar10,
    "cifar100": cifar100,
    "celeba": celeba,
    "lsun": lsun,
    "folder": folder,
}


def _torchvision(build: Callable[..., Dataset[Any]], root: Path, files: str, download: bool) -> Source:
    """A dataset of torchvision whose ``files``, a glob pattern under ``root``, tell when it has changed."""
    if download:
        try:
            build(download=True)
        except (OSError, RuntimeError) as error:
            raise FileNotFoundError(
                f"Expected a download to fill data.root with {files}, but got '{error}' for {root}. "
                "Check the network, or copy the files there by hand."
            ) from error

    def load() -> Dataset[Any]:
        try:
            return build(download=False)
        except RuntimeError as error:
            raise FileNotFoundError(
                f"Expected data.root to hold {files}, complete and unchanged, but got {root} without them. "
                "Download them with --data.download true, or copy them there by hand."
            ) from error

    return Source(fingerprint(root, glob.glob(files, root_dir=root)), load)


def _given(dataset: Any, train: bool) -> Source:
    if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
        raise UsageError(
            "Expected data.dataset to be a name or a map-style torch Dataset, with __len__ and __getitem__, "
            f"but got {type(dataset).__name__}. Give one of {', '.join(DATASETS)}, or a Dataset of your own."
        )
    part = part_indices(len(dataset), len(dataset) // 10, train)
    return Source([len(dataset), describe(dataset)], lambda: Subset(dataset, part))
