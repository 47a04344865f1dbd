"""Run a command beside busy processes, to see whether it depends on having the machine to itself.

python tools/busy.py SECONDS [--processes 6] -- COMMAND...

Ends with the command's exit status; with 124 and everything killed when it has not ended after SECONDS.
"""

import argparse
import os
import signal
import subprocess
import sys

LOOP = "while True: pass"


def main() -> int:
    """Start the loops, run the command, and stop both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seconds", type=float, help="after which the command is killed")
    parser.add_argument("--processes", type=int, default=6, help="that do nothing but compute")
    parser.add_argument("command", nargs="+", help="after --")
    options = parser.parse_args()
    loops = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(options.processes)]
    command = subprocess.Popen(options.command, start_new_session=True)
    try:
        return command.wait(timeout=options.seconds)
    except subprocess.TimeoutExpired:
        os.killpg(command.pid, signal.SIGKILL)
        return 124
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


if __name__ == "__main__":
    sys.exit(main())
