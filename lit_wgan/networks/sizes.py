"""Sizes of networks that follow from the data: ``auto`` in a configuration."""

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
