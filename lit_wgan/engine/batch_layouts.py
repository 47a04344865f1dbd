"""Batches of loaders that are not the package's own: where the samples are, and what the networks are told of them."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lit_wgan.errors import UsageError

SAMPLE_KEYS = ("x", "real", "image", "img", "images", "pixel_values", "sample", "samples", "data")
"""Names under which a mapping may hold samples."""
CONDITION_KEYS = ("c", "condition", "y", "label", "labels", "target", "targets", "class")
"""Names under which a mapping may hold the condition of each sample."""


def parts_of(batch: Any) -> tuple[Tensor, Any]:
    """The samples ``(m, ...)`` of a loader's batch, and what it gives as their condition; None for nothing.

    Args:
        batch: a tensor; a tuple or list ``(x, c)``, or ``(x, c1, c2)`` for a condition of several tensors; or a mapping
            with one of ``SAMPLE_KEYS`` and, for a condition, one of ``CONDITION_KEYS``.

    Raises:
        UsageError: for anything else.
    """
    real, condition = _found(batch)
    if not isinstance(real, Tensor) or real.ndim < 1:
        raise UsageError(
            "Expected a batch that is a tensor (m, ...), a tuple whose first element is one, or a mapping that holds "
            f"one, but got {type(real).__name__}. Let the loader's collate_fn return the samples first."
        )
    several = isinstance(condition, list) and all(isinstance(part, Tensor) for part in condition)
    return real, tuple(condition) if several else condition  # loaders make lists of tuples


def _found(batch: Any) -> tuple[Any, Any]:
    if isinstance(batch, Mapping):
        return _of_mapping(batch)
    if not isinstance(batch, (tuple, list)) or not batch:
        return batch, None
    real, *conditions = batch
    return real, (conditions[0] if len(conditions) == 1 else tuple(conditions) or None)


def _of_mapping(batch: Mapping[Any, Any]) -> tuple[Any, Any]:
    samples = [key for key in batch if key in SAMPLE_KEYS]
    conditions = [key for key in batch if key in CONDITION_KEYS]
    if len(samples) != 1 or len(conditions) > 1 or len(batch) > len(samples) + len(conditions):
        raise UsageError(
            f"Expected a batch with samples under one of the keys {', '.join(SAMPLE_KEYS)} and, if there are any, "
            f"conditions under one of {', '.join(CONDITION_KEYS)}, but got the keys "
            f"{', '.join(map(str, batch)) or '(none)'}. Rename them or leave out the others in the loader's collate_fn,"
            " or let it return a tuple (samples, condition)."
        )
    return batch[samples[0]], batch[conditions[0]] if conditions else None
