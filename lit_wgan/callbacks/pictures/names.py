"""Conditions in a few characters."""

from torch import Tensor

from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.engine.minibatches import Condition

MOST_NUMBERS = 3
"""Of one condition, as labels show them."""


def short_names(conditions: Condition) -> list[str]:
    """Each condition in a few characters: a class as ``3``, numbers as ``0.25, -1``; nothing for what is longer."""
    parts = [part.flatten(1) if part.ndim > 1 else part[:, None] for part in as_tuple(conditions)]
    shown = [part for part in parts if part.shape[1] <= MOST_NUMBERS]
    digits = 3 if sum(part.shape[1] for part in shown) == 1 else 2
    return [", ".join(_short(number, digits) for part in shown for number in part[row]) for row in range(len(parts[0]))]


def are_short(conditions: Condition) -> bool:
    """Whether a condition is told in full by its name: it is a class, or a few numbers."""
    return all(part[0].numel() <= MOST_NUMBERS for part in as_tuple(conditions))


def _short(number: Tensor, digits: int) -> str:
    return f"{number.item():.{digits}g}" if number.is_floating_point() else str(number.item())
