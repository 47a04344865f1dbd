"""Lines for the reader of a run's log."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from subprocess import SubprocessError

from lightning.pytorch.utilities import rank_zero_info, rank_zero_warn

from lit_wgan.engine.files import writing


@cache
def tell_once(message: str) -> None:
    """Write a line to the log of the first process, unless it stands there already."""
    rank_zero_info(message)


@contextmanager
def failure_as_warning(path: Path) -> Iterator[None]:
    """Let a file that training can do without be missing, with a warning, if the block that writes it fails.

    A failure of the disk or of another program is told in one line, any other with its traceback.
    """
    try:
        with writing(path, "Training goes on without it."):
            yield
    except Exception as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError | SubprocessError):
            rank_zero_warn(f"{path} is not written. {error}")
        else:
            rank_zero_warn(f"{path} is not written, because of an error:\n{traceback.format_exc()}")
