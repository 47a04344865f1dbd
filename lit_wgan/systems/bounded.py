"""Whether a critic's scores are bounded, found out from what computed them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.autograd.graph import Node

from lit_wgan.engine.internals import clamp_bounds

SQUASHING = (nn.Sigmoid, nn.LogSigmoid, nn.Hardsigmoid, nn.Tanh, nn.Hardtanh, nn.Softmax, nn.LogSoftmax, nn.Softsign)
BOUNDED = {"Sigmoid", "LogSigmoid", "Hardsigmoid", "Tanh", "Hardtanh", "Softmax", "LogSoftmax"}
BOUNDED |= {"Erf", "Sin", "Cos", "Atan"}
PASSED_ON = {"Alias", "Clone", "Mean", "Neg", "Permute", "ReshapeAlias", "Select", "Slice", "Squeeze", "Sum", "T"}
PASSED_ON |= {"ToCopy", "Transpose", "Unsqueeze", "UnsafeView", "View"}
"""Operations that leave bounded what is bounded, by the names of their gradients."""
WITH_CONSTANTS = {"Add", "Div", "Mul", "Rsub", "Sub"}
"""These do so as well where their other operand is a constant."""


@contextmanager
def record_squashing(network: nn.Module) -> Iterator[dict[Node | None, str]]:
    """Note which operations are the last of a squashing layer, and the class of that layer."""
    last: dict[Node | None, str] = {}

    def note(layer: nn.Module, inputs: Any, output: Any) -> None:
        last[output.grad_fn] = type(layer).__name__

    handles = [layer.register_forward_hook(note) for layer in network.modules() if isinstance(layer, SQUASHING)]
    try:
        yield last
    finally:
        for handle in handles:
            handle.remove()


def find_bound(scores: Tensor, squashing: dict[Node | None, str]) -> str | None:
    """The layer or operation that bounds scores, such as ``Sigmoid``; None where nothing is known to.

    Only changes of shape, sums, means, and arithmetic with constants may follow it.

    Args:
        scores: with the graph that computed them.
        squashing: of :func:`record_squashing`.
    """
    node = scores.grad_fn
    while node is not None:
        if node in squashing:
            return squashing[node]
        operation = re.sub(r"Backward\d*$", "", node.name())
        if operation in BOUNDED or (operation == "Clamp" and None not in clamp_bounds(node)):
            return operation
        node = _passed_on(node, operation)
    return None


def _passed_on(node: Node, operation: str) -> Node | None:
    """What computed the values that an operation leaves bounded if they are; None if it may lift a bound."""
    operands = [operand for operand, _ in node.next_functions if operand is not None]
    if operation in PASSED_ON or (operation in WITH_CONSTANTS and len(operands) == 1):
        return operands[0]
    return None
