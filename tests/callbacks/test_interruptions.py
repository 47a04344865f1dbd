import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from lit_wgan.callbacks import interruptions
from lit_wgan.callbacks.interruptions import ECHO_SECONDS, Interruptions, Requests
from lit_wgan.engine import ending
from lit_wgan.engine.stopping import StopRequest


def system_that_received(number):
    stop = StopRequest()
    stop.signal = number
    return SimpleNamespace(stop=stop)


LOST = RuntimeError("[gloo/transport/tcp/pair.cc] Connection closed by peer")


def test_a_process_lost_after_ctrl_c_ended_by_a_second_one():
    with pytest.raises(KeyboardInterrupt):
        Interruptions().on_exception(None, system_that_received(signal.SIGINT), LOST)


@pytest.mark.parametrize(
    ("received", "error"), [(0, LOST), (signal.SIGTERM, LOST), (signal.SIGINT, RuntimeError("an accident"))]
)
def test_other_errors_stay_what_they_are(received, error):
    assert Interruptions().on_exception(None, system_that_received(received), error) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("received", "killed_by", "ends"),
    [
        (0, signal.SIGKILL, True),
        (signal.SIGTERM, signal.SIGKILL, True),
        (0, signal.SIGINT, False),
        (signal.SIGINT, signal.SIGKILL, False),
        (signal.SIGTERM, None, True),
    ],
)
def test_a_run_ends_when_a_process_is_killed_by_other_means_than_ctrl_c(received, killed_by, ends, monkeypatch):
    ends_itself = "raise SystemExit(143)"  # after a second SIGTERM
    program = f"import os, time; os.kill(os.getpid(), {killed_by:d}); time.sleep(600)" if killed_by else ends_itself
    process = subprocess.Popen([sys.executable, "-c", program])
    statuses = []
    monkeypatch.setattr(ending.os, "_exit", statuses.append)
    monkeypatch.setattr(ending.sys, "setswitchinterval", lambda seconds: None)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as other:
        monkeypatch.setattr(ending, "_started", [process, other])
        interruptions._watch(1, process, system_that_received(received).stop)
        if not ends:
            assert other.poll() is None
            other.kill()
    assert other.returncode == -signal.SIGKILL
    assert statuses == ([1] if ends else [])


@pytest.fixture
def requests(monkeypatch):
    """Takes signals at given times, in seconds; returns the statuses with which it would end and what it told."""
    statuses, told = [], []
    monkeypatch.setattr(
        interruptions, "end_now", lambda status, message: (statuses.append(status), told.append(message))
    )
    monkeypatch.setattr(interruptions, "tell", told.append)
    requests = Requests(StopRequest(), rank=0)

    def receive(*received):
        for number, seconds in received:
            monkeypatch.setattr(interruptions.time, "monotonic", lambda seconds=seconds: seconds)
            requests.receive(number)
        return requests.stop.signal, statuses, told

    yield receive
    requests.forget()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP, signal.SIGINT])
def test_a_first_signal_asks_to_stop_after_the_update(number, requests):
    asked, statuses, told = requests((number, 0))
    assert (asked, statuses) == (number, [])
    assert bool(told) == (number == signal.SIGINT)


@pytest.mark.parametrize(("number", "later", "status"), [(signal.SIGTERM, 1, 143), (signal.SIGINT, 0.01, 130)])
def test_a_second_signal_ends_the_run_at_once(number, later, status, requests):
    _, statuses, told = requests((number, 0), (number, later))
    assert statuses == [status]
    assert "--ckpt_path last" in told[-1]


def test_a_sigterm_that_is_sent_twice_is_one_request(requests):
    assert requests((signal.SIGTERM, 0), (signal.SIGTERM, ECHO_SECONDS / 2))[1] == []


@pytest.mark.parametrize(
    ("first", "second"),
    [(signal.SIGUSR1, signal.SIGTERM), (signal.SIGHUP, signal.SIGHUP), (signal.SIGUSR1, signal.SIGUSR1)],
)
def test_other_pairs_are_requests_to_stop(first, second, requests):
    assert requests((first, 0), (second, 100))[1] == []


def test_a_request_that_is_not_obeyed_says_what_to_do(requests, monkeypatch):
    told = threading.Event()
    lines = []
    monkeypatch.setattr(interruptions, "tell", lambda line: (lines.append(line), told.set()))
    monkeypatch.setattr(interruptions, "OBEY_SECONDS", 0.0)
    requests((signal.SIGTERM, 0))
    assert told.wait(600)
    assert "Rank 0 received SIGTERM" in lines[0]
    assert "second SIGTERM" in lines[0]
