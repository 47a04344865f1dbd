"""Signals: handled for a while, or heard at once, even while the main thread is inside a library."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_watching: "set[SignalWatch]" = set()


@contextmanager
def handling(numbers: Iterable[int], handler: Any) -> Iterator[None]:
    """Handle signals in the block, which the main thread must run, and then as before.

    Args:
        numbers: of the signals.
        handler: a function of a signal's number and the frame that it interrupts, or what else Python takes for one.
    """
    before: dict[int, Any] = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


class SignalWatch:
    """Calls a function for each signal that this process receives, in a thread of its own.

    Python calls a signal's handler between two steps of the main thread, and a collective that waits for a frozen
    process is one step. But the signal's number is written to a socket at once, and a thread can read it there.

    Args:
        numbers: of the signals, whose handlers this replaces.
        function: called with the number of each.
    """

    def __init__(self, numbers: Iterable[int], function: Callable[[int], object]):
        self._function = function
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._handlers: dict[int, Any] = {number: signal.signal(number, _do_nothing) for number in numbers}
        self._former_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        _watching.add(self)

    def stop(self) -> None:
        """Restore the handlers that were there before; like the construction, in the main thread."""
        _watching.discard(self)
        signal.set_wakeup_fd(self._former_fd)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._writer.shutdown(socket.SHUT_WR)  # ends the thread, also where a forked process holds the socket
        self._writer.close()
        self._thread.join()
        self._reader.close()

    def _read(self) -> None:
        while received := self._reader.recv(64):
            for number in received:
                if number in self._handlers:  # the socket hears of other signals too
                    self._function(number)


def stop_watching() -> None:
    """Stop every watch, such as one that a run left that failed before its end; in the main thread."""
    for watch in list(_watching):
        watch.stop()


def _do_nothing(*_: object) -> None:
    """A handler, which Python needs before it writes a signal's number to the socket."""


def _stop_in_fork() -> None:
    # A forked process, such as a loader worker, would report its own signals to this one.
    if _watching:
        signal.set_wakeup_fd(-1)


os.register_at_fork(after_in_child=_stop_in_fork)
