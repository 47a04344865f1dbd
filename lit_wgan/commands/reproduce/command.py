"""Repeat a run in a process of its own."""

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

from lit_wgan.commands.reproduce.recipe import Recipe, read_recipe
from lit_wgan.commands.reproduce.report import report
from lit_wgan.errors import UsageError
from lit_wgan.runs.environment import arithmetic_variables

FORWARDED = (signal.SIGTERM, signal.SIGUSR1)


def repeat_and_compare(run: Path, root: Path) -> int:
    """Repeat a run below ``root``, print the comparison, and return 0 if both are equal, else 1.

    Raises:
        FileNotFoundError: if there is no record of a run that ended.
        UsageError: for a damaged record, and for a repetition that does not end.
    """
    recipe = read_recipe(run)
    text, equal = report(recipe, run_again(recipe, root))
    print(text)
    return 0 if equal else 1


def run_again(recipe: Recipe, root: Path) -> Path:
    """Repeat the run of a recipe, and return the new run's directory, which is below ``root``.

    Raises:
        UsageError: if the new run does not end.
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
            f"Expected the run to end as {recipe.run} did, but it ended early (exit status {status}). "
            "Its own message stands above."
        )
    return new[-1]


def _config(recipe: Recipe, root: Path) -> dict[str, Any]:
    """The options of the new run: a directory of its own, and as many devices, all of them on this machine."""
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
    """The variables of this process, except those that change the order of floating-point sums: these are the run's."""
    kept = os.environ.keys() - arithmetic_variables(os.environ).keys()
    threads = {"OMP_NUM_THREADS": str(recipe.environment["cpu_threads"])}
    return {name: os.environ[name] for name in kept} | recipe.environment["variables"] | threads


def _run(command: list[str], variables: dict[str, str]) -> int:
    process = subprocess.Popen(command, env=variables)
    with _forward_signals(process):
        return process.wait()


@contextmanager
def _forward_signals(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Pass signals on to the run, which saves before it ends; Ctrl-C at a terminal reaches it without help."""
    handlers = {number: signal.signal(number, lambda n, _: process.send_signal(n)) for number in FORWARDED}
    handlers[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
