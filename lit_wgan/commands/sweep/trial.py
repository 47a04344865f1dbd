"""A trial's process: started, followed, stopped, and found again when the sweep that started it was killed."""

import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from lit_wgan.runs.metrics_file import read_rows

SECONDS_TO_SAVE = 30.0
"""Between asking a trial to stop and killing it, as with W&B's agent."""


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
        """Whether it still runs. One that was asked to stop and does not is killed."""
        if self._kill_at is not None and time.monotonic() > self._kill_at:
            _signal(self._process.pid, signal.SIGKILL)
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask it to write a checkpoint and end."""
        if self._kill_at is None:
            self._kill_at = time.monotonic() + SECONDS_TO_SAVE
            _signal(self._process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        _signal(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def finished(self) -> bool:
        """Whether, having ended, it did all that it was to do."""
        return self._process.returncode == 0 and "Stopped by SIG" not in self._log()

    def stopped(self) -> bool:
        """Whether, having ended, it was told to stop and left a checkpoint."""
        return self._process.returncode == 0 and "Stopped by SIG" in self._log()

    def error(self) -> str:
        """The last thing it said of why it failed."""
        if self._process.returncode < 0:
            return f"killed by {signal.Signals(-self._process.returncode).name}"
        _, plain, message = self._log().rpartition("lit-wgan: error: ")
        lines = [line.strip() for line in message.splitlines() if line.strip()]
        return " ".join(lines[:2] if plain else lines[-1:]) or f"status {self._process.returncode}"

    def evaluations(self, metric: str) -> list[tuple[int, float]]:
        """The values of a figure that the run has logged, each with its generator update."""
        return read_figure(self.folder, metric)

    def _log(self) -> str:
        with (self.folder / "log.txt").open("rb") as log:
            log.seek(self._log_begins)
            return log.read().decode(errors="replace")


def read_figure(folder: Path, metric: str) -> list[tuple[int, float]]:
    """The values of a figure in the newest run below a trial's folder, each with its generator update."""
    runs = list(folder.glob("*/version_*/metrics.csv"))
    if not runs:
        return []
    newest = max(runs, key=lambda path: int(path.parent.name.removeprefix("version_")))
    return [(step, figures[metric]) for step, figures in read_rows(newest) if metric in figures]


def _end_leftover(lock: IO[str]) -> None:
    """Take a trial's lock; from a process that a killed sweep left behind, after it has written its checkpoint."""
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
