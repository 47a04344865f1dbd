"""The image datasets that have a name.

A new one is a function that returns a :class:`Source`, and an entry in ``DATASETS``. Where not said otherwise, the
condition of an image is the number of its class.
"""

import contextlib
import glob
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset, TensorDataset

from lit_wgan.data.folders import FolderImages, folder
from lit_wgan.data.held_out import part_indices
from lit_wgan.data.image_files import open_image
from lit_wgan.data.packages import optional_package
from lit_wgan.data.sources import Source
from lit_wgan.engine.digests import fingerprint


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

    return Source("scikit-learn", load, condition_of=1)


def mnist(root: Path, train: bool, download: bool) -> Source:
    """MNIST, 1 x 28 x 28: 60,000 images, and 10,000 held out."""
    return _torchvision("MNIST", root, "MNIST/raw/*", download, train=train)


def fashion_mnist(root: Path, train: bool, download: bool) -> Source:
    """Fashion-MNIST, 1 x 28 x 28: 60,000 images, and 10,000 held out."""
    return _torchvision("FashionMNIST", root, "FashionMNIST/raw/*", download, train=train)


def cifar10(root: Path, train: bool, download: bool) -> Source:
    """CIFAR-10, 3 x 32 x 32: 50,000 images, and 10,000 held out."""
    return _torchvision("CIFAR10", root, "cifar-10-batches-py/*", download, train=train)


def cifar100(root: Path, train: bool, download: bool) -> Source:
    """CIFAR-100, 3 x 32 x 32: 50,000 images, and 10,000 held out."""
    return _torchvision("CIFAR100", root, "cifar-100-python/*", download, train=train)


def celeba(root: Path, train: bool, download: bool) -> Source:
    """Aligned CelebA, 3 x 218 x 178: 162,770 images, and the 19,867 of its validation split held out.

    The condition of an image is its 40 attributes, 0 or 1 each, in the order of list_attr_celeba.txt.
    """
    source = _torchvision("CelebA", root, "celeba/*.txt", download, split="train" if train else "valid")
    images = root / "celeba" / "img_align_celeba"

    def load() -> Dataset[Any]:
        dataset = cast(Any, source.open())
        return FolderImages(images, dataset.filename, grey=False, conditions=dataset.attr)

    return Source(source.key, load, condition_of=1)


def lsun(root: Path, train: bool, download: bool) -> Source:
    """LSUN bedrooms, 3 colours and many sizes: 3,033,042 images, and the 300 of its validation split held out."""
    part = "bedroom_train" if train else "bedroom_val"
    if not (root / f"{part}_lmdb").is_dir():
        raise FileNotFoundError(
            f"Expected data.root to hold the folder {part}_lmdb, but got {root} without it. "
            "Download and unpack it there by hand; torchvision cannot download LSUN."
        )

    def load() -> Dataset[Any]:
        from torchvision.datasets import LSUN  # takes seconds

        optional_package("lmdb", "data.dataset=lsun", "lsun")
        # torchvision leaves a list of keys in the working directory, and would trust one left by another root.
        with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
            return LmdbImages(LSUN(str(root), classes=[part]).dbs[0])

    return Source(fingerprint(root, glob.glob(f"{part}_lmdb/*", root_dir=root)), load)


class LmdbImages(Dataset[Image.Image]):
    """The images of one class of torchvision's LSUN, which would open any format.

    Args:
        database: torchvision's ``LSUNClass``.
    """

    def __init__(self, database: Any) -> None:
        self.database = database

    def __len__(self) -> int:
        return len(self.database)

    def __getitem__(self, index: int) -> Image.Image:
        with self.database.env.begin() as transaction:
            contents = transaction.get(self.database.keys[index])
        return open_image(io.BytesIO(contents)).convert("RGB")


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


def _torchvision(name: str, root: Path, files: str, download: bool, **options: Any) -> Source:
    """A dataset of torchvision by the name of its class; ``files``, a glob pattern, tell when it has changed."""

    def build(download: bool) -> Dataset[Any]:
        from torchvision import datasets  # takes seconds

        return getattr(datasets, name)(root, download=download, **options)

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

    return Source(fingerprint(root, glob.glob(files, root_dir=root)), load, condition_of=1)
