"""Convolutions and rectifiers whose gradients are cheap to differentiate once more.

A gradient penalty differentiates a gradient. Two things that autograd does there cost much and are avoided here, with
the same result to rounding:

* The slope of a rectifier does not depend on its input, but for its kink. Autograd computes the zero that follows, and
  carries it back through the whole network.
* A convolution's gradient by its input is differentiated by the weights as a convolution whose filter is a whole
  feature map. As the transposed convolution that it is, it has an ordinary gradient.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.grad import conv2d_weight
from torch.overrides import TorchFunctionMode

Pair = tuple[int, int]


class CheapDoubleBackward(TorchFunctionMode):
    """Within this context, two-dimensional convolutions, ReLU and leaky ReLU are those of this module."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return REPLACEMENTS.get(func, func)(*args, **(kwargs or {}))


def relu(x: Tensor, inplace: bool = False) -> Tensor:
    """``max(x, 0)`` as a product of ``x`` and its slope."""
    # These two compute the slope faster than torch.where, which is not vectorised on CPUs.
    return x * torch.ops.aten.threshold_backward(torch.ones_like(x), x.detach(), 0)


def leaky_relu(x: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """``max(x, negative_slope x)`` as a product of ``x`` and its slope."""
    return x * torch.ops.aten.leaky_relu_backward(torch.ones_like(x), x.detach(), negative_slope, False)


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Pair = 1,
    padding: int | Pair | str = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> Tensor:
    """As :func:`torch.nn.functional.conv2d`."""
    # The compiler would lose the gradient of an autograd.Function inside of torch.func.grad.
    if isinstance(padding, str) or x.ndim != 4 or torch.compiler.is_compiling():
        return functional.conv2d(x, weight, bias, stride, padding, dilation, groups)
    if torch.is_autocast_enabled(x.device.type):
        dtype = torch.get_autocast_dtype(x.device.type)
        x, weight, bias = x.to(dtype), weight.to(dtype), None if bias is None else bias.to(dtype)
    y = _Conv2d.apply(x, weight, _pair(stride), _pair(padding), _pair(dilation), groups)
    return y if bias is None else y + bias.view(-1, 1, 1)


def _pair(value: int | Pair) -> Pair:
    return (value, value) if isinstance(value, int) else value


class _Conv2d(torch.autograd.Function):
    """A convolution without bias whose gradient by the input is a transposed convolution."""

    @staticmethod
    def forward(x: Tensor, weight: Tensor, *options: Any) -> Tensor:
        stride, padding, dilation, groups = options
        return functional.conv2d(x, weight, None, stride, padding, dilation, groups)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        x, weight, *ctx.options = inputs
        ctx.save_for_backward(x, weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        x, weight = ctx.saved_tensors
        by_x = by_weight = None
        if ctx.needs_input_grad[0]:
            by_x = _gradient_by_input(gradient, x.shape[2:], weight, *ctx.options)
        if ctx.needs_input_grad[1]:
            by_weight = conv2d_weight(x, weight.shape, gradient, *ctx.options)
        return by_x, by_weight, None, None, None, None


def _gradient_by_input(
    gradient: Tensor, size: torch.Size, weight: Tensor, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Tensor:
    # Pixels at the far edges that no filter reached.
    unreached = [
        (n + 2 * p - d * (k - 1) - 1) % s
        for n, p, d, k, s in zip(size, padding, dilation, weight.shape[2:], stride, strict=True)
    ]
    return functional.conv_transpose2d(gradient, weight, None, stride, padding, unreached, groups, dilation)


REPLACEMENTS: dict[Any, Callable[..., Tensor]] = {
    functional.conv2d: conv2d,
    functional.relu: relu,
    torch.relu: relu,
    torch.Tensor.relu: relu,
    functional.leaky_relu: leaky_relu,
}
