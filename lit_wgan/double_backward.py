"""Layers written so that the gradient of a gradient does no work in vain. The results are the same to rounding.

Autograd differentiates a network's gradient in two costly ways:

* The second derivative of ReLU and LeakyReLU is 0, but autograd carries these zeros back through all layers below.
  As a product with a gate that is a constant, they leave no such path.
* It takes the weight gradient that belongs to a convolution's input gradient by a convolution whose kernel is as large
  as the feature map. With the input gradient as a transposed convolution, it is an ordinary weight gradient.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode


class DoubleBackward(TorchFunctionMode):
    """While this context lasts, convolutions, ReLU and LeakyReLU are computed as the functions below do it."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        return REWRITTEN.get(func, func)(*args, **(kwargs or {}))


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """As :func:`torch.nn.functional.relu`."""
    return leaky_relu(input, 0.0, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """As :func:`torch.nn.functional.leaky_relu`."""
    # The slope at every point, by the kernel that multiplies with it: on CPUs several times as fast as a condition.
    gate = torch.ops.aten.leaky_relu_backward(torch.ones_like(input), input.detach(), negative_slope, False)
    return input.mul_(gate) if inplace else input * gate


def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """As :func:`torch.nn.functional.conv1d`, ``conv2d`` and ``conv3d``."""
    axes = weight.ndim - 2
    if isinstance(padding, str) or input.ndim != weight.ndim:
        return CONVOLUTIONS[axes](input, weight, bias, stride, padding, dilation, groups)
    sizes = ([size] * axes if isinstance(size, int) else list(size) for size in (stride, padding, dilation))
    return _convolution(input, weight, bias, *sizes, groups)


# Seen as a whole by torch.compile, which loses the second derivative of a Function that it looks into (torch 2.15).
@torch.compiler.allow_in_graph  # type: ignore[untyped-decorator]
def _convolution(*arguments: Any) -> Tensor:
    return _Convolution.apply(*arguments)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        stride: list[int],
        padding: list[int],
        dilation: list[int],
        groups: int,
    ) -> Tensor:
        return CONVOLUTIONS[len(stride)](input, weight, bias, stride, padding, dilation, groups)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        input, weight, _, *ctx.options = inputs
        ctx.save_for_backward(input, weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        input, weight = ctx.saved_tensors
        stride, padding, dilation, groups = ctx.options
        # The type that mixed precision chose for the output, also where threads of autograd do not know of it.
        low_input, low_weight = input.to(gradient.dtype), weight.to(gradient.dtype)
        gradients: list[Tensor | None] = [None, None, None]
        with torch.autocast(gradient.device.type, enabled=False):
            if ctx.needs_input_grad[0]:
                extents = zip(input.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
                cut = [(size + 2 * p - d * (kernel - 1) - 1) % s for size, kernel, s, p, d in extents]
                transposed = TRANSPOSED[len(stride)]
                gradients[0] = transposed(gradient, low_weight, None, stride, padding, cut, groups, dilation)
            if ctx.needs_input_grad[1]:
                gradients[1] = torch.ops.aten.convolution_backward(
                    gradient,
                    low_input,
                    low_weight,
                    None,
                    stride,
                    padding,
                    dilation,
                    False,
                    [0] * len(stride),
                    groups,
                    [False, True, False],
                )[1]
            if ctx.needs_input_grad[2]:
                gradients[2] = gradient.sum([0, *range(2, gradient.ndim)])
        return *gradients, None, None, None, None


CONVOLUTIONS: dict[int, Callable[..., Tensor]] = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}
TRANSPOSED: dict[int, Callable[..., Tensor]] = {
    1: torch.conv_transpose1d,
    2: torch.conv_transpose2d,
    3: torch.conv_transpose3d,
}
REWRITTEN: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.conv1d: convolution,
    torch.conv2d: convolution,
    torch.conv3d: convolution,
    torch.relu: relu,
    functional.relu: relu,
    functional.leaky_relu: leaky_relu,
}
