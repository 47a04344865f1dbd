"""What pictures, video, TensorBoard's histograms and the page of a run cost of a training, in seconds of the processor.

    python benchmarks/pictures.py [--rounds 3] [--config configs/wgan_gp_digits.yaml] [--whole]

Trains in turn with all of them and with none, each time as a new process in an empty folder. The runs are a tenth as
long as the configuration's own, but validate, log and draw ten times as often, so that as much is drawn as in a whole
one. With --whole one run of full length follows, for the share of it.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parents[1]
OFTEN = 10
PROGRAM = """
import sys
from lightning.pytorch import Callback
from lit_wgan.callbacks import samples
from lit_wgan.cli import main
from lit_wgan.commands import fit

samples.EARLY = tuple(update // {often} for update in samples.EARLY)
if not {shows}:
    fit.Figures = fit.CriticDiagnostics = Callback
    samples.SampleGrid._picture = lambda *_: None
sys.exit(main())
"""


def train(config: Path, options: list[str], shows: bool, often: int = 1) -> float:
    """Seconds of the processor, of all processes, that a training takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = PROGRAM.format(often=often, shows=shows)
    command = [sys.executable, "-c", program, "fit", "--config", str(config), *options]
    command += [] if shows else ["--report", "false"]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"PYTHONPATH": str(HERE)}
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def short(config: Path) -> list[str]:
    """Options of a run that is a tenth as long and shows as much."""
    options = yaml.safe_load(config.read_text())
    names = ("trainer.max_steps", "trainer.val_check_interval", "trainer.log_every_n_steps", "samples.every_n_updates")
    asked = {name: options[name.split(".")[0]][name.split(".")[1]] for name in names}
    return [f"--{name}={number // OFTEN}" for name, number in asked.items()]


def main() -> None:
    """Print all times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--config", type=Path, default=HERE / "configs" / "wgan_gp_digits.yaml")
    parser.add_argument("--whole", action="store_true", help="train the configuration once in full, too")
    chosen = parser.parse_args()
    options = short(chosen.config)
    print(" ".join(options))
    differences = []
    for _ in range(chosen.rounds):
        with_all, without = (train(chosen.config, options, shows, OFTEN) for shows in (True, False))
        differences.append(with_all - without)
        print(f"with all {with_all:.1f} s, without {without:.1f} s, difference {differences[-1]:.1f} s", flush=True)
    cost = statistics.median(differences)
    print(f"median difference {cost:.1f} s")
    if chosen.whole:
        whole = train(chosen.config, [], shows=True)
        print(f"a whole run with all: {whole:.1f} s, of which {100 * cost / (whole - cost):.1f} % more than without")


if __name__ == "__main__":
    main()
