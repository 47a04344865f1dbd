"""What is common to all conditions: their tensors, and what users give for them."""

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from lit_wgan.engine.minibatches import Condition, map_condition

REMEDY = "Let the loader return them behind the samples (data.condition_of), or remove model.condition."
"""About batches without conditions."""


def as_tuple(condition: Condition) -> tuple[Tensor, ...]:
    """The tensors that a condition consists of."""
    return condition if isinstance(condition, tuple) else (condition,)


def first_part(condition: Condition) -> Tensor:
    """The first tensor of a condition, whose rows are counted like those of all."""
    return as_tuple(condition)[0]


def told_to(condition: Condition, device: torch.device | str | None) -> Condition:
    """The same on a device."""
    return cast(Condition, map_condition(lambda part: part.to(device), condition))


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
        return f"{value!r}"
    return f"{tensor.dtype} of shape {tuple(tensor.shape)}"
