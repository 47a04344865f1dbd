import os
import signal
import threading
import warnings
from datetime import timedelta

import pytest
import torch.distributed as dist

from lit_wgan.engine.signals import SignalWatch
from lit_wgan.engine.stopping import stop_signals


@pytest.fixture
def watch():
    watches = []

    def start(function):
        watches.append(SignalWatch([signal.SIGUSR1, signal.SIGUSR2], function))

    yield start
    for each in watches:
        each.stop()


def test_a_signal_is_heard_while_the_main_thread_waits_inside_a_library(watch):
    """As in a collective with a frozen process; a plain handler would be called after the wait, if ever."""
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, timeout=timedelta(seconds=600))
    other = dist.TCPStore("127.0.0.1", store.port, is_master=False)
    watch(lambda number: other.set("heard", str(number)))
    threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGUSR1]).start()
    assert store.get("heard") == str(int(signal.SIGUSR1)).encode()


def test_signals_of_a_forked_process_are_its_own(watch):
    heard, enough = [], threading.Event()
    watch(lambda number: (heard.append(number), enough.set()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer versions of Python warn of forks beside threads
        forked = os.fork()
    if forked == 0:
        signal.raise_signal(signal.SIGUSR2)
        os._exit(0)
    assert os.waitpid(forked, 0)[1] == 0
    signal.raise_signal(signal.SIGUSR1)
    assert enough.wait(600)
    assert heard == [signal.SIGUSR1]


def test_handlers_are_restored():
    before = signal.getsignal(signal.SIGUSR1)
    watch = SignalWatch([signal.SIGUSR1], print)
    assert signal.getsignal(signal.SIGUSR1) is not before
    watch.stop()
    assert signal.getsignal(signal.SIGUSR1) is before
    assert signal.set_wakeup_fd(-1) == -1


def test_a_forked_process_that_lives_on_does_not_hold_up_the_end():
    """As a loader worker that is frozen."""
    watch = SignalWatch([signal.SIGUSR1], print)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        forked = os.fork()
    if forked == 0:
        signal.pause()
    stopping = threading.Timer(60, os.kill, [forked, signal.SIGKILL])  # with the fault, the end waits for this
    stopping.start()
    watch.stop()
    assert os.waitpid(forked, os.WNOHANG) == (0, 0)
    stopping.cancel()
    os.kill(forked, signal.SIGKILL)
    os.waitpid(forked, 0)


def test_a_run_that_fails_while_it_is_set_up_leaves_no_handlers(command, monkeypatch):
    """Lightning tears no callback down that was set up before the failure."""
    from lit_wgan.commands import fit

    def fail(*_):
        SignalWatch([signal.SIGUSR1], print)
        raise ValueError("of setup")

    before = signal.getsignal(signal.SIGUSR1)
    monkeypatch.setattr(fit, "Experiment", fail)
    status, _, err = command("fit")
    assert (status, "of setup" in err) == (1, True), err
    assert signal.getsignal(signal.SIGUSR1) is before


@pytest.mark.parametrize(("handler", "obeyed"), [(signal.SIG_IGN, False), (signal.SIG_DFL, True)])
def test_a_closed_terminal_stops_a_run_unless_nohup_has_it_ignored(handler, obeyed):
    before = signal.signal(signal.SIGHUP, handler)
    try:
        assert (signal.SIGHUP in stop_signals()) == obeyed
    finally:
        signal.signal(signal.SIGHUP, before)
