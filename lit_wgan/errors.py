"""The errors that lit-wgan raises on purpose, and the checks that everything shares."""

import warnings
from collections.abc import Sequence
from typing import Literal

Allowed = Literal["batch_norm", "bounded_head"]
"""What is refused unless the system's ``allow`` names it."""


class UsageError(ValueError):
    """An error that its user can mend: says what was expected, what came, and what to do.

    The command shows its message alone. Every other ValueError, such as one out of a network of the user's own, keeps
    its traceback.
    """


class NonFiniteError(UsageError, FloatingPointError):
    """A loss, weight or sample that is infinite or no number: training has diverged, or the data are at fault."""


def check_positive(**values: float) -> None:
    """Raise a UsageError that names the first value not above 0."""
    for name, value in values.items():
        if not value > 0:
            raise UsageError(f"Expected {name} to be above 0, but got {value}. Set it to a positive number.")


def refuse(what: Allowed, allow: Sequence[Allowed], message: str) -> None:
    """Raise a UsageError or, where it is allowed, warn."""
    if what not in allow:
        raise UsageError(f"{message} Or add {what} to model.allow, to train all the same.")
    warnings.warn(message, stacklevel=2)
