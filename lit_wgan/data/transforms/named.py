"""Transforms by their names, as configurations and checkpoints have them."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from lit_wgan.data.transforms.affine import MinMax, Standardise
from lit_wgan.data.transforms.base import Per, Transform
from lit_wgan.data.transforms.chain import Chain
from lit_wgan.data.transforms.log1p import Log1p
from lit_wgan.data.transforms.pixel_range import PixelRange
from lit_wgan.data.transforms.quantile import Quantile
from lit_wgan.data.transforms.table import TableTransform
from lit_wgan.data.transforms.text import TextTransform
from lit_wgan.errors import UsageError

BY_NAME: dict[str, type[Transform]] = {kind.name: kind for kind in (Standardise, MinMax, Log1p, Quantile)}
"""Those that a configuration can name."""


def make_transform(names: str | Sequence[str] | None, per: Per | None = None) -> Transform | None:
    """The transform of a name, or those of several, one after another; None for none.

    Args:
        names: any of ``standardise``, ``minmax``, ``log1p``, ``quantile``; ``none`` and None for none.
        per: see :class:`Transform`.

    Raises:
        UsageError: for unknown names.
    """
    several = [names] if isinstance(names, str) else list(names or [])
    for name in several:
        if name not in BY_NAME and name != "none":
            raise UsageError(
                f"Expected data.transform to be one of none, {', '.join(BY_NAME)}, or several of them, but got {name}. "
                "Take one of these."
            )
    steps = [BY_NAME[name](per) for name in several if name != "none"]
    return None if not steps else steps[0] if len(steps) == 1 else Chain(steps)


def restored_transform(state: Mapping[str, Any]) -> Transform:
    """The transform that gave a state.

    Raises:
        ValueError: for what is no such state.
    """
    try:
        return _restored(state)
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError, UsageError) as error:
        raise ValueError(f"it is no state of a transform ({error})") from error


def _restored(state: Mapping[str, Any]) -> Transform:
    name = state["name"]
    if name == Chain.name:
        return Chain([_restored(step) for step in state["steps"]])
    if name == TableTransform.name:
        own = state["of_numbers"]
        numbers = None if own is None else _restored(own)
        return TableTransform(state["names"], state["categories"], numbers, state["whole"])
    if name == TextTransform.name:
        return TextTransform(state["characters"], state["padding"])
    transform = PixelRange(dtype=state["dtype"]) if name == PixelRange.name else BY_NAME[name](per=state["per"])
    if not all(isinstance(each, torch.Tensor) and each.isfinite().all() for each in state["numbers"].values()):
        raise ValueError("its numbers are not finite")
    transform.fitted(**state["numbers"])
    return transform
