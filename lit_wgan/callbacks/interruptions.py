"""What may end a run from outside: signals, and the death of one of its processes."""

import os
import signal
import sys
import threading
from subprocess import Popen
from types import FrameType
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher

from lit_wgan.engine.collectives import is_connection_error
from lit_wgan.engine.stopping import StopRequest

SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)


class Interruptions(Callback):
    """Takes SIGTERM, SIGUSR1 and Ctrl-C as requests to stop at the end of the update, and names a process that dies.

    Lightning's own handlers, which it replaces, communicate inside the handler and can hang.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Install the handlers; Lightning installs its own right after this, but for what is put in its place."""
        if stage != "fit" or threading.current_thread() is not threading.main_thread():
            return
        trainer._signal_connector.register_signal_handlers = lambda: None  # type: ignore[method-assign]
        # Lightning's own agreement on SIGTERM, a broadcast and a wait in every step.
        trainer.fit_loop.epoch_loop._broadcast_sigterm_tensor = lambda: None  # type: ignore[method-assign]

        def request(number: int, frame: FrameType | None) -> None:
            if number == signal.SIGINT and pl_module.stop.signal == signal.SIGINT:
                raise KeyboardInterrupt
            if number == signal.SIGINT and trainer.is_global_zero:
                # print is not safe in a handler
                os.write(2, b"\nStopping after this generator update. Press Ctrl-C again to stop at once.\n")
            pl_module.stop.signal = number

        self._handlers = {number: signal.signal(number, request) for number in SIGNALS}
        launcher = trainer.strategy.launcher
        if isinstance(launcher, _SubprocessScriptLauncher):
            for rank, process in enumerate(launcher.procs, trainer.global_rank + 1):
                arguments = (rank, process, launcher, pl_module.stop)
                threading.Thread(target=_watch, args=arguments, daemon=True).start()

    def on_exception(self, trainer: Trainer, pl_module: Any, exception: BaseException) -> None:
        """Take the loss of another process after Ctrl-C for its end at a second one.

        Two signals that arrive during one call into torch are one to Python, so this process may have missed it.
        """
        if pl_module.stop.signal == signal.SIGINT and is_connection_error(exception):
            raise KeyboardInterrupt from exception

    def teardown(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        """Give the signals back."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}


def _watch(rank: int, process: "Popen[bytes]", launcher: _SubprocessScriptLauncher, stop: StopRequest) -> None:
    """End this run if one of its processes is killed by other means than Ctrl-C.

    One that fails by itself has told its error.
    """
    status = process.wait()
    if status < 0 and signal.SIGINT not in (-status, stop.signal):
        name = signal.Signals(-status).name
        message = (
            f"lit-wgan: error: Rank {rank} was killed by {name}, so the others end. Continue with --ckpt_path last."
        )
        print(message, file=sys.stderr, flush=True)
        launcher.kill(signal.SIGKILL)
        os._exit(1)
