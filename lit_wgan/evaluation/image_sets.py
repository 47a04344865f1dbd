"""Opening stored images for measuring: arrays, data sets, folders, and inputs registered with torch-fidelity."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from lit_wgan.data.arrays import map_array
from lit_wgan.data.conditions.given import as_tensor
from lit_wgan.data.folders import FolderImages, all_grey, image_files
from lit_wgan.data.pixels import PIXELS_VERSION, Pixels, name_of
from lit_wgan.data.sources import is_map_style
from lit_wgan.data.stored import open_array
from lit_wgan.data.value_range import TYPE_NAMES, ValueRange
from lit_wgan.engine.batch_layouts import parts_of
from lit_wgan.engine.digests import array_sha256, describe, fingerprint, text_sha256
from lit_wgan.engine.preserve import preserve_random_state
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.float_rows import FloatRows, floats_of_array, floats_of_images, floats_of_items
from lit_wgan.evaluation.images import to_bytes

KEPT = ValueRange((-inf, inf))
"""Values as files have them."""
PROBES = 8  # images that are read several times to see whether they change
RESIZE = "Resize them all beforehand, generated and real ones alike, since metrics depend on how it is done"


@dataclass(frozen=True)
class ImageSet:
    """Opened images, or other samples as floats.

    Args:
        images: uint8 ``(C, H, W)`` by index, or floats.
        key: identifies the images in a cache; can be written as JSON.
        description: in words.
    """

    images: Sequence[Any] | np.ndarray | FloatRows
    key: object
    description: str


class UnitRangeImages(Dataset[Tensor]):
    """A training set, whose items are images in [-1, 1], alone or in what :func:`parts_of` takes, as bytes.

    Args:
        dataset: with ``__len__`` and ``__getitem__``.
    """

    def __init__(self, dataset: Any):
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Tensor:
        return to_bytes(parts_of(self.dataset[index])[0][None])[0]

    def classes(self) -> np.ndarray:
        """The class numbers ``(N,)`` of the images, which items hold beside them; reads every item.

        Raises:
            UsageError: for items that hold no class number.
        """
        labels = [as_tensor(parts_of(self.dataset[index])[1]) for index in range(len(self))]
        for index, label in enumerate(labels):
            if label is None or label.numel() != 1 or label.is_floating_point():
                raise UsageError(
                    f"Expected items (image, class number) of the training set for intra_fid, but item {index} of "
                    f"{type(self.dataset).__name__} has no class number. Give reference and reference_classes."
                )
        return np.array([int(label) for label in labels if label is not None])


def images_of_loader(loader: Any) -> UnitRangeImages:
    """The images that a loader of a user's own draws its minibatches from, as a reference.

    Raises:
        UsageError: for a loader whose images cannot be indexed.
    """
    dataset = getattr(loader, "dataset", None)
    if not is_map_style(dataset):
        raise UsageError(
            "Expected a training set of images with __len__ and __getitem__, but got "
            f"{type(dataset or loader).__name__}. Give the real images as the reference."
        )
    return UnitRangeImages(dataset)


def open_image_set(images: object, option: str = "reference", floats: bool = False) -> ImageSet:
    """Open images for measuring, or what is opened already.

    Args:
        images: an array or tensor of bytes ``(N, C, H, W)`` or ``(N, H, W, C)``; a data set with ``__len__`` and
            ``__getitem__`` whose items are bytes, Pillow images or floats in [0, 1], alone or first in a tuple; the
            path of a folder of images or of such an array in an ``.npy`` file; or a name registered with
            torch-fidelity, such as ``cifar10-train``.
        option: name of the option in error messages.
        floats: open samples of any shape as floats in the data's own units, see :func:`open_float_set`.

    Raises:
        FileNotFoundError: for a folder without images.
        UsageError: for anything else, for items that are no images, and for data sets with random augmentation.
    """
    if isinstance(images, ImageSet):
        return images
    if floats:
        return open_float_set(images, option)
    if isinstance(images, (str, Path)):
        return _from_path(str(images), option)
    if isinstance(images, Tensor):
        images = images.cpu().numpy()
    if isinstance(images, np.ndarray):
        return _from_array(images, option)
    if is_map_style(images):
        return _from_dataset(images, type(images).__name__, option)
    raise UsageError(
        f"Expected {option} to be a folder, an .npy or .npz file, a registered name, an array or a data set with "
        f"__len__ and __getitem__, but got {type(images).__name__}. Give one of these."
    )


def open_float_set(samples: object, option: str = "reference") -> ImageSet:
    """Open samples as floats in the data's own units.

    Args:
        samples: an array or tensor ``(N, ...)``; a file of one, as ``ArrayData`` takes it; a data set whose items are
            tensors, alone or first in a tuple; or a folder of images or a name registered with torch-fidelity, whose
            images are in [-1, 1].
        option: see :func:`open_image_set`, as for errors.
    """
    if not isinstance(samples, str | Path | Tensor | np.ndarray):
        rows = floats_of_items(samples, option)
        probes = torch.stack([rows.read(slice(index, index + 1)) for index in _spread(len(rows))])
        key = [len(rows), text_sha256(describe(samples)), array_sha256(probes.numpy())]
        return ImageSet(rows, key, f"{len(rows)} samples of {type(samples).__name__}")
    if isinstance(samples, str | Path) and names_images(str(samples)):
        opened = _from_path(str(samples), option)
        return ImageSet(floats_of_images(opened.images), ["floats", opened.key], opened.description)
    stored = open_array(samples, option)
    name = samples if isinstance(samples, str | Path) else "an array"
    return ImageSet(floats_of_array(stored, option), stored.key(), f"{stored.shape[0]} samples of {name}")


def names_images(path: str) -> bool:
    """Whether a path is a folder of images or a name registered with torch-fidelity."""
    from torch_fidelity.registry import DATASETS_REGISTRY

    return path in DATASETS_REGISTRY or (Path(path).expanduser().is_dir() and not path.rstrip("/").endswith(".zarr"))


def _from_path(path: str, option: str) -> ImageSet:
    from torch_fidelity.registry import DATASETS_REGISTRY

    if path in DATASETS_REGISTRY:
        root = Path(torch.hub.get_dir()).parent / "fidelity_datasets"  # torch-fidelity's own
        root.mkdir(parents=True, exist_ok=True)
        return _from_dataset(DATASETS_REGISTRY[path](str(root), True), path, option)
    if path.endswith(".npy") and Path(path).is_file():
        return _from_array(_map(Path(path), option), option)
    folder = Path(path).expanduser()
    if folder.is_dir():
        files = image_files(folder, option)
        images = Pixels(FolderImages(folder, files, grey=all_grey(folder, files)), None, RESIZE, KEPT)
        _check_bytes(images, option)
        key = [PIXELS_VERSION, *fingerprint(folder.resolve(), files)]
        return ImageSet(images, key, f"{len(files)} images of {path}")  # type: ignore[arg-type]  # indexable is enough
    raise UsageError(
        f"Expected {option} to be a folder of images, an .npy or .npz file, or one of {', '.join(DATASETS_REGISTRY)}, "
        f"but got {path}. Check the path."
    )


def _map(path: Path, option: str) -> np.ndarray:
    try:
        return map_array(path)
    except ValueError as error:
        raise UsageError(
            f"Expected {option} to be an .npy file of bytes (N, C, H, W), but got {path}, which is damaged or something"
            f" else ({' '.join(str(error).split())}). Make the file again."
        ) from error


def _from_array(array: np.ndarray, option: str) -> ImageSet:
    if array.ndim != 4 or array.dtype != np.uint8 or not len(array):
        raise UsageError(
            f"Expected {option} to be an array of bytes (N, C, H, W), but got {array.dtype} {array.shape}. Turn floats "
            "x in [-1, 1] into bytes by floor(127.5 x + 128), clamped to 0 .. 255."
        )
    if array.shape[-1] in (1, 3) and array.shape[1] not in (1, 3):
        array = array.transpose(0, 3, 1, 2)
    return ImageSet(array, key_of_array(array), f"an array of {len(array)} images")


def key_of_array(array: np.ndarray) -> object:
    """Identifies an array in a cache: its file as that is now, or its contents."""
    if isinstance(array, np.memmap) and array.filename is not None:
        path = Path(array.filename)
        return [*fingerprint(path.parent, [path.name]), array.shape]
    return [array.shape, array_sha256(array)]


def _from_dataset(dataset: Any, name: str, option: str) -> ImageSet:
    if len(dataset) == 0:
        raise UsageError(f"Expected {option} to hold images, but got an empty {name}. Add some.")
    images = Pixels(dataset, None, RESIZE)
    _check_bytes(images, option)
    probes = [images[index] for index in _spread(len(images))]
    _check_repeatable(images, probes, option)
    key = [PIXELS_VERSION, len(images), text_sha256(describe(dataset)), array_sha256(torch.stack(probes).numpy())]
    return ImageSet(images, key, f"{len(images)} images of {name}")  # type: ignore[arg-type]  # indexable is enough


def _check_bytes(images: Pixels, option: str) -> None:
    """Raise a UsageError for images of more than 8 bits, by whose range there are many ways to bytes."""
    if images.dtype != torch.uint8:
        raise UsageError(
            f"Expected {option} to hold images of 8 bits a channel, but got {TYPE_NAMES[images.dtype]} in "
            f"{name_of(images.dataset, 0)}. Scale real and generated ones alike to bytes, 0 .. 255."
        )


def _spread(count: int) -> list[int]:
    return sorted({number * (count - 1) // (PROBES - 1) for number in range(PROBES)})


def _check_repeatable(images: Pixels, probes: list[Tensor], option: str) -> None:
    """Raise a UsageError if images differ from one reading to the next."""
    with preserve_random_state():
        for index, probe in zip(_spread(len(images)), probes, strict=True):
            if not all(torch.equal(images[index], probe) for _ in range(3)):
                raise UsageError(
                    f"Expected {option} to give the same images at every reading, but item {index} changed. Leave out "
                    "random augmentation: fidelity is measured against the data itself."
                )
