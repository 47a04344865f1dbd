"""``lit-wgan reproduce``: runs a run again from its record, and compares weights and figures to the bit."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from lit_wgan.commands.options import Options
from lit_wgan.commands.reproduce.recipe import Recipe, read_recipe
from lit_wgan.commands.reproduce.report import report
from lit_wgan.errors import UsageError
from lit_wgan.runs.environment import arithmetic_variables

PASSED_ON = (signal.SIGTERM, signal.SIGUSR1)


def options() -> Options:
    """The command's options."""
    parser = Options(
        "lit-wgan reproduce",
        description="Runs a run again and compares. Exit status: 0 if equal to the bit, 1 if not, 2 if it cannot.",
    )
    parser.add_argument("run", metavar="RUN_DIR", type=Path, help="such as runs/wgan_gp_digits/version_0")
    parser.add_argument("--dir", type=Path, help="where the new run goes; default: runs/reproduced")
    return parser


def reproduce(arguments: list[str]) -> int:
    """Run the command and return its exit status.

    Raises:
        FileNotFoundError: if there is no record of a run that ended.
        UsageError: for wrong options, a damaged record, and a repetition that does not end.
    """
    chosen = options().parse_args(arguments)
    recipe = read_recipe(chosen.run)
    root = chosen.dir or chosen.run.resolve().parent.parent / "reproduced"
    again = run_again(recipe, root)
    text, equal = report(recipe, again)
    print(text)
    return 0 if equal else 1


def run_again(recipe: Recipe, root: Path) -> Path:
    """Run a recipe; returns the new run's directory, below ``root``.

    Raises:
        UsageError: if the run does not end.
    """
    name = recipe.run.resolve().parent.name
    before = set(root.glob(f"{name}/version_*"))
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / f"{name}.yaml"  # whose name becomes the run's
        config.write_text(yaml.safe_dump(_config(recipe, root), sort_keys=False))
        status = _run([sys.executable, "-m", "lit_wgan", "fit", "--config", str(config)], _variables(recipe))
    new = sorted(set(root.glob(f"{name}/version_*")) - before)
    if status != 0 or not new or not (new[-1] / "result.json").exists():
        raise UsageError(
            f"Expected the run to end as {recipe.run} did, but got none that ended (exit status {status}). "
            "What it said stands above."
        )
    return new[-1]


def _config(recipe: Recipe, root: Path) -> dict[str, Any]:
    """The recipe's options, in a directory of its own and on as many devices, wherever these were."""
    environment = recipe.environment
    trainer = recipe.config["trainer"] | {
        "default_root_dir": str(root),
        "accelerator": environment["accelerator"],
        "devices": environment["devices"],
        "num_nodes": 1,
        "logger": True,  # metrics.csv, and no service
    }
    checkpoint = recipe.config.get("checkpoint", {}) | {"dirpath": None}
    return recipe.config | {"trainer": trainer, "checkpoint": checkpoint, "seed_everything": environment["seed"]}


def _variables(recipe: Recipe) -> dict[str, str]:
    """This process's variables, but for those that decide how numbers are added up, which are the run's."""
    kept = os.environ.keys() - arithmetic_variables(os.environ).keys()
    threads = {"OMP_NUM_THREADS": str(recipe.environment["cpu_threads"])}
    return {name: os.environ[name] for name in kept} | recipe.environment["variables"] | threads


def _run(command: list[str], variables: dict[str, str]) -> int:
    process = subprocess.Popen(command, env=variables)
    with _passing_on_signals(process):
        return process.wait()


@contextmanager
def _passing_on_signals(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Leave signals to the run, which saves before it ends. A terminal sends Ctrl-C to both."""
    handlers = {number: signal.signal(number, lambda n, _: process.send_signal(n)) for number in PASSED_ON}
    handlers[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
