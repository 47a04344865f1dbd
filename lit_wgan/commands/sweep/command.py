"""Run a sweep: check it, search, and report."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from optuna.exceptions import StorageInternalError
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from lit_wgan.commands.sweep.check import FOLDER_OPTION, OWN_OPTIONS, check_trials
from lit_wgan.commands.sweep.command_line import command_line
from lit_wgan.commands.sweep.driver import Driver, Start
from lit_wgan.commands.sweep.file import SweepFile, read_sweep
from lit_wgan.commands.sweep.parameters import Value, grid, shown
from lit_wgan.commands.sweep.report import ranked, write_report
from lit_wgan.commands.sweep.resources import resources_per_trial
from lit_wgan.commands.sweep.search import Search
from lit_wgan.commands.sweep.storage import is_url, unreachable
from lit_wgan.commands.sweep.trial import TrialProcess
from lit_wgan.commands.terminal import say
from lit_wgan.engine.files import try_lock
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.runs.directories import refuse_links


def run_sweep(
    path: str, for_trials: list[str], count: int | None, parallel: int, folder: str | None, storage: str | None = None
) -> None:
    """Run or continue a sweep.

    Args:
        path: of the sweep file.
        for_trials: options of ``lit-wgan fit`` that all trials get.
        count: trials in all; None for ``run_cap`` of the file or its whole grid.
        parallel: trials at the same time.
        folder: of the sweep; None for that of the storage or ``runs/sweeps/<name of the file>``.
        storage: a folder or the URL of a database in which several machines share the sweep; None for this one alone.

    Raises:
        UsageError: for numbers below 1, for what is wrong with the file, its command or the storage, and if no trial
            finished.
        KeyboardInterrupt: after Ctrl-C, when the trials have stopped.
    """
    file = read_sweep(Path(path))
    count = _count(file, count)
    check_positive(**{"--parallel": parallel})
    fit = check_trials(file, for_trials)
    shared_folder = storage if storage is not None and not is_url(storage) else None
    place = Path(folder or shared_folder or Path("runs") / "sweeps" / file.path.stem)
    with locked(place, alone=storage is None), reaching(storage):
        search = Search(file, place, for_trials, storage)
        driver = Driver(search, _starter(file, for_trials, place, parallel), parallel, fit.trainer.max_steps)
        say(f"{count} trials in {place}, {parallel} at a time{' on this machine' if storage else ''}.")
        driver.run(count)
        with search.exclusively():  # all write the same table
            _conclude(search, place, bool(driver.interruption.signal))
    if driver.interruption.signal == signal.SIGINT:
        raise KeyboardInterrupt


def _count(file: SweepFile, wanted: int | None) -> int:
    if wanted is not None:
        check_positive(**{"--count": wanted})
    size = len(grid(file.parameters)) if file.method == "grid" else None
    count = wanted or file.run_cap or size
    if count is None:
        raise UsageError(
            f"Expected --count, since {file.path} has no run_cap, but got none. Say how many trials to run."
        )
    return min(count, size or count)


@contextmanager
def locked(folder: Path, alone: bool = True) -> Iterator[None]:
    """Make the folder of a sweep and, unless machines share it, hold its lock.

    Raises:
        UsageError: for a folder that cannot be written, that holds links to files outside it, or in which another
            sweep runs.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        refuse_links(folder, folders=("trials",))
        lock = (folder / "lock").open("a")
    except OSError as error:
        raise UsageError(
            f"Expected --dir to be a folder that can be written, but got {folder} ({error.strerror}). Choose another."
        ) from error
    with lock:
        if alone and not try_lock(lock):
            raise UsageError(
                f"Expected {folder} to be free, but another lit-wgan sweep runs in it. Wait, or choose another --dir."
            )
        yield


@contextmanager
def reaching(storage: str | None) -> Iterator[None]:
    """Turn the error of a shared storage that no longer answers into a UsageError."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        if storage is None:
            raise
        raise unreachable(storage, error) from error


def _starter(file: SweepFile, for_trials: list[str], folder: Path, parallel: int) -> Start:
    """A function that starts a trial in a folder of its own, with its share of the machine."""
    environments = [dict(os.environ) | share for share in resources_per_trial(parallel, torch.cuda.device_count())]

    def start(number: int, values: dict[str, Value], place: int) -> TrialProcess:
        own = folder / "trials" / f"{number:03d}"
        command = [*command_line(file, values), *for_trials, *OWN_OPTIONS]
        command += [f"{FOLDER_OPTION}{own}", "--ckpt_path=last"]
        return TrialProcess(own, command, environments[place])

    return start


def _conclude(search: Search, folder: Path, interrupted: bool) -> None:
    """Print the table, the best trial, and where everything is.

    Raises:
        UsageError: if no trial finished, and not because the sweep was stopped.
    """
    trials = ranked(search)
    if trials:
        say(f"\n{write_report(search, folder)}")
    finished = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    if finished:
        values = ", ".join(f"{name} {shown(value)}" for name, value in search.values(finished[0]).items())
        say(f"Best: {values}, with {search.file.metric} {finished[0].value:.4g}, in trial {finished[0].number}.")
    say(f"Everything is in {folder}: results.md, results.csv, a figure for each parameter, trials/.")
    if not finished and not interrupted:
        raise UsageError(
            f"Expected a trial to finish, but none of {len(trials)} did. The table says why, and trials/*/log.txt more."
        )
