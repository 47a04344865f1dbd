"""One of the processes that share a sweep of stand-ins, with leases that are soon over.

python sharing.py SWEEP_FILE FOLDER STORAGE COUNT PARALLEL
"""

import os
import sys
from pathlib import Path

from lit_wgan.commands.sweep import leases, search
from lit_wgan.commands.sweep.driver import Driver
from lit_wgan.commands.sweep.file import read_sweep
from lit_wgan.commands.sweep.report import write_report
from lit_wgan.commands.sweep.search import Search
from lit_wgan.commands.sweep.trial import TrialProcess

leases.BEAT_SECONDS, leases.LEASE_SECONDS, leases.LOCK_SECONDS = 0.3, 4.0, 6.0
search.MOST_LOST = 1000


def main():
    sys.stdout.reconfigure(line_buffering=True)
    file, folder, storage, count, parallel = sys.argv[1:]
    shared = Search(read_sweep(Path(file)), Path(folder), [], storage)

    def start(number, values, place):
        own = Path(folder) / "trials" / str(number)
        script = str(Path(__file__).with_name("stand_in.py"))
        return TrialProcess(own, [sys.executable, script, f"--x={values['x']}", f"--root={own}"], dict(os.environ))

    Driver(shared, start, int(parallel), last_update=10).run(int(count))
    with shared.exclusively():
        write_report(shared, Path(folder))


if __name__ == "__main__":
    main()
