"""Check a value against its choices, and suggest the nearest."""

import difflib
from collections.abc import Collection

from lit_wgan.errors import UsageError


def check_choice(what: str, value: object, choices: Collection[str]) -> None:
    """Raise a UsageError if a value is none of the choices.

    Args:
        what: the value is of, as messages tell it.
        value: as given.
        choices: the valid ones.
    """
    if value not in choices:
        raise UsageError(
            f"Expected {what} to be one of {', '.join(choices)}, but got {value}. {remedy(value, choices)}"
        )


def remedy(value: object, choices: Collection[str]) -> str:
    """The sentence on what to do about a value that is none of the choices."""
    near = difflib.get_close_matches(str(value), choices, n=1)
    return f"Did you mean {near[0]}?" if near else "Take one of them."
