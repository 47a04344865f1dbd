"""The end of a process: within a bounded time whatever stalls, and leaving none of its own processes behind."""

import atexit
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext, suppress
from subprocess import Popen
from typing import Any, NoReturn, TypeVar

from lit_wgan.engine.signals import handling

T = TypeVar("T")

CTRL_C = 130  # the exit status of a process that Ctrl-C ended: 128 + SIGINT, as shells have it
END_SECONDS = 30.0
"""How long a process that has decided to end may wait for others: loader workers, connections, exit handlers."""
CHILD_SECONDS = 10.0
"""How long, at its exit, it waits for the processes that it has started, which end at the same time."""
WRITE_SECONDS = 2.0
"""How long the last words may take, which nobody may be reading."""

_started: "list[Popen[bytes]]" = []


def within(seconds: float, function: Callable[[], T]) -> T:
    """Return the result of a function that may never return, such as a library's call that ignores its own time limit.

    Raises:
        TimeoutError: if it takes longer; its thread is left behind.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future.result(seconds)


def tell(message: str) -> None:
    """Write a line to stderr from any thread, and give up where nobody reads it."""
    with suppress(TimeoutError, OSError):
        within(WRITE_SECONDS, lambda: os.write(2, f"{message}\n".encode()))


def end_now(status: int, message: str = "") -> NoReturn:
    """End this process and those that it has started, from any thread, without waiting for anything.

    Args:
        status: the exit status.
        message: written to stderr before, if there is one.
    """
    with suppress(Exception):
        within(WRITE_SECONDS, sys.stdout.flush)
    if message:
        tell(message)
    running: list[Any] = [
        *multiprocessing.active_children(),
        *(process for process in _started if process.poll() is None),
    ]
    # From here on no other thread runs: the main one, where it waits for one of these, would end with its own status.
    sys.setswitchinterval(END_SECONDS)
    for process in running:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    os._exit(status)


def end_after(seconds: float, end: Callable[[], int]) -> threading.Timer:
    """Unless the timer is cancelled before, end this process after so many seconds with the status that ``end`` gives.

    Args:
        seconds: the limit.
        end: called then; may write what the process would still have written.
    """
    timer = threading.Timer(seconds, lambda: end_now(end()))
    timer.daemon = True
    timer.start()
    return timer


def ends_at_ctrl_c() -> AbstractContextManager[None]:
    """Let Ctrl-C end this process at once and without a word, where there is nothing to save or to close.

    While modules are imported, an exception out of a signal may be reported as another, or ignored.
    """
    return _ends_at(signal.SIGINT, signal.getsignal(signal.SIGINT) != signal.SIG_IGN)


def ends_at_sigterm() -> AbstractContextManager[None]:
    """Let SIGTERM end this process with its loader workers, which alone would go on to the end of their minibatch."""
    return _ends_at(signal.SIGTERM, signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)


def _ends_at(number: int, wanted: bool) -> AbstractContextManager[None]:
    if not wanted or threading.current_thread() is not threading.main_thread():
        return nullcontext()
    return handling([number], lambda *_: end_now(128 + number))


def end_together(processes: "Sequence[Popen[bytes]]") -> None:
    """Let this process not leave those behind that it has started: they end at its exit, if need be by force."""
    _started.extend(processes)
    atexit.register(_end_all, processes)


def _end_all(processes: "Sequence[Popen[bytes]]") -> None:
    limit = time.monotonic() + CHILD_SECONDS
    for process in processes:
        while process.poll() is None and time.monotonic() < limit:
            time.sleep(0.05)
        process.kill()  # which does nothing to one that has ended
