"""Sizes of networks that follow from the data: ``auto`` in a configuration."""

from collections.abc import Sequence
from typing import Any, Literal

from lit_wgan.errors import UsageError

Auto = Literal["auto"]
"""In place of a size: ``lit-wgan fit`` takes it from the data before it makes the networks."""


def check_known(**sizes: Any) -> None:
    """Raise a UsageError for the first of the named sizes that is ``auto`` still."""
    for name, size in sizes.items():
        if isinstance(size, str):
            raise UsageError(
                f"Expected {name} as a number or numbers, but got {size}. lit-wgan fit alone fills in auto, from data "
                "that know their sizes, such as ArrayData; else give the size itself."
            )


def known(**sizes: int | Auto) -> list[int]:
    """The named sizes in their order, none of which is ``auto``; else as :func:`check_known`."""
    check_known(**sizes)
    return [int(size) for size in sizes.values()]


def known_shape(name: str, shape: int | Sequence[int] | Auto) -> tuple[int, ...]:
    """The named shape, a number being one axis; for ``auto`` as :func:`check_known`."""
    check_known(**{name: shape})
    return (shape,) if isinstance(shape, int) else tuple(int(size) for size in shape)
