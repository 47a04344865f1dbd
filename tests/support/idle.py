"""The idle process of forkserver.py: forks itself for each request that it reads from a socket.

python idle.py NUMBER_OF_THE_SOCKET
"""

import contextlib
import importlib
import itertools
import json
import os
import pickle
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from types import SimpleNamespace

PRELOADED = (
    "lit_wgan.commands.fit",  # first, as in the command
    "lit_wgan.evaluation.evaluator",
    "lit_wgan.networks",
    "matplotlib.figure",
    "ot",
    "torch._dynamo.utils",
    "torch.utils.tensorboard",
)


def main():
    requests = socket.socket(fileno=int(sys.argv[1]))
    for module in PRELOADED:
        importlib.import_module(module)
    request = serve(requests)
    if request is not None:
        run(**request)


def serve(requests):
    """Fork for each request; returns it in the forked process, and None in this one when no more can follow."""
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    statuses = {}
    while True:
        ready, _, _ = select.select([requests, woken], [], [])
        if woken in ready:
            woken.recv(1 << 16)
            report_ends(statuses)
        if requests in ready:
            head, files, _, _ = socket.recv_fds(requests, 4, 3)
            if not head:
                return None
            request = json.loads(requests.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
            *outputs, status = files
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for end in (requests, woken, wake, *statuses.values()):
                    end.close()
                enter_session(outputs, socket.socket(fileno=status))
                return request
            statuses[pid] = socket.socket(fileno=status)
            for output in outputs:
                os.close(output)


def report_ends(statuses):
    """Tell whoever asked for them how processes ended."""
    while statuses:
        pid, code = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with statuses.pop(pid) as status:
            send_number(status, os.waitstatus_to_exitcode(code))


def send_number(connection, number):
    with contextlib.suppress(BrokenPipeError):  # when nobody waits for this process
        connection.sendall(number.to_bytes(8, "big", signed=True))


def enter_session(outputs, status):
    """Lead a session of this process's own and write to the given files."""
    os.setsid()
    for number, output in enumerate(outputs, 1):
        os.dup2(output, number)
    for output in outputs:
        os.close(output)
    with status:
        send_number(status, os.getpid())


def run(command, cwd, env):
    """Do in this process what ``python *command`` would do in one of its own."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    set_rank_again()
    spares = [Spare() for _ in range(further_devices(command))]
    taken = SimpleNamespace(Popen=lambda command, env, cwd=None: spares.pop().start(command[1:], env))
    for library in ("pytorch", "fabric"):
        sys.modules[f"lightning.{library}.strategies.launchers.subprocess_script"].subprocess = taken
    extra = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path and path not in sys.path]
    if command[0] == "-m":
        sys.argv = command[1:]
        sys.path[:1] = ["", *extra]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = command
        sys.path[:1] = [os.path.dirname(os.path.abspath(command[0])), *extra]
        runpy.run_path(command[0], run_name="__main__")


def set_rank_again():
    """Lightning reads the rank from the variables when it is imported."""
    rank_zero = sys.modules["lightning.fabric.utilities.rank_zero"]
    rank_zero.rank_zero_only.rank = rank_zero._get_rank() or 0


def further_devices(command):
    """How many processes beside itself Lightning may start for the devices that a command names."""
    named = [value for option, value in itertools.pairwise(command) if option in ("--trainer.devices", "--devices")]
    return int(named[-1]) - 1 if named and named[-1].isdigit() and "WORLD_SIZE" not in os.environ else 0


class Spare(subprocess.Popen):
    """A process forked early, while this one has no threads, which Lightning's launcher takes for a new one."""

    _child_created = False  # not by Popen, which so does not clean up behind it

    def __init__(self):
        reader, writer = os.pipe()
        self.returncode = None
        self.lock = threading.Lock()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(writer)
            with os.fdopen(reader, "rb") as file:
                try:
                    request = pickle.load(file)  # not to the end: further spares hold the other end of the pipe too
                except EOFError:
                    sys.exit()
            run(**request)
            sys.exit()
        os.close(reader)
        self.writer = writer

    def start(self, command, env):
        with os.fdopen(self.writer, "wb") as file:
            pickle.dump({"command": command, "env": env, "cwd": os.getcwd()}, file)
        return self

    def poll(self):
        with self.lock:
            if self.returncode is None:
                pid, code = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(code)
            return self.returncode

    def wait(self, timeout=None):
        assert timeout is None
        if self.returncode is None:
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)  # poll, which others call too, takes the status
        return self.poll()

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


if __name__ == "__main__":
    main()
