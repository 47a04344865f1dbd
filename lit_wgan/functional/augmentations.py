"""Differentiable random changes of images, series and volumes: each a function of samples and uniform numbers.

Samples are ``(N, C, ...)`` with any number of channels and of further axes, uniform numbers in ``[0, 1)`` one per
sample, ``(N,)``, or one per sample and further axis, ``(N, axes)``. What is not covered any more becomes 0.

Source of all but :func:`flip`: Zhao et al. 2020, arXiv:2006.10738; authors' code
mit-han-lab/data-efficient-gans at 0b63395, DiffAugment_pytorch.py.
"""

import torch
from torch import Tensor


def whole_numbers(u: Tensor, count: int) -> Tensor:
    """Uniform numbers in ``[0, 1)`` as whole ones from 0 to ``count - 1``, equally likely, int64."""
    return (u * count).long().clamp(max=count - 1)


def brightness(x: Tensor, u: Tensor) -> Tensor:
    """One number from -0.5 to 0.5 added to each sample."""
    return x + (_per_sample(u, x) - 0.5)


def saturation(x: Tensor, u: Tensor) -> Tensor:
    """The differences between channels times 0 to 2; a single channel stays as it is."""
    mean = x.mean(1, keepdim=True)
    return (x - mean) * (2 * _per_sample(u, x)) + mean


def contrast(x: Tensor, u: Tensor) -> Tensor:
    """The differences from the sample's mean times 0.5 to 1.5."""
    mean = x.mean(tuple(range(1, x.ndim)), keepdim=True)
    return (x - mean) * (_per_sample(u, x) + 0.5) + mean


def translation(x: Tensor, u: Tensor, ratio: float = 1 / 8) -> Tensor:
    """A shift by up to ``ratio`` of the length along each axis."""
    for axis, part in enumerate(u.unbind(1), start=2):
        length = x.shape[axis]
        furthest = int(length * ratio + 0.5)
        source = torch.arange(length, device=x.device) + whole_numbers(part, 2 * furthest + 1)[:, None] - furthest
        inside = (source >= 0) & (source < length)
        x = x.gather(axis, _along(source.clamp(0, length - 1), axis, x).expand_as(x)) * _along(inside, axis, x)
    return x


def cutout(x: Tensor, u: Tensor, ratio: float = 0.5) -> Tensor:
    """A box of ``ratio`` of the length along each axis set to 0; its centre is anywhere, so that it may stick out."""
    covered = torch.ones_like(x[:, :1], dtype=torch.bool)
    for axis, part in enumerate(u.unbind(1), start=2):
        length = x.shape[axis]
        size = int(length * ratio + 0.5)
        first = whole_numbers(part, length + 1 - size % 2)[:, None] - size // 2
        position = torch.arange(length, device=x.device)
        covered = covered & _along((position >= first) & (position < first + size), axis, x)
    return x * ~covered


def flip(x: Tensor, u: Tensor) -> Tensor:
    """The last axis mirrored in half of the samples."""
    return torch.where(_per_sample(u, x) < 0.5, x.flip(-1), x)


def _per_sample(u: Tensor, x: Tensor) -> Tensor:
    return u.to(x.dtype).view(-1, *[1] * (x.ndim - 1))


def _along(values: Tensor, axis: int, x: Tensor) -> Tensor:
    """Values ``(N, length)`` shaped to lie along one axis of samples."""
    return values.view(len(x), *[1] * (axis - 1), -1, *[1] * (x.ndim - axis - 1))
