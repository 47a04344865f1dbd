"""What a dataset is before it is opened."""

from collections.abc import Callable
from typing import Any, NamedTuple

from torch.utils.data import Dataset


class Source(NamedTuple):
    """A dataset before it is opened: a JSON-able ``key`` that changes when its images do, and what opens it."""

    key: object
    open: Callable[[], Dataset[Any]]
