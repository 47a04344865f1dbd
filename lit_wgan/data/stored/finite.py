"""A check of all numbers of an array."""

import numpy as np

from lit_wgan.data.stored.base import StoredArray
from lit_wgan.errors import UsageError


def check_finite(array: StoredArray) -> None:
    """Raise a UsageError that names the first row and the place in it whose number is infinite or none."""
    first = 0
    for rows in array.chunks():
        wrong = np.argwhere(~np.isfinite(rows)) if rows.dtype.kind == "f" else np.empty((0, rows.ndim), dtype=int)
        if len(wrong):
            row, *place = wrong[0].tolist()
            at = f", place {place[0] if len(place) == 1 else tuple(place)}" if place else ""
            raise UsageError(
                f"Expected {array.name} to hold finite numbers alone, but got {rows[tuple(wrong[0])]} in row "
                f"{first + row}{at}. Leave such rows out, or fill them."
            )
        first += len(rows)
