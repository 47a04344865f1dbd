"""Minibatches out of an array of images, and where the array is kept: on disk or in the device's memory."""

import numpy as np
import torch
from torch import Tensor

from lit_wgan.data.sampler import InfiniteSampler
from lit_wgan.engine.minibatches import Minibatch


class ImageMinibatches:
    """Minibatches of an image array."""

    def __init__(self, images: np.ndarray, sampler: InfiniteSampler, rows: slice):
        self.images = images
        self.sampler = sampler
        self.rows = rows

    def minibatch(self, number: int) -> Minibatch:
        """This device's rows of minibatch ``number``, shape ``(m / devices, C, H, W)``, uint8."""
        return Minibatch(take(self.images, self.sampler[number][self.rows]))


class IndexMinibatches:
    """Minibatches of images that the device already holds: their indices."""

    def __init__(self, sampler: InfiniteSampler, rows: slice):
        self.sampler = sampler
        self.rows = rows

    def minibatch(self, number: int) -> Minibatch:
        """The indices of this device's rows of minibatch ``number``, shape ``(m / devices,)``, int64."""
        return Minibatch(self.sampler[number][self.rows])


class ImageArray:
    """An array of images whose slices are tensors."""

    def __init__(self, images: np.ndarray):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: slice) -> Tensor:
        return torch.from_numpy(self.images[rows].copy())


def fits(size: int, device: torch.device) -> bool:
    """Whether so many bytes are at most a quarter of a GPU's free memory; False on a CPU, where nothing is gained."""
    return device.type == "cuda" and size <= torch.cuda.mem_get_info(device)[0] / 4


def to_device(images: np.ndarray, device: torch.device) -> Tensor:
    """Copy all images ``(N, C, H, W)`` to a device, in parts, so that the host never holds them all."""
    resident = torch.empty(images.shape, dtype=torch.uint8, device=device)
    for part in torch.arange(len(images)).split(4096):
        resident[part[0] : part[-1] + 1] = take(images, part)
    return resident


def take(images: np.ndarray, indices: Tensor) -> Tensor:
    """Copy the images of the given indices out of the array, shape ``(len(indices), C, H, W)``."""
    return torch.from_numpy(images[indices.numpy()])


def to_unit_range(images: Tensor) -> Tensor:
    """Bytes ``0 .. 255`` as float32 in ``[-1, 1]``."""
    return images.float() / 127.5 - 1


def bytes_to_unit_range(rows: Tensor) -> Tensor:
    """Bytes as :func:`to_unit_range` makes them, everything else as it is."""
    return to_unit_range(rows) if rows.dtype == torch.uint8 else rows
