"""Stands in for a training where only its process matters: logs ``x`` as its objective at each of ten updates.

What is in ``x`` says how it behaves: 13 crashes, 99 does not stop when asked to. It waits ``--seconds`` after each
update. Above 1, it does not get beyond its eighth before there is a file that ``--until`` names.
"""

import argparse
import csv
import signal
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float)
parser.add_argument("--seconds", type=float, default=0.02)
parser.add_argument("--root", type=Path)
parser.add_argument("--until", type=Path)
options = parser.parse_args()

asked = []
signal.signal(signal.SIGTERM, (lambda *_: None) if options.x == 99 else (lambda *_: asked.append(True)))
file = options.root / "toy" / "version_0" / "metrics.csv"
file.parent.mkdir(parents=True, exist_ok=True)
rows = list(csv.DictReader(file.open())) if file.exists() else []


def waits():
    return options.x > 1 and options.until is not None and not options.until.exists()


if options.x == 13:
    print("Traceback (most recent call last):\n  ...\nRuntimeError: thirteen")
    sys.exit(1)
for update in range(len(rows) + 1, 11):
    while update == 9 and waits() and not asked:
        time.sleep(0.02)
    rows.append({"step": update, "eval/w1": options.x})
    with file.open("w") as csv_file:
        writer = csv.DictWriter(csv_file, ["step", "eval/w1"])
        writer.writeheader()
        writer.writerows(rows)
    if asked:
        print(f"Stopped by SIGTERM after {update} generator updates, saved.")
        break
    end = time.monotonic() + options.seconds
    while not asked and time.monotonic() < end:
        time.sleep(0.01)
