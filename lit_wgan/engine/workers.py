"""Loader workers: shared memory that is full, and workers that die or stall, end a run in one line."""

import re

from torch import Tensor

from lit_wgan.errors import UsageError

WORKER_SECONDS = 600.0
"""How long a batch from the loader workers may take, in which even a slow disk has answered."""


def share_(batch: Tensor) -> Tensor:
    """Move a worker's batch into shared memory, through which the run receives it.

    Torch would do so in a thread whose error nobody sees, so that the run would wait for ever.

    Raises:
        UsageError: if there is too little.
    """
    try:
        return batch.share_memory_()
    except RuntimeError as error:
        raise UsageError(
            f"Expected {batch.nbytes} bytes of shared memory for a batch of a loader worker, but got: {error}. "
            "Give more, in Docker with --shm-size 2g or shm_size, or set data.num_workers to 0."
        ) from error


def worker_error(error: BaseException) -> UsageError | None:
    """The error of use for one with which torch tells of a worker that stalls or died; None for any other error."""
    message = str(error).partition("\n")[0]
    if type(error) is not RuntimeError or not message.startswith("DataLoader "):
        return None
    if "timed out" in message:
        return UsageError(
            f"Expected a batch from the loader workers within {WORKER_SECONDS:.0f} s, but got none. See whether one is "
            "frozen or waits for a disk or network, or set data.num_workers to 0."
        )
    killed = re.search(r"killed by signal: [\w ]+", f"{error} {error.__cause__}")
    how = f"was {killed[0]}" if killed else "ended"
    return UsageError(
        f"Expected loader workers that live as long as the run, but got one that {how}. Where memory is short, set "
        "data.num_workers to less, or 0; in Docker, give shared memory with --shm-size 2g."
    )
