"""Arrays whose rows take long to read in random order."""

from lit_wgan.data.stored.base import SlicedArray, StoredArray, row_bytes

QUICK_BYTES = 2**17
"""To read these takes about as long as to find them."""
COMPRESSED = 16
"""So many times longer it takes to unpack bytes than to copy them."""


def slow_reads(array: StoredArray) -> str | None:
    """What is slow about minibatches of an array's random rows and what to do, in two sentences; None if they are not.

    An array whose ``parts`` are arrays is as slow as the slowest.
    """
    for part in getattr(array, "parts", [array]):
        if why := getattr(part, "slow", None):
            gigabytes = row_bytes(array) * array.shape[0] / 1e9
            return (
                f"{part.name} {why}, which makes random rows slow to read. "
                f"Set data.copy: true to keep a copy of {gigabytes:.2g} GB in data.cache_dir and read that."
            )
    return None


def of_chunks(array: SlicedArray, rows: int, compressed: bool) -> str | None:
    """Why an array is slow of whose chunks each holds some rows, of which all are read for one; None if it is not."""
    if rows * row_bytes(array) * (COMPRESSED if compressed else 1) <= QUICK_BYTES:
        return None
    return f"is kept in {'compressed ' * compressed}chunks of {rows} rows"
