"""A dataset before it is opened, and the split into images to train on and images held out."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from torch.utils.data import Dataset

from lit_wgan.errors import UsageError


class Source(NamedTuple):
    """A dataset before it is opened: a JSON-able ``key`` that changes when its images do, and what opens it."""

    key: object
    open: Callable[[], Dataset[Any]]


def part_indices(count: int, held_out: int, train: bool) -> list[int]:
    """Indices of one part of ``count`` images, by a fixed permutation and in rising order; at least one is held out."""
    if count < 2:
        raise UsageError(
            f"Expected data.dataset to hold at least 2 images, one of them to hold out, but got {count}. Add images."
        )
    # RandomState, because numpy keeps its stream the same for ever (NEP 19), unlike that of newer generators.
    order = np.random.RandomState(0).permutation(count)
    split = count - max(1, held_out)
    return sorted((order[:split] if train else order[split:]).tolist())
