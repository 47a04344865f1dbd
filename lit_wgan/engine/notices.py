"""Lines for the reader of a run's log."""

from functools import cache

from lightning.pytorch.utilities import rank_zero_info


@cache
def tell_once(message: str) -> None:
    """Write a line to the log of the first process, unless it stands there already."""
    rank_zero_info(message)
