"""A signal that asks a command to stop the processes that it has started."""

import contextlib
import os
from collections.abc import Iterator
from types import FrameType

from lit_wgan.engine.signals import handling
from lit_wgan.engine.stopping import stop_signals


class Interruption:
    """Takes the signals that stop a run as requests to stop the processes, and a second one as one to stop at once.

    Args:
        what: is stopped, such as ``trials``.
    """

    def __init__(self, what: str):
        self.what = what
        self.signal = 0
        """The signal that asked to stop, or 0."""

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Hear signals in the block.

        Raises:
            KeyboardInterrupt: at the second one.
        """

        def request(number: int, frame: FrameType | None) -> None:
            if self.signal:
                raise KeyboardInterrupt
            self.signal = number
            with contextlib.suppress(OSError):  # of a terminal that was closed
                # print is not safe here
                os.write(2, f"\nStopping the {self.what}, which save. Once more to stop at once.\n".encode())

        with handling(stop_signals(), request):
            yield
