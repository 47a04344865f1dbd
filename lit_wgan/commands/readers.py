"""Output that nobody reads any more, such as ``| head -1`` or a terminal that was closed: dropped, and work goes on."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

GONE = (errno.EPIPE, errno.EIO)


class Droppable:
    """A text stream that goes nowhere once its reader is gone.

    Args:
        stream: the stream; it must have a descriptor where writing to it can fail.
    """

    def __init__(self, stream: Any):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text, or drop it."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write lines, or drop them."""
        self._try(lambda: self._stream.writelines(lines))

    def flush(self) -> None:
        """Flush what was written, or drop it."""
        self._try(self._stream.flush)

    def _try(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            if error.errno not in GONE:
                raise
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())  # for what is still in buffers, and what other code writes
            os.close(nowhere)


@contextmanager
def drop_unread_output() -> Iterator[None]:
    """Let a reader of stdout or stderr that goes away end nothing."""
    given = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(Droppable, given)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = given
