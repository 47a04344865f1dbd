"""The named image datasets, image folders and users' own datasets, each opened as one uint8 array (N, C, H, W).

A new named dataset is one function that returns a ``Source``, and one entry in ``DATASETS``.
"""

import contextlib
import glob
import hashlib
import inspect
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset, Subset, TensorDataset
from torchvision import datasets
from torchvision.datasets.folder import IMG_EXTENSIONS

from lit_wgan.data.arrays import cached_array

CACHE_VERSION = 1  # raise it when the same source would give other bytes


class Source(NamedTuple):
    """A dataset before it is opened: a JSON-able ``key`` that changes when its images do, and what opens it."""

    key: object
    open: Callable[[], Dataset[Any]]


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
        ValueError: for an unknown name, a size that is not positive, a cache folder that cannot be written, or images
            that cannot be read, are no images, or differ in shape.
        FileNotFoundError: if the data is not in ``root``.
    """
    if image_size is not None and image_size < 1:
        raise ValueError(
            f"Expected data.image_size to be positive or null, but got {image_size}. "
            "Give the pixels per side, or null to keep the images' own size."
        )
    if isinstance(dataset, str):
        if dataset not in DATASETS:
            raise ValueError(
                f"Expected data.dataset to be one of {', '.join(DATASETS)}, but got {dataset!r}. "
                "Choose one of them, or give the class path of a torch Dataset."
            )
        name, source = dataset, DATASETS[dataset](Path(root).expanduser().resolve(), train, download)
    else:
        name, source = type(dataset).__name__, _given(dataset, train)
    digest = hashlib.sha256(json.dumps([CACHE_VERSION, source.key]).encode()).hexdigest()[:16]
    file_name = f"{name}-{'train' if train else 'held_out'}-{image_size or 'original'}-{digest}.npy"
    return cached_array(
        Path(cache_dir).expanduser() / file_name, source.open, image_size=image_size, num_workers=num_workers
    )


def digits(root: Path, train: bool, download: bool) -> Source:
    """scikit-learn's 1,797 digits of 8 x 8, held in the package: 1,297 to train on and 500 held out.

    The split is a fixed permutation. A value v of 0..16 becomes floor(255 v / 16 + 1/2), so that 16 becomes 255.
    """

    def load() -> Dataset[Any]:
        from sklearn.datasets import load_digits

        pixels = (255 * load_digits().images.astype(np.int64) + 8) // 16
        return TensorDataset(torch.from_numpy(pixels[_part(len(pixels), 500, train)].astype(np.uint8)))

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
            raise ValueError(
                "Expected the package lmdb for data.dataset=lsun, but got an environment without it. "
                "Install it with `pip install lit-wgan[lsun]`."
            ) from error

    return Source(_fingerprint(root, glob.glob(f"{part}_lmdb/*", root_dir=root)), load)


def folder(root: Path, train: bool, download: bool) -> Source:
    """The image files anywhere under a folder, in the order of their paths; class folders are welcome, not needed.

    If there are some under ``train`` and some under ``test`` or ``val`` (tried in this order), these are the parts. If
    not, a tenth of the files is held out, by a permutation that depends on their number alone. The images are greyscale
    if every file is (Pillow's mode L), else in colour. Hidden files are skipped.
    """
    files = _image_files(root)
    own_parts = [name for name in ("train", "test", "val") if any(file.startswith(name + os.sep) for file in files)]
    if len(own_parts) > 1 and own_parts[0] == "train":
        part = [file for file in files if file.startswith(own_parts[0 if train else 1] + os.sep)]
    else:
        part = [files[index] for index in _part(len(files), len(files) // 10, train)]
    return Source(_fingerprint(root, files), lambda: FolderImages(root, part, grey=_all_grey(root, files)))


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


class FolderImages(Dataset[Image.Image]):
    """Image files as Pillow images.

    Args:
        root: the folder that the paths are relative to.
        files: paths of image files.
        grey: whether to leave greyscale images greyscale instead of turning them into colour images.

    Raises:
        ValueError: on meeting a file that cannot be read, which the message names.
    """

    def __init__(self, root: Path, files: Sequence[str], *, grey: bool) -> None:
        self.root = root
        self.files = files
        self.grey = grey

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Image.Image:
        with _opened(self.root / self.files[index]) as image:
            return image.convert("RGB") if image.mode == "L" and not self.grey else image.copy()

    def name_of(self, index: int) -> str:
        """The path of an item's file, which is what error messages call it."""
        return str(self.root / self.files[index])


def _all_grey(root: Path, files: Sequence[str]) -> bool:
    """Whether every file is greyscale; reads headers only, and none after the first in colour."""
    for file in files:
        with _opened(root / file) as image:
            if image.mode != "L":
                return False
    return True


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as image:
            yield image
    except Exception as error:  # Pillow's decoders raise many kinds, and none of them names the file reliably
        raise ValueError(
            f"Expected {path} to be an image that can be read, but got {type(error).__name__} ({error}). "
            "Replace or remove the file."
        ) from error


def _image_files(root: Path) -> list[str]:
    if not root.is_dir():
        raise FileNotFoundError(
            f"Expected data.root to be a folder of images, but got {root}, which is not a folder. "
            "Point --data.root at one."
        )
    files = sorted(
        file
        for file in glob.iglob("**/*", root_dir=root, recursive=True)
        if file.lower().endswith(IMG_EXTENSIONS) and (root / file).is_file()
    )
    if not files:
        raise FileNotFoundError(
            f"Expected data.root to hold images ({', '.join(IMG_EXTENSIONS)}), but got none under {root}. "
            "Point --data.root at a folder that holds some."
        )
    return files


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

    return Source(_fingerprint(root, glob.glob(files, root_dir=root)), load)


def _given(dataset: Any, train: bool) -> Source:
    if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
        raise ValueError(
            "Expected data.dataset to be a name or a map-style torch Dataset, with __len__ and __getitem__, "
            f"but got {type(dataset).__name__}. Give one of {', '.join(DATASETS)}, or a Dataset of your own."
        )
    part = _part(len(dataset), len(dataset) // 10, train)
    return Source([len(dataset), _describe(dataset)], lambda: Subset(dataset, part))


def _part(count: int, held_out: int, train: bool) -> list[int]:
    """Indices of one part of ``count`` images, by a fixed permutation and in rising order; at least one is held out."""
    if count < 2:
        raise ValueError(
            f"Expected data.dataset to hold at least 2 images, one of them to hold out, but got {count}. Add images."
        )
    # RandomState, because numpy keeps its stream the same for ever (NEP 19), unlike that of newer generators.
    order = np.random.RandomState(0).permutation(count)
    split = count - max(1, held_out)
    return sorted((order[:split] if train else order[split:]).tolist())


def _fingerprint(root: Path, files: Sequence[str]) -> list[str]:
    stats = [(file, (root / file).stat()) for file in sorted(files)]
    lines = json.dumps([(file, stat.st_size, stat.st_mtime_ns) for file, stat in stats])
    return [str(root), hashlib.sha256(lines.encode()).hexdigest()]


def _describe(thing: object) -> str:
    """What a pickle of an object would hold, as JSON: unlike a pickle the same in every process, and never refused."""
    seen: dict[int, tuple[str, object]] = {}  # holds on to the objects too, so that no two share an id

    def describe(value: Any) -> object:
        if isinstance(value, bytes | bytearray):
            return hashlib.sha256(value).hexdigest()
        if isinstance(value, Tensor):
            return [str(value.dtype), value.shape, value.detach().cpu().flatten().view(torch.uint8).numpy()]
        if isinstance(value, set | frozenset):
            return sorted(map(repr, value))
        if id(value) in seen:
            return seen[id(value)][0]
        seen[id(value)] = (f"object {len(seen)}", value)
        if isinstance(value, type | FunctionType | BuiltinFunctionType):
            return [value.__module__, value.__qualname__, _source_text(value)]
        try:
            return [type(value), *value.__reduce_ex__(4)[1:3]]
        except Exception:  # what cannot be pickled says so in many ways; its class is all there is to know
            return [type(value)]

    return json.dumps(thing, default=describe, check_circular=False, skipkeys=True)


def _source_text(value: Any) -> str:
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):  # built in, or typed at a prompt
        return ""
