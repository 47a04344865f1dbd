"""Processes without a start-up: forked from one that has imported torch, Lightning and lit_wgan, and then idles.

A forked process is a real one, in a session of its own, with the arguments, folder, variables and outputs it was given.
All it lacks is seconds of imports. So do the further devices of a run that Lightning starts. Torch starts no threads
before the fork, since the idle process computes nothing.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

IDLE = Path(__file__).with_name("idle.py")


class ForkServer:
    """Forks processes from an idle one, which it starts at the first request.

    Args:
        variables: of the environment in which the idle process imports its modules.
    """

    def __init__(self, **variables):
        self.variables = variables
        self.requests = None

    def start(self, command, cwd, env, stdout=None, stderr=None):
        """As ``subprocess.Popen``, for commands ``[python, "-m", module, ...]`` and ``[python, script, ...]``."""
        if self.requests is None:
            self._start_idle_process()
        status, remote_status = socket.socketpair()
        reader, writer = os.pipe() if stderr is subprocess.PIPE else (None, None)
        out = 1 if stdout is None else stdout.fileno()
        err = {None: 2, subprocess.STDOUT: out, subprocess.PIPE: writer}.get(stderr) or stderr.fileno()
        request = json.dumps({"command": [*map(str, command[1:])], "cwd": str(cwd), "env": dict(env)}).encode()
        socket.send_fds(self.requests, [len(request).to_bytes(4, "big")], [out, err, remote_status.fileno()])
        self.requests.sendall(request)
        remote_status.close()
        if writer is not None:
            os.close(writer)
        return Forked(status, reader)

    def _start_idle_process(self):
        self.requests, remote = socket.socketpair()
        self.idle = subprocess.Popen(
            [sys.executable, str(IDLE), str(remote.fileno())],
            env=os.environ | self.variables,
            pass_fds=[remote.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        remote.close()

    def close(self):
        """End the idle process; what was forked from it goes on."""
        if self.requests is not None:
            self.requests.close()
            self.idle.wait()


class Forked:
    """A forked process, with what the tests use of ``subprocess.Popen``."""

    def __init__(self, status, stderr):
        self.status = status
        self.stderr = stderr
        self.returncode = None
        self.pid = self._read_number()

    def poll(self):
        """The exit status, or None for a process that still runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(timeout=0)
        return None

    def wait(self, timeout=None):
        """The exit status when the process has ended: negative, the signal that ended it."""
        if self.returncode is None:
            wait_for(self.status, timeout)
            self.returncode = self._read_number()
            self.status.close()
        return self.returncode

    def communicate(self, timeout=None):
        """Wait until everything that holds its stderr has ended; returns None and what was written."""
        end = time.monotonic() + (1e6 if timeout is None else timeout)
        written = b""
        while self.stderr is not None:
            wait_for(self.stderr, end - time.monotonic())
            chunk = os.read(self.stderr, 1 << 16)
            written += chunk
            if not chunk:
                os.close(self.stderr)
                self.stderr = None
        self.wait(end - time.monotonic())
        return None, written.decode()

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def _read_number(self):
        number = self.status.recv(8)
        if not number:
            raise RuntimeError("Expected the idle process of forkserver.py to answer, but it has ended.")
        return int.from_bytes(number, "big", signed=True)


def wait_for(file, timeout):
    """Wait until there is something to read."""
    if not select.select([file], [], [], None if timeout is None else max(timeout, 0))[0]:
        raise subprocess.TimeoutExpired("a forked process", timeout)
