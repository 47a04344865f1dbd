"""A trial's process: start, follow and stop it, and end one that a killed sweep left running."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from lit_wgan.engine.files import try_lock
from lit_wgan.engine.locks import lock_holders
from lit_wgan.errors import UsageError
from lit_wgan.runs.directories import refuse_links, versions
from lit_wgan.runs.metrics_rows import read_rows

SECONDS_TO_SAVE = 30.0
"""Time between asking a trial to stop and killing it, as W&B's agent has it."""
SECONDS_TO_LOOK = 2.0
"""Time after which a lock whose holder is not found is an error."""


class HeldElsewhereError(UsageError):
    """The lock of a trial is held by a process that this one may not look at, on another machine perhaps."""


class TrialProcess:
    """A process group that trains in a folder of its own and holds a lock on it as long as it lives.

    Args:
        folder: of the trial: ``log.txt``, ``process`` with the lock and the process's number, and the run.
        command: to run.
        environment: of the process.
    """

    def __init__(self, folder: Path, command: list[str], environment: dict[str, str]):
        self.folder = folder
        self._kill_at: float | None = None
        folder.mkdir(parents=True, exist_ok=True)
        refuse_links(folder)
        with (folder / "process").open("a+") as lock, (folder / "log.txt").open("ab") as log:
            _end_leftover(lock)
            self._log_begins = log.seek(0, os.SEEK_END)
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C at the terminal is for the sweep, which stops its trials itself
                pass_fds=[lock.fileno()],
            )
            lock.truncate(0)
            lock.write(str(self._process.pid))

    def running(self) -> bool:
        """Whether the process still runs; kills one that does not stop in time."""
        if self._kill_at is not None and time.monotonic() > self._kill_at:
            _signal(self._process.pid, signal.SIGKILL)
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask the process to write a checkpoint and end."""
        if self._kill_at is None:
            self._kill_at = time.monotonic() + SECONDS_TO_SAVE
            _signal(self._process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End the process at once."""
        _signal(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def finished(self) -> bool:
        """Whether the process, having ended, had trained to its end."""
        return self._process.returncode == 0 and "Stopped by SIG" not in self._log()

    def stopped(self) -> bool:
        """Whether the process, having ended, had been told to stop and left a checkpoint."""
        return self._process.returncode == 0 and "Stopped by SIG" in self._log()

    def error(self) -> str:
        """The last message of a process that failed."""
        if self._process.returncode < 0:
            return f"killed by {signal.Signals(-self._process.returncode).name}"
        _, plain, message = self._log().rpartition("lit-wgan: error: ")
        lines = [line.strip() for line in message.splitlines() if line.strip()]
        return " ".join(lines[:2] if plain else lines[-1:]) or f"status {self._process.returncode}"

    def evaluations(self, metric: str) -> list[tuple[int, float]]:
        """The values of a metric that the run has logged, each with its generator update."""
        return read_metric(self.folder, metric)

    def _log(self) -> str:
        with (self.folder / "log.txt").open("rb") as log:
            log.seek(self._log_begins)
            return log.read().decode(errors="replace")


@contextlib.contextmanager
def killed_at_exit(slots: Sequence[tuple[Any, TrialProcess] | None]) -> Iterator[None]:
    """Let no process outlive the block, whichever are in the slots when it ends."""
    try:
        yield
    finally:
        for held in slots:
            if held is not None:
                held[1].kill()


def read_metric(folder: Path, metric: str) -> list[tuple[int, float]]:
    """The values of a metric in the newest run below a trial's folder, each with its generator update."""
    runs: dict[int, Path] = {}
    for runs_of_a_name in filter(Path.is_dir, folder.iterdir()):
        runs |= versions(runs_of_a_name, holding="metrics.csv")
    if not runs:
        return []
    newest = runs[max(runs)] / "metrics.csv"
    return [(step, metrics[metric]) for step, metrics in read_rows(newest) if metric in metrics]


def _end_leftover(lock: IO[str]) -> None:
    """Take a trial's lock; stop a process that a killed sweep left running, which saves before it lets go.

    Raises:
        HeldElsewhereError: if the lock is held, and not by a process that this one may look at.
    """
    begun = time.monotonic()
    asked: set[int] = set()
    while not try_lock(lock):
        holders = lock_holders(lock)
        for number in holders - asked:
            _signal_holder(number, signal.SIGTERM)
        asked |= holders
        waited = time.monotonic() - begun
        if not asked and waited > SECONDS_TO_LOOK:
            raise HeldElsewhereError(
                f"Expected the trial in {Path(lock.name).parent} to be free, but a process that cannot be found here "
                "holds the lock on its file process. End it, and run the command again."
            )
        for number in holders if waited > SECONDS_TO_SAVE else ():
            _signal_holder(number, signal.SIGKILL)
        time.sleep(0.1)


def _signal_holder(number: int, which: signal.Signals) -> None:
    """Send a signal to a process and, as a trial leads a group of its own, to the other devices of its run."""
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(number) == number:
            os.killpg(number, which)
        else:
            os.kill(number, which)


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
