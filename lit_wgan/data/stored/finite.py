"""Checks the numbers of arrays."""

import numpy as np

from lit_wgan.data.stored.base import StoredArray
from lit_wgan.errors import UsageError


def check_finite(array: StoredArray) -> None:
    """Read all of an array, and of each of its ``parts`` if it has any, and refuse NaN and infinite numbers.

    Raises:
        UsageError: names the first such number's file, row and place in the row, all counted from 0.
    """
    if array.dtype.kind != "f":
        return
    for part in getattr(array, "parts", [array]):
        before = 0
        for rows in part.chunks():
            finite = np.isfinite(rows)
            if not finite.all():
                row, *place = (int(each) for each in np.unravel_index(finite.argmin(), rows.shape))
                where = "" if not place else f", column {place[0]}" if len(place) == 1 else f", place {tuple(place)}"
                raise UsageError(
                    f"Expected finite numbers, but got {rows[row][tuple(place)]} in row {before + row}{where} of "
                    f"{part.name} (counted from 0). Leave such rows out, or fill in what is missing."
                )
            before += len(rows)
