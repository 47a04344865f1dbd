"""Whether what an optimizer was restored with is what it works with; torch takes anything and fails when it steps."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

LIKE_WEIGHTS = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer", "square_avg", "grad_avg", "sum"}
"""Parts of the states of torch's optimizers that have the shape of the weight."""


def use_switches_(optimizer: Optimizer, configured: Sequence[Mapping[str, Any]]) -> None:
    """Give a restored optimizer the switches it was configured with, such as ``fused``, which no training moves."""
    for group, options in zip(optimizer.param_groups, configured, strict=True):
        group |= {name: value for name, value in options.items() if value is None or isinstance(value, bool)}


def find_fault(optimizer: Optimizer, configured: Sequence[Mapping[str, Any]]) -> str | None:
    """What, in words, an optimizer cannot work with since it was restored; None if there is nothing.

    Args:
        optimizer: restored; of those that are not torch's, nothing is known.
        configured: the options of its parameter groups before it was restored.
    """
    if not type(optimizer).__module__.startswith("torch.optim.") or type(optimizer).__name__ == "Adafactor":
        return None
    for group, options in zip(optimizer.param_groups, configured, strict=True):
        for name, value in options.items():
            if name not in group:
                return f"{name} is missing among the options of {type(optimizer).__name__}"
            if not _is_alike(group[name], value):
                return f"the option {name} of {type(optimizer).__name__} is {str(group[name])[:40]!r}"
    names = set().union(*(state.keys() for state in optimizer.state.values() if isinstance(state, dict)))
    for weight, state in optimizer.state.items():
        if not isinstance(state, dict) or (state and state.keys() != names):
            return f"the state of {type(optimizer).__name__} lacks a part for a weight"
        for name, value in state.items():
            unset = value is None and name == "momentum_buffer"
            if name in LIKE_WEIGHTS and not (unset or _has_shape_of(weight, value)):
                return f"{name} of {type(optimizer).__name__} has not the shape of its weight"
            if name == "step" and not (_is_number(value) or (isinstance(value, Tensor) and value.numel() == 1)):
                return f"step of {type(optimizer).__name__} is no number"
    return None


def _is_alike(value: Any, example: Any) -> bool:
    """Whether an option is of a kind with the one configured; switches may also be None, which lets torch choose."""
    if example is None or isinstance(example, bool):
        return value is None or isinstance(value, bool) or (example is None and not isinstance(value, str | dict))
    if _is_number(example) or isinstance(example, Tensor):
        return _is_number(value) or isinstance(value, Tensor)
    if isinstance(example, tuple | list):
        same_length = isinstance(value, tuple | list) and len(value) == len(example)
        return same_length and all(map(_is_alike, value, example))
    return isinstance(value, type(example))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _has_shape_of(weight: Any, value: Any) -> bool:
    return isinstance(weight, Tensor) and isinstance(value, Tensor) and value.shape == weight.shape
