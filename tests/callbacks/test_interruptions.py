import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from lit_wgan.callbacks import interruptions
from lit_wgan.callbacks.interruptions import Interruptions
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


@pytest.mark.parametrize(
    ("received", "killed_by", "ends"),
    [
        (0, signal.SIGKILL, True),
        (signal.SIGTERM, signal.SIGKILL, True),
        (0, signal.SIGINT, False),
        (signal.SIGINT, signal.SIGKILL, False),
    ],
)
def test_a_run_ends_when_a_process_is_killed_by_other_means_than_ctrl_c(received, killed_by, ends, monkeypatch):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    process.send_signal(killed_by)
    statuses = []
    monkeypatch.setattr(interruptions.os, "_exit", statuses.append)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        interruptions._watch(1, process, [process, other], system_that_received(received).stop)
        if not ends:
            assert other.poll() is None
            other.kill()
    assert other.returncode == -signal.SIGKILL
    assert statuses == ([1] if ends else [])
