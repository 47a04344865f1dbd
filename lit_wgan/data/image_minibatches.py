"""Minibatches out of an array of images and one of conditions, kept on disk or in the device's memory."""

import numpy as np
import torch
from torch import Tensor

from lit_wgan.data.sampler import InfiniteSampler
from lit_wgan.engine.minibatches import Minibatch


class ImageMinibatches:
    """Minibatches of an image array and, row by row, of an array of conditions if there is one."""

    def __init__(self, images: np.ndarray, sampler: InfiniteSampler, rows: slice, conditions: np.ndarray | None = None):
        self.images = images
        self.sampler = sampler
        self.rows = rows
        self.conditions = conditions

    def minibatch(self, number: int) -> Minibatch:
        """This device's rows of minibatch ``number``, images as stored, ``(m / devices, C, H, W)``."""
        indices = self.sampler[number][self.rows]
        return Minibatch(
            take(self.images, indices), None if self.conditions is None else take(self.conditions, indices)
        )


class IndexMinibatches:
    """Minibatches of images that the device already holds: their indices."""

    def __init__(self, sampler: InfiniteSampler, rows: slice):
        self.sampler = sampler
        self.rows = rows

    def minibatch(self, number: int) -> Minibatch:
        """The indices of this device's rows of minibatch ``number``, shape ``(m / devices,)``, int64."""
        return Minibatch(self.sampler[number][self.rows])


class ArraySlices:
    """An array whose slices are tensors."""

    def __init__(self, array: np.ndarray):
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, rows: slice) -> Tensor:
        return torch.from_numpy(self.array[rows].copy())


def fits(size: int, device: torch.device) -> bool:
    """Whether so many bytes are at most a quarter of a GPU's free memory; False on a CPU, where nothing is gained."""
    return device.type == "cuda" and size <= torch.cuda.mem_get_info(device)[0] / 4


def to_device(array: np.ndarray, device: torch.device) -> Tensor:
    """Copy an array ``(N, ...)`` to a device, in parts, so that the host never holds it as a whole."""
    indices = torch.arange(len(array))
    resident = torch.empty(array.shape, dtype=take(array, indices[:0]).dtype, device=device)
    for part in indices.split(4096):
        resident[part[0] : part[-1] + 1] = take(array, part)
    return resident


def take(array: np.ndarray, indices: Tensor) -> Tensor:
    """Copy the rows of the given indices out of an array, shape ``(len(indices), ...)``."""
    return torch.from_numpy(array[indices.numpy()])


def rows_of(array: Tensor, indices: Tensor) -> Tensor:
    """The rows of the given indices; of uint16, for which CUDA has no such function, as of other types of two bytes."""
    if array.dtype != torch.uint16:
        return array[indices]
    return array.view(torch.int16)[indices].view(torch.uint16)


def to_unit_range(images: Tensor) -> Tensor:
    """Bytes ``0 .. 255`` as float32 in ``[-1, 1]``."""
    return images.float() / 127.5 - 1


def bytes_to_unit_range(rows: Tensor) -> Tensor:
    """Bytes as :func:`to_unit_range` makes them, everything else as it is."""
    return to_unit_range(rows) if rows.dtype == torch.uint8 else rows


def mirror(rows: Tensor, flip: Tensor) -> Tensor:
    """Mirror the images ``(m, C, H, W)`` for which ``flip`` is true; what has other axes stays as it is."""
    if rows.ndim != 4:
        return rows
    exact = rows.float() if rows.dtype == torch.uint16 else rows  # CUDA selects no uint16
    return torch.where(flip.view(-1, 1, 1, 1), exact.flip(-1), exact)
