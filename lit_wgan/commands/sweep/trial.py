"""A trial's process: start, follow and stop it, and end one that a killed sweep left running."""

import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from lit_wgan.runs.metrics_file import read_rows

SECONDS_TO_SAVE = 30.0
"""Time between asking a trial to stop and killing it, as W&B's agent has it."""


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


def read_metric(folder: Path, metric: str) -> list[tuple[int, float]]:
    """The values of a metric in the newest run below a trial's folder, each with its generator update."""
    runs = list(folder.glob("*/version_*/metrics.csv"))
    if not runs:
        return []
    newest = max(runs, key=lambda path: int(path.parent.name.removeprefix("version_")))
    return [(step, metrics[metric]) for step, metrics in read_rows(newest) if metric in metrics]


def _end_leftover(lock: IO[str]) -> None:
    """Take a trial's lock; stop a process that a killed sweep left running, which saves before it lets go."""
    begun = time.monotonic()
    asked = False
    while not try_lock(lock):
        lock.seek(0)
        number = int(lock.read() or 0)
        if number and not asked:
            _signal(number, signal.SIGTERM)
            asked = True
        if number and time.monotonic() > begun + SECONDS_TO_SAVE:
            _signal(number, signal.SIGKILL)
        time.sleep(0.1)


def try_lock(file: IO[str]) -> bool:
    """Lock a file for as long as it, or a copy in another process, is open; False if another holds the lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
