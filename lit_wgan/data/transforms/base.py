"""The interface of a transform."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Literal, get_args

import torch
from torch import Tensor

from lit_wgan.errors import UsageError

Per = Literal["whole", "first_axis", "last_axis"]
"""What has statistics of its own: all numbers together, or each entry of an axis of a sample."""

Chunks = Callable[[], Iterable[Tensor]]
"""Gives all training samples anew at each call, a few ``(n, ...)`` at a time, float64."""


class Transform:
    """An invertible map of samples ``(N, ...)`` from the data's own units to those of the networks.

    It is fitted on the training samples once, and kept in checkpoints, so that samples come out in the data's own
    units without the data at hand.

    Args:
        per: what has statistics of its own: all numbers of a sample together (``whole``), or each entry of its
            ``first_axis``, such as the channels of ``(C, H, W)``, or its ``last_axis``, such as those of ``(T, C)`` or
            the columns of a table. None for the columns of vectors ``(d,)``, else the whole.

    Raises:
        UsageError: for an unknown ``per``.
    """

    name: ClassVar[str]
    """By which configurations and checkpoints know it."""

    def __init__(self, per: Per | None = None):
        if per is not None and per not in get_args(Per):
            raise UsageError(f"Expected data.per to be one of {', '.join(get_args(Per))}, but got {per}. Take one.")
        self.per = per
        self.numbers: dict[str, Tensor] = {}
        """What was fitted, float64, on the CPU."""
        self._on: dict[tuple[str, torch.device], Tensor] = {}

    # What a subclass supplies.

    def fit(self, chunks: Chunks, count: int) -> None:
        """Take what the map depends on from the training samples.

        Args:
            chunks: gives the samples.
            count: how many there are.

        Raises:
            UsageError: for samples that the map cannot take.
        """
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Samples ``(N, ...)`` in the networks' units."""
        raise NotImplementedError

    def inverse(self, x: Tensor) -> Tensor:
        """Samples ``(N, ...)`` in the data's own units."""
        raise NotImplementedError

    # In checkpoints.

    def kind(self) -> list[Any]:
        """What the transform was asked to be, in plain types: two of one kind differ in fitted numbers alone."""
        return [self.name, self.per]

    def in_words(self) -> str:
        """The same for messages."""
        return self.name if self.per is None else f"{self.name} per {self.per}"

    def state(self) -> dict[str, Any]:
        """All that :func:`~lit_wgan.data.transforms.named.restored_transform` needs to make it again."""
        return {"name": self.name, "per": self.per, "numbers": dict(self.numbers)}

    def network_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of one sample as networks see it, of one of ``shape`` in the data."""
        return tuple(shape)

    # For subclasses.

    def number(self, name: str, like: Tensor) -> Tensor:
        """A fitted tensor in the type and on the device of some samples."""
        key = (name, like.device)
        if key not in self._on:
            self._on[key] = self.numbers[name].to(like.device)
        return self._on[key].to(like.dtype)

    def fitted(self, **numbers: Tensor) -> None:
        """Keep what was fitted."""
        self.numbers = numbers
        self._on = {}

    def axes(self, ndim: int) -> tuple[int, ...]:
        """The axes of samples ``(N, ...)`` of so many axes over which statistics go."""
        per = self.per or ("last_axis" if ndim == 2 else "whole")
        kept = {"whole": (), "first_axis": (1,), "last_axis": (ndim - 1,)}[per]
        return tuple(axis for axis in range(ndim) if axis not in kept)
