"""Names that must be one of several, and which was meant."""

import difflib
from collections.abc import Collection


def check_choice(what: str, value: object, choices: Collection[str]) -> None:
    """Raise a ValueError if a value is none of the choices.

    Args:
        what: it is the value of.
        value: as given.
        choices: the valid ones.
    """
    if value not in choices:
        raise ValueError(
            f"Expected {what} to be one of {', '.join(choices)}, but got {value}. {remedy(value, choices)}"
        )


def remedy(value: object, choices: Collection[str]) -> str:
    """What to do about a value that is none of the choices."""
    near = difflib.get_close_matches(str(value), choices, n=1)
    return f"Did you mean {near[0]}?" if near else "Take one of them."
