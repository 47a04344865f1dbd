"""Layers with a cheaper double backward pass. The results are the same to rounding.

Autograd differentiates a network's gradient in two costly ways:

* The second derivative of ReLU, LeakyReLU and average pooling is 0, but autograd carries these zeros back through all
  layers below.
* It takes the weight gradient that belongs to a convolution's input gradient by a convolution whose kernel is as large
  as the feature map. With the input gradient as a transposed convolution, it is an ordinary weight gradient.

And the fastest kernels of attention and of cuDNN's recurrent layers have no second derivative: others take their place.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn import grad as weight_gradients
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

aten = torch.ops.aten
T = TypeVar("T")
Sizes = int | Sequence[int]


class DoubleBackward(TorchFunctionMode):
    """Context in which convolutions, ReLU, LeakyReLU, average pooling and attention are those of this module."""

    def __init__(self) -> None:
        super().__init__()
        self.spares_weights = False

    def __torch_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func not in REWRITTEN or _is_transformed(args):
            return func(*args, **kwargs)
        if func in CONVOLUTIONS.values():
            kwargs |= {"mode": None if torch.compiler.is_compiling() else self}
        return REWRITTEN[func](*args, **kwargs)

    def gradient(self, output: Tensor, input: Tensor, create_graph: bool) -> Tensor:
        """The gradient of a scalar computed within this context with respect to its input."""
        self.spares_weights = True  # which autograd does by itself, but not in a Function
        try:
            (gradient,) = torch.autograd.grad(output, input, create_graph=create_graph)
        finally:
            self.spares_weights = False
        return gradient


def _is_transformed(arguments: Sequence[Any]) -> bool:
    """Whether a network itself computes with ``torch.func`` here, which goes with torch's own layers alone."""
    if torch.compiler.is_compiling():
        return False
    return any(isinstance(given, Tensor) and torch.func.debug_unwrap(given) is not given for given in arguments)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """As :func:`torch.nn.functional.relu`."""
    return _rectified("relu", input, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """As :func:`torch.nn.functional.leaky_relu`."""
    return _rectified("leaky_relu", input, inplace, negative_slope)


def _rectified(name: str, input: Tensor, inplace: bool, *options: Any) -> Tensor:
    if inplace:  # what is kept for the backward pass must not change
        return input.copy_(_piecewise_linear(name, input.clone(), *options))
    return _piecewise_linear(name, input, *options)


def avg_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """As :func:`torch.nn.functional.avg_pool1d`, by way of images of width 1."""
    over = [[*_sizes(size, 1), other] for size, other in ((kernel_size, 1), (stride or kernel_size, 1), (padding, 0))]
    options = (ceil_mode, count_include_pad, None)
    return _piecewise_linear("avg_pool2d", input.unsqueeze(-1), *over, *options).squeeze(-1)


def _avg_pool(axes: int) -> Callable[..., Tensor]:
    """Average pooling over two or three axes, as torch's."""

    def avg_pool(
        input: Tensor,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Tensor:
        sizes = (_sizes(size, axes) for size in (kernel_size, stride or kernel_size, padding))
        return _piecewise_linear(f"avg_pool{axes}d", input, *sizes, ceil_mode, count_include_pad, divisor_override)

    return avg_pool


def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
    mode: DoubleBackward | None = None,
) -> Tensor:
    """As :func:`torch.nn.functional.conv1d`, ``conv2d`` and ``conv3d``; ``mode`` says when weights are spared."""
    axes = weight.ndim - 2
    if isinstance(padding, str) or input.ndim != weight.ndim or weight.is_complex():
        return CONVOLUTIONS[axes](input, weight, bias, stride, padding, dilation, groups)
    device = input.device.type
    if torch.is_autocast_enabled(device):  # so that what is kept for the backward pass is cast once
        dtype = torch.get_autocast_dtype(device)
        input, weight, bias = input.to(dtype), weight.to(dtype), None if bias is None else bias.to(dtype)
    sizes = (_sizes(size, axes) for size in (stride, padding, dilation))
    return _convolution(input, weight, bias, mode, *sizes, groups)


def _within(context: Callable[[], AbstractContextManager[Any]], layer: Callable[..., T]) -> Callable[..., T]:
    """A layer, computed in a context that takes a kernel which can be differentiated twice."""

    def compute(*arguments: Any, **options: Any) -> T:
        with context():
            return layer(*arguments, **options)

    return compute


def _sizes(size: Sizes, axes: int) -> list[int]:
    return [size] * axes if isinstance(size, int) else list(size)


# Both are seen as a whole by torch.compile, which loses the second derivative of a Function that it looks into.
@torch.compiler.allow_in_graph  # type: ignore[untyped-decorator]
def _piecewise_linear(*arguments: Any) -> Tensor:
    return _PiecewiseLinear.apply(*arguments)


@torch.compiler.allow_in_graph  # type: ignore[untyped-decorator]
def _convolution(*arguments: Any) -> Tensor:
    return _Convolution.apply(*arguments)


class _PiecewiseLinear(torch.autograd.Function):
    @staticmethod
    def forward(name: str, input: Tensor, *options: Any) -> Tensor:
        return PIECEWISE_LINEAR[name][0](input, *options)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.name, input, *ctx.options = inputs
        # What torch itself keeps, so that the other may be changed in place.
        ctx.save_for_backward(output if ctx.name == "relu" else input)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        (kept,) = ctx.saved_tensors
        constant = kept.detach().to(gradient.dtype)
        result = PIECEWISE_LINEAR[ctx.name][1](gradient, constant, *ctx.options)
        return None, result, *[None] * len(ctx.options)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        mode: DoubleBackward | None,
        stride: list[int],
        padding: list[int],
        dilation: list[int],
        groups: int,
    ) -> Tensor:
        return CONVOLUTIONS[len(stride)](input, weight, bias, stride, padding, dilation, groups)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        input, weight, _, ctx.mode, *ctx.options = inputs
        ctx.save_for_backward(input, weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        input, weight = ctx.saved_tensors
        axes = len(ctx.options[0])
        of_input, of_weight, of_bias = ctx.needs_input_grad[:3]
        if ctx.mode is not None and ctx.mode.spares_weights:
            of_weight = of_bias = False
        # Mixed precision has chosen the types already, and threads of autograd need not know of it.
        with torch.autocast(gradient.device.type, enabled=False):
            return (
                _input_gradient(gradient, input, weight, *ctx.options) if of_input else None,
                WEIGHT_GRADIENTS[axes](input, weight.shape, gradient, *ctx.options) if of_weight else None,
                gradient.sum([0, *range(2, gradient.ndim)]) if of_bias else None,
                *[None] * 5,
            )


def _input_gradient(
    gradient: Tensor,
    input: Tensor,
    weight: Tensor,
    stride: list[int],
    padding: list[int],
    dilation: list[int],
    groups: int,
) -> Tensor:
    extents = zip(input.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
    unread = [(size + 2 * p - d * (kernel - 1) - 1) % s for size, kernel, s, p, d in extents]
    return TRANSPOSED[len(stride)](gradient, weight, None, stride, padding, unread, groups, dilation)


PIECEWISE_LINEAR: dict[str, tuple[Callable[..., Tensor], Callable[..., Tensor]]] = {
    "relu": (torch.relu, lambda gradient, output: aten.threshold_backward(gradient, output, 0)),
    "leaky_relu": (functional.leaky_relu, lambda *arguments: aten.leaky_relu_backward(*arguments, False)),
    "avg_pool2d": (functional.avg_pool2d, aten.avg_pool2d_backward),
    "avg_pool3d": (functional.avg_pool3d, aten.avg_pool3d_backward),
}
"""Layers by name, and their gradients as functions of that of the output, the input (ReLU: output), and the options."""
CONVOLUTIONS: dict[int, Callable[..., Tensor]] = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}
TRANSPOSED: dict[int, Callable[..., Tensor]] = {
    1: torch.conv_transpose1d,
    2: torch.conv_transpose2d,
    3: torch.conv_transpose3d,
}
WEIGHT_GRADIENTS: dict[int, Callable[..., Tensor]] = {
    1: weight_gradients.conv1d_weight,
    2: weight_gradients.conv2d_weight,
    3: weight_gradients.conv3d_weight,
}
ATTENTION: list[Callable[..., Any]] = [
    functional.scaled_dot_product_attention,
    functional.multi_head_attention_forward,
]
RECURRENT: list[Callable[..., Any]] = [torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu]
REWRITTEN: dict[Callable[..., Any], Callable[..., Any]] = {
    **dict.fromkeys(CONVOLUTIONS.values(), convolution),
    **{layer: _within(lambda: sdpa_kernel(SDPBackend.MATH), layer) for layer in ATTENTION},
    **{layer: _within(lambda: torch.backends.cudnn.flags(enabled=False), layer) for layer in RECURRENT},
    torch.relu: relu,
    torch.Tensor.relu: relu,
    functional.relu: relu,
    functional.leaky_relu: leaky_relu,
    functional.avg_pool1d: avg_pool1d,
    functional.avg_pool2d: _avg_pool(2),
    functional.avg_pool3d: _avg_pool(3),
}
