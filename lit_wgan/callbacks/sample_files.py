"""Samples and their conditions as files."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lit_wgan.callbacks.pictures.grid import as_picture, is_image
from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.data.stored import write_table
from lit_wgan.data.transforms import TableTransform
from lit_wgan.engine.files import atomic_write, writing
from lit_wgan.engine.minibatches import Condition


def save_sample(sample: Tensor, number: int, directory: Path) -> None:
    """Write a sample into a directory that need not exist, named by its number: as a PNG or, if it is no image, as
    ``.npy``.

    Raises:
        UsageError: for an image that is not finite.
        WriteError: if the disk is full or the directory cannot be written.
    """
    path = directory / f"{number:06d}{'.png' if is_image(sample.shape) else '.npy'}"
    with writing(path):
        directory.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".png":
            as_picture(sample).save(path)
        else:
            np.save(path, as_array(sample))


def save_conditions(conditions: Condition, path: Path) -> None:
    """Write conditions as an ``.npy`` file, of several at once one file each: ``conditions_1.npy`` and so on.

    Raises:
        WriteError: if the disk is full or the folder cannot be written.
    """
    parts = as_tuple(conditions)
    stems = [path.stem] if len(parts) == 1 else [f"{path.stem}_{place}" for place in range(1, len(parts) + 1)]
    for stem, part in zip(stems, parts, strict=True):
        save_array(part, path.with_stem(stem))


def save_array(values: Tensor, path: Path) -> None:
    """Write a tensor as an ``.npy`` file.

    Raises:
        WriteError: if the disk is full or the folder cannot be written.
    """
    with atomic_write(path) as file:
        np.save(file, as_array(values))


def save_table(rows: Tensor, table: TableTransform, path: Path) -> None:
    """Write rows ``(N, columns)`` as a table, with the names of its columns and categories.

    Raises:
        WriteError: if the disk is full or the folder cannot be written.
    """
    with writing(path):
        write_table(path, table.names, table.categories, as_array(rows))


def as_array(values: Tensor) -> np.ndarray:
    """A tensor for numpy, which does not know bfloat16."""
    return (values.float() if values.dtype == torch.bfloat16 else values).cpu().numpy()
