"""Image datasets by name, folders of images and users' own datasets, each opened as one array ``(N, C, H, W)``."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt
from torch.utils.data import Subset

from lit_wgan.data.arrays import Arrays, cached_arrays
from lit_wgan.data.held_out import part_indices
from lit_wgan.data.item_conditions import ConditionOf
from lit_wgan.data.named import DATASETS
from lit_wgan.data.pixels import PIXELS_VERSION
from lit_wgan.data.resizing import Size, known_size
from lit_wgan.data.sources import MapStyleDataset, Source, is_map_style
from lit_wgan.data.value_range import ValueRange, known_bounds
from lit_wgan.engine.digests import describe, json_sha256
from lit_wgan.errors import UsageError

CACHE_VERSION = 1  # raise it when the same source would give other bytes


def open_images(
    dataset: MapStyleDataset | str,
    root: str | os.PathLike[str],
    *,
    train: bool,
    image_size: int | Sequence[int] | None,
    cache_dir: str | os.PathLike[str],
    value_range: Sequence[float] | None = None,
    download: bool = False,
    num_workers: int = 0,
) -> npt.NDArray[Any]:
    """The images that :func:`open_arrays` gives, without their conditions."""
    options = {"image_size": image_size, "value_range": value_range, "cache_dir": cache_dir, "download": download}
    return open_arrays(dataset, root, train=train, num_workers=num_workers, **options).images  # type: ignore[arg-type]


def open_arrays(
    dataset: MapStyleDataset | str,
    root: str | os.PathLike[str],
    *,
    train: bool,
    image_size: int | Sequence[int] | None,
    cache_dir: str | os.PathLike[str],
    condition_of: ConditionOf | None = None,
    value_range: Sequence[float] | None = None,
    download: bool = False,
    num_workers: int = 0,
) -> Arrays:
    """The images of a dataset, and the condition of each, as read-only memory-mapped arrays, decoded on the first call.

    Their files in ``cache_dir`` are keyed by the dataset's name, the split, ``image_size``, ``condition_of`` and
    ``value_range``, and by what they are made from:

    * for data on disk, the resolved root and the names, sizes and modification times of its files (for CelebA, of its
      lists), so a file changed without a change of size or time goes unnoticed;
    * for a user's dataset, its length and what a pickle of it would hold: attributes, and the source text of its class
      and of the classes and functions among them. Base classes, what functions refer to, the files it reads and
      attributes that cannot be pickled go unnoticed: delete the files when only these change.

    A dataset's random transforms are drawn once, while decoding.

    Args:
        dataset: one of ``DATASETS``, or a map-style torch dataset whose items ``to_image`` accepts.
        root: folder that holds the data; ``digits`` and a user's dataset do not look at it.
        train: the training part if true, else the held-out part: the official test images (CelebA and LSUN: validation
            images), 500 digits, or a tenth of a user's dataset or of a folder without parts of its own.
        image_size: pixels per side, or height and width, to crop and resize to, see ``crop_and_resize``; None keeps the
            images as they are.
        cache_dir: folder for the arrays' files, made if need be.
        condition_of: what of an item is its condition, see :func:`~lit_wgan.data.item_conditions.find_condition`; None
            for what a dataset with a name comes with, and for nothing of a user's dataset. Images as conditions are
            not resized.
        value_range: the smallest and the largest value of images; None for those of their type, 0 .. 255, 0 .. 65535 or
            [0, 1]. Without it floats of a user's dataset stand for bytes.
        download: whether to download what is missing, where torchvision can.
        num_workers: processes that decode; 0 decodes in this one.

    Returns:
        uint8, uint16 or float32 (N, C, H, W), an ``np.memmap``, where C is 1 for greyscale and 3 for colour, and the
        conditions, row by row: int64 (N,) for classes, uint8 (N, C, h, w) for images, float32 (N, ...) for others.

    Raises:
        UsageError: for an unknown name, a size that is not positive, a cache folder that cannot be written, images that
            cannot be read, are no images, have values outside the range or differ in shape or type, and for conditions
            likewise.
        FileNotFoundError: if the data is not in ``root``.
    """
    size, asked = known_size(image_size), known_bounds(value_range)
    if isinstance(dataset, str):
        if dataset not in DATASETS:
            raise UsageError(
                f"Expected data.dataset to be one of {', '.join(DATASETS)}, but got {dataset!r}. "
                "Choose one of them, or give the class path of a torch Dataset."
            )
        name, source = dataset, DATASETS[dataset](Path(root).expanduser().resolve(), train, download)
    else:
        name, source = type(dataset).__name__, _given(dataset, train)
    own = None if condition_of == source.condition_of else condition_of
    key = [CACHE_VERSION, source.key] + ([] if own is None else [describe(own)])
    digest = json_sha256(key + ([] if asked is None else [{"value_range": asked}]))[:16]
    return cached_arrays(
        Path(cache_dir).expanduser() / f"{name}-{'train' if train else 'held_out'}-{_told(size)}-{digest}.npy",
        source.open,
        size=size,
        condition_of=source.condition_of if own is None else own,
        values=ValueRange(asked, source.keeps_floats),
        num_workers=num_workers,
    )


def _told(size: Size | None) -> str:
    if size is None:
        return "original"
    return str(size[0]) if size[0] == size[1] else f"{size[0]}x{size[1]}"


def _given(dataset: Any, train: bool) -> Source:
    if not is_map_style(dataset):
        raise UsageError(
            "Expected data.dataset to be a name or a map-style torch Dataset, with __len__ and __getitem__, "
            f"but got {type(dataset).__name__}. Give one of {', '.join(DATASETS)}, or a Dataset of your own."
        )
    part = part_indices(len(dataset), len(dataset) // 10, train)
    return Source([PIXELS_VERSION, len(dataset), describe(dataset)], lambda: Subset(dataset, part))
