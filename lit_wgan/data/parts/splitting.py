"""Which samples are held out."""

import numpy as np
import numpy.typing as npt

from lit_wgan.data.held_out import part_indices
from lit_wgan.data.parts.column import Column, number_of_each
from lit_wgan.errors import UsageError


def rows_by_share(column: Column, share: float, groups: Column | None) -> npt.NDArray[np.int64]:
    """The rows of a share of the samples, by a fixed permutation of them or of their groups.

    Args:
        column: of samples.
        share: between 0 and 1; at least one sample, or group, is held out.
        groups: one number for each sample; those of one group are held out together.

    Raises:
        UsageError: for other shares, and for less than two samples or groups.
    """
    if not 0 < share < 1:
        raise UsageError(
            f"Expected data.held_out as a share above 0 and below 1, but got {share:g}. Take 0.1, or name files of "
            "samples to hold out."
        )
    if groups is None:
        if len(column) < 2:
            raise UsageError(f"Expected at least 2 samples, one of them to hold out, but got {len(column)}.")
        return np.array(part_indices(len(column), round(share * len(column)), train=False))
    names, of_row = np.unique(number_of_each(groups), return_inverse=True)
    if len(names) < 2:
        raise UsageError(
            f"Expected data.groups to tell at least 2 groups, one of them to hold out, but all samples are of group "
            f"{names[0]}. Leave it out."
        )
    order = np.random.RandomState(0).permutation(len(names))
    sizes = np.bincount(of_row)[order].cumsum()
    taken = order[: min(1 + int(np.searchsorted(sizes, share * len(column))), len(names) - 1)]
    return np.flatnonzero(np.isin(of_row, taken))


def rows_by_mark(column: Column, marks: Column) -> npt.NDArray[np.int64]:
    """The rows that are marked with 1.

    Raises:
        UsageError: for other marks than 0 and 1, and where all or none are held out.
    """
    values = number_of_each(marks)
    known = np.unique(values)
    if not set(known.tolist()) == {0, 1}:
        raise UsageError(
            f"Expected {marks.array.name} to be 1 for the samples to hold out and 0 for those to train on, some of "
            f"each, but got {', '.join(f'{value:g}' for value in known[:5])}. Change it, or give a share, such as 0.1."
        )
    return np.flatnonzero(values)
