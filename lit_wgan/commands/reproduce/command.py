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
from lit_wgan.commands.reproduce.working_directory import needs_working_directory
from lit_wgan.commands.terminal import say
from lit_wgan.engine.signals import handling
from lit_wgan.engine.stopping import stop_signals
from lit_wgan.errors import UsageError
from lit_wgan.runs.directories import versions
from lit_wgan.runs.environment import arithmetic_variables, repeatable_variables


def repeat_and_compare(run: Path, root: Path) -> int:
    """Repeat a run below ``root``, print the comparison, and return 0 if both are equal, else 1.

    Raises:
        FileNotFoundError: if there is no record of a run that ended.
        UsageError: for a damaged record, and for a repetition that does not end.
    """
    recipe = read_recipe(run)
    text, equal = report(recipe, run_again(recipe, root))
    say(text)
    return 0 if equal else 1


def run_again(recipe: Recipe, root: Path) -> Path:
    """Repeat the run of a recipe, and return the new run's directory, which is below ``root``.

    Raises:
        UsageError: if the new run does not end.
    """
    name = recipe.run.resolve().parent.name
    before = versions(root / name)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(yaml.safe_dump(with_own_directory(recipe, root), sort_keys=False))
        status = _run([sys.executable, "-m", "lit_wgan", "fit", "--config", str(config)], variables_of(recipe))
    new = versions(root / name, holding="result.json").keys() - before
    if status != 0 or not new:
        raise UsageError(
            f"Expected the run to end as {recipe.run} did, but it ended early (exit status {status}). "
            "Its own message stands above."
        )
    return root / name / f"version_{max(new)}"


def with_own_directory(recipe: Recipe, root: Path) -> dict[str, Any]:
    """The options of the new run: a directory of its own, and as many devices, all of them on this machine."""
    environment = recipe.environment
    trainer = recipe.config["trainer"] | {
        "default_root_dir": str(root),
        "accelerator": environment["accelerator"],
        "devices": environment["devices"],
        "num_nodes": 1,
        "logger": True,  # metrics.csv, and no service
    }
    own = {"trainer": trainer, "checkpoint": recipe.config["checkpoint"] | {"dirpath": None}}
    own |= {"name": recipe.run.resolve().parent.name, "seed_everything": environment["seed"]}
    return recipe.config | own


def variables_of(recipe: Recipe) -> dict[str, str]:
    """The variables of this process, except those that change the order of floating-point sums: these are the run's.

    Modules of the working directory stay out of the way of installed ones, unless the configuration names some.
    """
    kept = os.environ.keys() - arithmetic_variables(os.environ).keys()
    variables = {name: os.environ[name] for name in kept} | repeatable_variables(recipe.environment["variables"])
    variables["OMP_NUM_THREADS"] = str(recipe.environment["cpu_threads"])
    return variables if needs_working_directory(recipe.config) else variables | {"PYTHONSAFEPATH": "1"}


def _run(command: list[str], variables: dict[str, str]) -> int:
    process = subprocess.Popen(command, env=variables)
    with _forward_signals(process):
        return process.wait()


@contextmanager
def _forward_signals(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Pass signals on to the run, which saves before it ends; Ctrl-C at a terminal reaches it without help."""
    forward = handling(stop_signals(), lambda number, _: process.send_signal(number))
    with forward, handling([signal.SIGINT], signal.SIG_IGN):
        yield
