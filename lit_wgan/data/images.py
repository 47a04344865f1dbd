"""Image datasets by name, folders of images and users' own datasets, each opened as one array ``(N, C, H, W)``."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch.utils.data import Subset

from lit_wgan.data.arrays import cached_array
from lit_wgan.data.held_out import part_indices
from lit_wgan.data.named import DATASETS
from lit_wgan.data.pixels import PIXELS_VERSION
from lit_wgan.data.sources import MapStyleDataset, Source, is_map_style
from lit_wgan.engine.digests import describe, json_sha256
from lit_wgan.errors import UsageError

CACHE_VERSION = 1  # raise it when the same source would give other bytes


def open_images(
    dataset: MapStyleDataset | str,
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


def _given(dataset: Any, train: bool) -> Source:
    if not is_map_style(dataset):
        raise UsageError(
            "Expected data.dataset to be a name or a map-style torch Dataset, with __len__ and __getitem__, "
            f"but got {type(dataset).__name__}. Give one of {', '.join(DATASETS)}, or a Dataset of your own."
        )
    part = part_indices(len(dataset), len(dataset) // 10, train)
    return Source([PIXELS_VERSION, len(dataset), describe(dataset)], lambda: Subset(dataset, part))
