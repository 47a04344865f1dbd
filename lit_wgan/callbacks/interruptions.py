"""Interruptions from outside: signals, and the death of one of a run's processes."""

import signal
import threading
import time
from collections.abc import Callable
from subprocess import Popen
from typing import Any

from lightning.pytorch import Callback, Trainer

from lit_wgan.engine.collectives import is_connection_error
from lit_wgan.engine.ending import end_now, end_together, tell
from lit_wgan.engine.internals import child_processes, disable_signal_handling
from lit_wgan.engine.signals import SignalWatch
from lit_wgan.engine.stopping import StopRequest, stop_signals

ECHO_SECONDS = 0.5
"""Within so many seconds, a signal that comes again is the same request: ``timeout`` and others send it twice."""
OBEY_SECONDS = 60.0
"""After so many seconds, a request that is not obeyed is told what to do about that."""
FORCE: dict[int, float] = {signal.SIGTERM: ECHO_SECONDS, signal.SIGINT: 0.0}
"""The signals that end the run at once when they come a second time, at least so many seconds later."""


class Interruptions(Callback):
    """Stops a run at the end of the update after SIGTERM, SIGHUP, SIGUSR1 or Ctrl-C, and names a process that dies.

    A second SIGTERM or Ctrl-C ends the run at once, whatever it waits for. SIGHUP stays ignored under ``nohup``.
    Lightning's own handlers, which it replaces, communicate inside the handler and can hang.

    Args:
        when_failing: called with an exception that ends the run, before anything is closed.
    """

    def __init__(self, when_failing: Callable[[Trainer, BaseException], object] | None = None) -> None:
        self._when_failing = when_failing
        self._watch: SignalWatch | None = None
        self._requests: Requests | None = None

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Install the handlers, and watch the processes that this one has started."""
        if stage != "fit" or threading.current_thread() is not threading.main_thread():
            return
        disable_signal_handling(trainer)
        self._requests = Requests(pl_module.stop, trainer.global_rank)
        self._watch = SignalWatch(stop_signals(), self._requests.receive)
        processes = child_processes(trainer)
        end_together(processes)
        for number, process in enumerate(processes):
            arguments = (trainer.global_rank + 1 + number, process, pl_module.stop)
            threading.Thread(target=_watch, args=arguments, daemon=True).start()

    def on_exception(self, trainer: Trainer, pl_module: Any, exception: BaseException) -> None:
        """Treat the loss of another process after Ctrl-C as a second Ctrl-C.

        Two signals that arrive at the same moment are one to a process, so this one may have missed it.
        """
        if self._when_failing is not None:
            self._when_failing(trainer, exception)
        if pl_module.stop.signal == signal.SIGINT and is_connection_error(exception):
            raise KeyboardInterrupt from exception

    def teardown(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Restore the handlers that were there before."""
        if self._watch is not None and self._requests is not None:
            self._watch.stop()
            self._requests.forget()
        self._watch = self._requests = None


class Requests:
    """What the signals that a process receives ask of it.

    Args:
        stop: takes the request to stop at the end of the update.
        rank: of this process.
    """

    def __init__(self, stop: StopRequest, rank: int):
        self.stop = stop
        self.rank = rank
        self._received: dict[int, float] = {}
        self._reminder: threading.Timer | None = None

    def receive(self, number: int) -> None:
        """Take a first signal as a request to stop, and a second one as a request to end at once."""
        name, now = signal.Signals(number).name, time.monotonic()
        if number not in self._received:
            self._received[number] = now
            self.stop.signal = number
            self._begin(name)
        elif number in FORCE and now - self._received[number] >= FORCE[number]:
            end_now(128 + number, f"lit-wgan: Ended at once by a second {name}. Continue with --ckpt_path last.")

    def forget(self) -> None:
        """Say no more about a request that was not obeyed."""
        if self._reminder is not None:
            self._reminder.cancel()

    def _begin(self, name: str) -> None:
        if name == "SIGINT" and self.rank == 0:
            tell("\nStopping after this generator update. Press Ctrl-C again to stop at once.")
        if self._reminder is None:
            self._reminder = threading.Timer(OBEY_SECONDS, self._remind, [name])
            self._reminder.daemon = True
            self._reminder.start()

    def _remind(self, name: str) -> None:
        tell(
            f"lit-wgan: Rank {self.rank} received {name} {OBEY_SECONDS:.0f} s ago, and its generator update, or the "
            "checkpoint after it, has not ended yet. If that stalls, send a second SIGTERM, which ends the run at "
            "once; --ckpt_path last then continues from the checkpoint before."
        )


def _watch(rank: int, process: "Popen[bytes]", stop: StopRequest) -> None:
    """Wait for a process to end, and end the whole run if it was killed by another signal than Ctrl-C's.

    A process that fails by itself has reported its error.
    """
    status = process.wait()
    killed_by = -status if status < 0 else status - 128 if status == 128 + signal.SIGTERM else 0
    if killed_by and signal.SIGINT not in (killed_by, stop.signal):
        name = signal.Signals(killed_by).name
        message = (
            f"lit-wgan: error: Rank {rank} was killed by {name}, so the others end. Continue with --ckpt_path last."
        )
        end_now(1, message)
