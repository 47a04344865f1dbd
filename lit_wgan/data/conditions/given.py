"""What is common to all conditions: their tensors, and what users give for them."""

from collections.abc import Sequence
from textwrap import shorten
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.errors import UsageError

REMEDY = "Let the loader return them behind the samples (data.condition_of), or remove model.condition."
"""About batches without conditions."""


def as_tuple(condition: Condition) -> tuple[Tensor, ...]:
    """The tensors that a condition consists of."""
    return condition if isinstance(condition, tuple) else (condition,)


def first_part(condition: Condition) -> Tensor:
    """The first tensor of a condition, whose rows are counted like those of all."""
    return as_tuple(condition)[0]


def told_to(
    condition: Condition, device: torch.device | str | None, dtype: torch.dtype | str | None = None
) -> Condition:
    """The same on a device and, if they are floats and not class numbers, of a type, that of the networks."""

    def told(part: Tensor) -> Tensor:
        return part.to(device, cast(torch.dtype, dtype) if part.is_floating_point() and dtype else part.dtype)

    return cast(Condition, map_condition(told, condition))


def one_tensor(given: Any, expected: str) -> Tensor:
    """What a batch gave as a condition, if that is a tensor.

    Raises:
        UsageError: that begins with what was ``expected``, for none, several, or none that is a tensor.
    """
    if isinstance(given, Tensor):
        return given
    if given is None:
        raise UsageError(f"{expected}, but got none. {REMEDY}")
    if isinstance(given, tuple):
        raise UsageError(
            f"{expected}, but got {len(given)} tensors behind the samples. Let the loader join them to one, or give "
            "lit_wgan.SeveralConditions."
        )
    raise UsageError(f"{expected}, but got {type(given).__name__}s. Let the loader return a tensor.")


def as_tensor(value: Any) -> Tensor | None:
    """A tensor of what a user gave: numbers, lists of them, arrays; None where that is no such thing."""
    if isinstance(value, str) or value is None:
        return None
    try:
        tensor = torch.as_tensor(value if isinstance(value, Tensor) else np.asarray(value))
    except (TypeError, ValueError, RuntimeError):
        return None
    return None if tensor.is_complex() or tensor.dtype == torch.bool else tensor


def in_words(value: Any) -> str:
    """A value in a message: small ones as they are, others by type and shape."""
    tensor = as_tensor(value)
    if tensor is None or tensor.numel() <= 4:
        return shorten(repr(value.tolist() if isinstance(value, Tensor) else value), 80, placeholder=" ...")
    return f"{tensor.dtype} of shape {tuple(tensor.shape)}"


def shapes_in_words(tensors: Sequence[Tensor]) -> str:
    """Types and shapes, as in ``torch.int64 of shape (8,)``."""
    return " and ".join(f"{tensor.dtype} of shape {tuple(tensor.shape)}" for tensor in tensors)


def shape_in_words(shape: Sequence[int]) -> str:
    """The shape of many such, as in ``(N, 2)``."""
    return f"({', '.join(map(str, ('N', *shape)))}{'' if shape else ','})"


def conditions_in_words(condition: Condition) -> str:
    """Shapes, and of class numbers the largest."""
    return ", ".join(
        shape_in_words(part.shape[1:]) + ("" if part.is_floating_point() else f" of whole numbers up to {part.max()}")
        for part in as_tuple(condition)
    )
