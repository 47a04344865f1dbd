"""Histograms of tensors."""

from typing import Any

import torch
from torch import Tensor


def histogram(values: Tensor, bins: int = 64) -> tuple[Any, Any]:
    """Counts and edges of the finite entries of a tensor, as NumPy arrays of ``bins`` and ``bins + 1`` numbers."""
    values = values.detach().flatten().cpu()
    values = values[values.isfinite()].double()
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return torch.histc(values, bins, low, high).numpy(), torch.linspace(low, high, bins + 1).double().numpy()
