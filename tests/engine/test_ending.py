import signal
import subprocess
import sys
import threading
import time

import pytest

from lit_wgan.engine import ending
from lit_wgan.engine.ending import end_after, ends_at_ctrl_c, tell, within


def test_a_function_in_time_gives_its_result_or_its_error():
    assert within(600, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        within(600, lambda: 1 / 0)


def test_a_function_that_never_returns_is_left_behind():
    with pytest.raises(TimeoutError):
        within(0.01, threading.Event().wait)


def test_a_limit_that_is_lifted_ends_nothing(monkeypatch):
    statuses = []
    monkeypatch.setattr(ending.os, "_exit", statuses.append)
    timer = end_after(600, lambda: 3)
    timer.cancel()
    timer.join()
    assert not statuses


def test_a_line_that_nobody_reads_is_given_up(monkeypatch):
    monkeypatch.setattr(ending, "WRITE_SECONDS", 0.01)
    monkeypatch.setattr(ending.os, "write", lambda *_: threading.Event().wait())
    tell("unheard")


STALLED = """
import multiprocessing, os, signal, subprocess, sys, time
from lit_wgan.engine import ending

multiprocessing.set_start_method("fork")
worker = multiprocessing.Process(target=time.sleep, args=[600], daemon=True)  # as a loader worker
worker.start()
process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
for each in (worker, process):
    os.kill(each.pid, signal.SIGSTOP)
print(worker.pid, process.pid)
ending.CHILD_SECONDS = {child_seconds}
ending.end_together([process])
ending.end_after({seconds}, lambda: 7)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "child_seconds"), [(0.1, 600), (1, 0)])
def test_a_process_with_frozen_children_ends_in_time_with_its_status_and_output_and_leaves_none(seconds, child_seconds):
    program = STALLED.format(seconds=seconds, child_seconds=child_seconds)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)
    assert done.returncode == 7  # joining the frozen worker would never end
    for number in done.stdout.split():
        limit = time.monotonic() + 600
        while state_of(number) not in ("Z", None):
            assert time.monotonic() < limit, f"Process {number} is left."


def state_of(number):
    """The state of a process as /proc has it; None for one that is gone."""
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return None


def test_ctrl_c_is_handled_as_before_once_it_ends_nothing_any_more():
    before = signal.getsignal(signal.SIGINT)
    with ends_at_ctrl_c():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with ends_at_ctrl_c():
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
