"""Sums whose every addition is the same, however many devices share them.

The terms ``0 .. V - 1`` of a sum, where V is a power of two, are added as one fixed binary tree: term b and term
``b + V / 2`` first, then the V / 2 sums likewise, until one is left. Device r of w, where w divides V, has the terms
``r, r + w, r + 2 w, ...``, which are a subtree: it adds them alone, and the devices' sums are the terms of what is left
of the tree. Floating-point addition is commutative, if not associative, so every device ends with the same bits.
"""

from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor, nn

from lit_wgan.engine.collectives import average_, rank_and_world


def is_power_of_two(number: int) -> bool:
    """Whether a number is 1, 2, 4, 8, ..."""
    return number > 0 and number & (number - 1) == 0


def tree_order(count: int) -> list[int]:
    """The terms in the order in which :class:`TreeSum` takes them, so that it holds few at a time.

    Args:
        count: of terms, a power of two.
    """
    bits = count.bit_length() - 1
    return [int(f"{term:0{bits}b}"[::-1], 2) if bits else 0 for term in range(count)]


class TreeSum:
    """Adds up terms, each a list of tensors, in the tree's order; holds about as many as the logarithm of their number.

    Examples:
        >>> total = TreeSum()
        >>> for term in tree_order(4):
        ...     total.add([torch.tensor(float(term))])
        >>> total.terms()
        [tensor(6.)]
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, list[Tensor]]] = []

    def add(self, tensors: list[Tensor]) -> None:
        """Add the next term, whose tensors may be written to."""
        size = 1
        while self._waiting and self._waiting[-1][0] == size:
            _, before = self._waiting.pop()
            torch._foreach_add_(before, tensors)
            tensors, size = before, 2 * size
        self._waiting.append((size, tensors))

    def terms(self) -> list[Tensor]:
        """The sum of all terms, of which there are a power of two."""
        ((_, tensors),) = self._waiting
        return tensors


@torch.no_grad()
def sum_over_devices_(tensors: Sequence[Tensor]) -> None:
    """Replace tensors of any floating types by their sums over all devices, which are a power of two, in the tree."""
    _, world = rank_and_world()
    for dtype in sorted({tensor.dtype for tensor in tensors}, key=str) if world > 1 else ():
        same = [tensor for tensor in tensors if tensor.dtype == dtype]
        flat = torch.cat([tensor.flatten() for tensor in same])
        if dist.get_backend() == "nccl":
            flat = flat.cuda()
        shares = [torch.empty_like(flat) for _ in range(world)]
        dist.all_gather(shares, flat)
        parts = folded(shares).to(same[0].device).split([tensor.numel() for tensor in same])
        torch._foreach_copy_(same, [part.view_as(tensor) for part, tensor in zip(parts, same, strict=True)])


def average_buffers_(network: nn.Module) -> None:
    """Replace the floating-point buffers of a network, such as running statistics, by their mean over all devices.

    Lightning never synchronises them in manual optimization, so they drift apart, unless they are kept equal
    (``model.shards``): then they stay as they are, to the bit.
    """
    buffers = [buffer for buffer in network.buffers() if buffer.is_floating_point()]
    _, world = rank_and_world()
    if not is_power_of_two(world):
        average_(buffers)
    elif buffers:
        sum_over_devices_(buffers)
        torch._foreach_div_(buffers, world)


def folded(terms: Sequence[Tensor]) -> Tensor:
    """The sum of terms, of which there are a power of two, as the tree adds them."""
    while len(terms) > 1:
        half = len(terms) // 2
        terms = [terms[number] + terms[number + half] for number in range(half)]
    return terms[0]
