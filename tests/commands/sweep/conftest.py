"""Sweep files, and trials whose training is stood in for."""

import os
import sys
from pathlib import Path

import pytest
import yaml

from lit_wgan.commands.sweep.driver import Driver
from lit_wgan.commands.sweep.file import read_sweep
from lit_wgan.commands.sweep.search import Search
from lit_wgan.commands.sweep.trial import TrialProcess

HERE = Path(__file__).parent
TOY = HERE.parents[1] / "distributed" / "toy.yaml"
COMMAND = ["${env}", "${interpreter}", "-m", "lit_wgan", "fit", "--config", str(TOY), "${args}"]
SWEEP = {
    "program": "lit_wgan/__main__.py",
    "command": COMMAND,
    "method": "bayes",
    "metric": {"name": "eval/w1", "goal": "minimize"},
    "parameters": {"model.gp_weight": {"distribution": "log_uniform_values", "min": 0.01, "max": 100.0}},
}


@pytest.fixture
def sweep_file(tmp_path):
    """Writes a sweep file that is sound but for what is given; None leaves a key out."""

    def write(**changes):
        contents = {key: value for key, value in (SWEEP | changes).items() if value is not None}
        path = tmp_path / "sweep.yaml"
        path.write_text(yaml.safe_dump(contents, sort_keys=False))
        return path

    return write


@pytest.fixture
def stand_ins(sweep_file, tmp_path):
    """A search over given values of x, and a driver whose trials are stand-ins."""

    def make(*values, parallel=1, seconds=0.02, until=None, last_update=10, **changes):
        grid = {"method": "grid", "parameters": {"x": {"values": list(values)}}}
        search = Search(read_sweep(sweep_file(**grid, **changes)), tmp_path, [])

        def start(number, chosen, place):
            folder = tmp_path / "trials" / str(number)
            command = [sys.executable, str(HERE / "stand_in.py"), f"--x={chosen['x']}", f"--seconds={seconds}"]
            command += [f"--root={folder}"] + ([f"--until={until}"] if until else [])
            return TrialProcess(folder, command, dict(os.environ))

        return search, Driver(search, start, parallel, last_update)

    return make
