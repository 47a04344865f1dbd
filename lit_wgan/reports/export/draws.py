"""Random numbers that layers draw by themselves, taken from an input instead, so that a graph is a function."""

from collections.abc import Callable
from math import prod, tau
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from lit_wgan.errors import UsageError

SMALLEST = 2.0**-25
"""In place of 0, of which there is no logarithm; half of the smallest other number that torch.rand gives."""


class DrawnFrom(TorchFunctionMode):
    """While it is on, uniform, normal and exponential random numbers are made of uniform ones that are given.

    Args:
        rows: N, the number of samples.
        uniform: numbers in ``[0, 1)``, shape ``(N, k)``; None to draw as ever, and to count k.
    """

    def __init__(self, rows: int, uniform: Tensor | None = None):
        super().__init__()
        self.rows = rows
        self.uniform = uniform
        self.used = 0
        """Uniform numbers for each sample that were needed so far."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call a function of torch; one that draws gives what it would give for the given numbers."""
        kwargs = kwargs or {}
        draw = DRAWS.get(func)
        return func(*args, **kwargs) if draw is None else draw(self, func, *args, **kwargs)

    def take(self, like: Tensor, each: int = 1) -> list[Tensor] | None:
        """As many sets of uniform numbers as wanted, each of the shape of a tensor; None where they are counted."""
        if like.ndim < 1 or like.shape[0] != self.rows:
            raise UsageError(
                f"Expected a generator that draws random numbers for each of its {self.rows} samples, but it draws the "
                f"shape {tuple(like.shape)} for all of them. Let it draw rows, as many as its noise z has."
            )
        size, first = prod(like.shape[1:]), self.used
        self.used += each * size
        if self.uniform is None:
            return None
        taken = self.uniform[:, first : self.used].to(like.dtype).clamp(min=SMALLEST).split(size, 1)
        return [numbers.reshape(like.shape) for numbers in taken]


def _uniform(mode: DrawnFrom, like: Tensor) -> Tensor | None:
    taken = mode.take(like)
    return None if taken is None else taken[0]


def _normal(mode: DrawnFrom, like: Tensor) -> Tensor | None:
    """By Box and Muller 1958, since files have no inverse of the normal law's distribution function."""
    taken = mode.take(like, each=2)
    return None if taken is None else (-2 * taken[0].log()).sqrt() * (tau * taken[1]).cos()


def _new(law: Callable[[DrawnFrom, Tensor], Tensor | None], empty: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def draw(mode: DrawnFrom, func: Any, *args: Any, **kwargs: Any) -> Tensor:
        made = law(mode, empty(*args, **{name: value for name, value in kwargs.items() if name != "generator"}))
        return func(*args, **kwargs) if made is None else made

    return draw


def _fill_uniform(mode: DrawnFrom, func: Any, x: Tensor, low: float = 0, high: float = 1, **kwargs: Any) -> Tensor:
    low, high = kwargs.get("from", low), kwargs.get("to", high)
    made = _uniform(mode, x)
    return func(x, low, high) if made is None else x.copy_(low + (high - low) * made)


def _fill_normal(mode: DrawnFrom, func: Any, x: Tensor, mean: float = 0, std: float = 1, **kwargs: Any) -> Tensor:
    made = _normal(mode, x)
    return func(x, mean, std) if made is None else x.copy_(mean + std * made)


def _fill_exponential(mode: DrawnFrom, func: Any, x: Tensor, lambd: float = 1, **kwargs: Any) -> Tensor:
    made = _uniform(mode, x)
    return func(x, lambd) if made is None else x.copy_(-torch.log1p(-made) / lambd)


def _gumbel(
    mode: DrawnFrom,
    func: Any,
    logits: Tensor,
    tau: float = 1,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
) -> Tensor:
    made = _uniform(mode, logits)
    if made is None:
        return func(logits, tau, hard, eps, dim)
    noisy = logits - (-torch.log1p(-made)).log()
    if hard:
        return torch.zeros_like(logits).scatter(dim, noisy.argmax(dim, keepdim=True), 1.0)
    return (noisy / tau).softmax(dim)


DRAWS: dict[Any, Callable[..., Tensor]] = {
    torch.rand: _new(_uniform, torch.empty),
    torch.rand_like: _new(_uniform, torch.empty_like),
    torch.randn: _new(_normal, torch.empty),
    torch.randn_like: _new(_normal, torch.empty_like),
    Tensor.uniform_: _fill_uniform,
    Tensor.normal_: _fill_normal,
    Tensor.exponential_: _fill_exponential,
    functional.gumbel_softmax: _gumbel,
}
"""Functions that draw, with what stands in for each."""
