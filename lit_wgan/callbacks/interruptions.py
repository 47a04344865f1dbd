"""Interruptions from outside: signals, and the death of one of a run's processes."""

import os
import signal
import sys
import threading
from subprocess import Popen
from types import FrameType
from typing import Any

from lightning.pytorch import Callback, Trainer

from lit_wgan.engine.collectives import is_connection_error
from lit_wgan.engine.internals import child_processes, disable_signal_handling
from lit_wgan.engine.stopping import StopRequest

SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)


class Interruptions(Callback):
    """Stops a run at the end of the update after SIGTERM, SIGUSR1 or Ctrl-C, and names a process of it that dies.

    Lightning's own handlers, which it replaces, communicate inside the handler and can hang.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Install the handlers, and watch the processes that this one has started."""
        if stage != "fit" or threading.current_thread() is not threading.main_thread():
            return
        disable_signal_handling(trainer)

        def request(number: int, frame: FrameType | None) -> None:
            if number == signal.SIGINT and pl_module.stop.signal == signal.SIGINT:
                raise KeyboardInterrupt
            if number == signal.SIGINT and trainer.is_global_zero:
                # print is not safe in a handler
                os.write(2, b"\nStopping after this generator update. Press Ctrl-C again to stop at once.\n")
            pl_module.stop.signal = number

        self._handlers = {number: signal.signal(number, request) for number in SIGNALS}
        processes = child_processes(trainer)
        for number, process in enumerate(processes):
            arguments = (trainer.global_rank + 1 + number, process, processes, pl_module.stop)
            threading.Thread(target=_watch, args=arguments, daemon=True).start()

    def on_exception(self, trainer: Trainer, pl_module: Any, exception: BaseException) -> None:
        """Treat the loss of another process after Ctrl-C as a second Ctrl-C.

        Two signals that arrive during one call into torch are one to Python, so this process may have missed it.
        """
        if pl_module.stop.signal == signal.SIGINT and is_connection_error(exception):
            raise KeyboardInterrupt from exception

    def teardown(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Restore the handlers that were there before."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}


def _watch(rank: int, process: "Popen[bytes]", processes: "list[Popen[bytes]]", stop: StopRequest) -> None:
    """Wait for a process to end, and end the whole run if it was killed by another signal than Ctrl-C's.

    A process that fails by itself has reported its error.
    """
    status = process.wait()
    if status < 0 and signal.SIGINT not in (-status, stop.signal):
        name = signal.Signals(-status).name
        message = (
            f"lit-wgan: error: Rank {rank} was killed by {name}, so the others end. Continue with --ckpt_path last."
        )
        print(message, file=sys.stderr, flush=True)
        for each in processes:
            each.kill()
        os._exit(1)
