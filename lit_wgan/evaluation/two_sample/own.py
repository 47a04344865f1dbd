"""A user's own metrics and features, by class path."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import Tensor

from lit_wgan.data.sources import named_by
from lit_wgan.engine.minibatches import Condition
from lit_wgan.errors import UsageError


def imported(path: str, option: str) -> Callable[..., Any]:
    """The function or class that a path such as ``my_package.my_module.name`` names.

    Raises:
        UsageError: if there is none, or it cannot be called.
    """
    expected = f"Expected {option} to name a function in a module of Python, but got {path}"
    found = named_by(path, expected)
    if not callable(found):
        raise UsageError(f"{expected}. Check the path.")
    return found


def name_of(function: Callable[..., Any]) -> str:
    """What a function of the user's is called in logs: its ``name``, its own name, or that of its class."""
    own = getattr(function, "name", None)
    return own if isinstance(own, str) else str(getattr(function, "__name__", type(function).__name__))


def takes_condition(function: Callable[..., Any]) -> bool:
    """Whether a function ``f(real, fake)`` has a parameter ``condition`` besides."""
    try:
        return "condition" in inspect.signature(function).parameters
    except ValueError:  # some functions in C have no signature
        return False


def own_metric(function: Callable[..., Any], real: Tensor, fake: Tensor, condition: Condition | None) -> float:
    """The number that a function of the user's gives.

    Raises:
        UsageError: if it gives anything else.
    """
    value = function(real, fake, condition=condition) if takes_condition(function) else function(real, fake)
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError) as error:  # the last for a tensor of several
        raise UsageError(
            f"Expected {name_of(function)} to return one number, but got {value!r}. Return a float."
        ) from error
