"""Conditions beside a network's input, concatenated along axis 1."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from lit_wgan.errors import UsageError
from lit_wgan.networks.condition_spec import ConditionSpec, check_range
from lit_wgan.networks.sizes import Auto, known

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
"""Interpolation modes by the number of axes that are resized."""


class Concatenated(nn.Module):
    """Any network of one input as a conditional one: the condition stands beside its input, along axis 1.

    Class numbers are told as one-hot vectors, vectors as they are; to a network of images or series each number is a
    constant channel. Images of another size are resized (:func:`resized`).

    Args:
        network: takes ``(N, n + k, ...)`` for inputs ``(N, n, ...)``, where the conditions have k numbers or channels
            in all.
        num_classes: number of classes, for class numbers ``(N,)``; 0 for a network that is told none.

    Source: Mirza and Osindero 2014, arXiv:1411.1784, Section 3.2: the condition as a further input of both networks.
    """

    def __init__(self, network: nn.Module, num_classes: int | Auto = 0):
        super().__init__()
        self.network = network
        (self.num_classes,) = known(num_classes=num_classes)

    def forward(self, x: Tensor, *conditions: Tensor) -> Tensor:
        """What the network makes of ``x`` with its conditions beside it.

        Raises:
            UsageError: for no condition, and for one that does not fit beside ``x``.
        """
        if not conditions:
            raise UsageError(
                f"Expected a condition for {type(self.network).__name__} in {type(self).__name__}, but got none. Set "
                "model.condition, or give the system the network itself."
            )
        for condition in conditions:
            if self.num_classes and not condition.is_floating_point():
                check_range(condition, self.num_classes, self)
            x = concatenated(x, condition, self.num_classes)
        return self.network(x)


def beside(x: Tensor, condition: Tensor | None, spec: ConditionSpec, network: nn.Module) -> Tensor:
    """``x`` as it is for a network without a condition, else flattened and with the condition beside it.

    Raises:
        UsageError: for a condition that is not the network's, which the error names, and for a missing one.
    """
    condition = spec.checked(condition, x, network)
    return x if condition is None else concatenated(x.flatten(1), condition, spec.num_classes)


def concatenated(x: Tensor, condition: Tensor, num_classes: int = 0) -> Tensor:
    """``x`` of shape ``(N, n, ...)`` and a condition as ``(N, n + k, ...)``, in the type of ``x``.

    Args:
        x: shape ``(N, n)`` or ``(N, n, *size)``.
        condition: class numbers ``(N,)``, int64, with k = num_classes; floats ``(N,)`` or ``(N, k)``; floats with as
            many axes as ``x``, ``(N, k, *another size)``; or any other shape beside vectors ``(N, n)``, flattened.
        num_classes: of class numbers.

    Raises:
        UsageError: for any other condition.
    """
    told = _as_numbers(condition, num_classes)
    if told.shape[0] != x.shape[0]:
        raise UsageError(
            f"Expected a condition with a row for each of {x.shape[0]} inputs, but got {told.shape[0]} rows. Give both "
            "as many."
        )
    told = told.to(x.dtype)
    if x.ndim == 2:
        told = told.flatten(1)
    elif told.ndim == 2:
        told = told.view(*told.shape, *[1] * (x.ndim - 2)).expand(-1, -1, *x.shape[2:])
    elif told.ndim == x.ndim:
        told = resized(told, x.shape[2:])
    else:
        raise UsageError(
            f"Expected a condition (N,), (N, k) or with {x.ndim} axes beside inputs {tuple(x.shape)}, but got "
            f"{tuple(told.shape)}. Flatten it, or give it an axis of channels."
        )
    return torch.cat([x, told], 1)


def _as_numbers(condition: Tensor, num_classes: int) -> Tensor:
    if condition.is_floating_point():
        return condition.unsqueeze(1) if condition.ndim == 1 else condition
    if not num_classes or condition.dtype != torch.int64 or condition.ndim != 1:
        expected = "class numbers (N,), int64, or floats" if num_classes else "a condition of floats"
        raise UsageError(
            f"Expected {expected}, but got {condition.dtype}, shape {tuple(condition.shape)}. Set num_classes for "
            "class numbers, or let the condition be floats."
        )
    return functional.one_hot(condition, num_classes)


def resized(images: Tensor, size: torch.Size) -> Tensor:
    """Images ``(N, C, *size)`` from images, series or volumes of any other size.

    Where one size divides the other on every axis, numbers are repeated or blocks averaged; elsewhere the result is
    interpolated linearly, for images with antialiasing.
    """
    sizes = list(zip(images.shape[2:], size, strict=True))
    if all(old == new for old, new in sizes):
        return images
    if all(max(pair) % min(pair) == 0 for pair in sizes):
        return functional.interpolate(images, size, mode="area")
    return functional.interpolate(images, size, mode=LINEAR[len(size)], antialias=len(size) == 2)
