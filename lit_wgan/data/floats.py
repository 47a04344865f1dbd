"""Stored numbers as floats."""

import torch
from torch import Tensor

WIDE = (torch.float64, torch.int64, torch.int32, torch.uint64, torch.uint32)
"""Types of which float32 does not hold every number exactly."""


def as_floats(numbers: Tensor) -> Tensor:
    """Stored numbers as floats, in float64 where float32 would not hold every one exactly."""
    return numbers.double() if numbers.dtype in WIDE else numbers.float()
