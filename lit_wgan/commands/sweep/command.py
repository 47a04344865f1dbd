"""``lit-wgan sweep``: a sweep file of Weights & Biases, run on this machine and without an account."""

import os
import signal
from pathlib import Path

import torch
from optuna.trial import TrialState

from lit_wgan.commands.options import Options
from lit_wgan.commands.sweep.check import OWN_OPTIONS, check_trials
from lit_wgan.commands.sweep.command_line import command_line
from lit_wgan.commands.sweep.driver import Driver, Start
from lit_wgan.commands.sweep.file import SweepFile, read_sweep
from lit_wgan.commands.sweep.parameters import Value, grid, shown
from lit_wgan.commands.sweep.report import ranked, write_report
from lit_wgan.commands.sweep.resources import resources_per_trial
from lit_wgan.commands.sweep.search import Search
from lit_wgan.commands.sweep.trial import TrialProcess, try_lock
from lit_wgan.errors import UsageError, check_positive


def options() -> Options:
    """The command's options."""
    parser = Options(
        "lit-wgan sweep",
        description="Run the trials of a sweep file of Weights & Biases on this machine. The same command continues.",
        epilog="Options of lit-wgan fit that all trials are to have may follow after --.",
    )
    parser.add_argument("file", metavar="FILE", help="such as configs/sweeps/clip_value.yaml")
    parser.add_argument("--count", type=int, help="trials in all; default: run_cap of the file, or the whole grid")
    parser.add_argument("--parallel", type=int, default=1, help="trials at the same time; default: 1")
    parser.add_argument("--dir", metavar="DIR", help="folder of the sweep; default: runs/sweeps/NAME_OF_FILE")
    return parser


def sweep(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options, for what is wrong with the file or its command, and if no trial finished.
        KeyboardInterrupt: after Ctrl-C, when the trials have stopped.
    """
    own, more = _split(arguments)
    chosen = options().parse_args(own)
    file = read_sweep(Path(chosen.file))
    count = _count(file, chosen.count)
    check_positive(**{"--parallel": chosen.parallel})
    fit = check_trials(file, more)
    folder = Path(chosen.dir or Path("runs") / "sweeps" / file.path.stem)
    _make(folder)
    with (folder / "lock").open("a") as lock:
        if not try_lock(lock):
            raise UsageError(
                f"Expected {folder} to be free, but another lit-wgan sweep runs in it. Wait, or choose another --dir."
            )
        search = Search(file, folder, more)
        driver = Driver(search, _start(file, more, folder, chosen.parallel), chosen.parallel, fit.trainer.max_steps)
        print(f"{count} trials in {folder}, {chosen.parallel} at a time.", flush=True)
        driver.run(count)
        _conclude(search, folder, bool(driver.signal))
    if driver.signal == signal.SIGINT:
        raise KeyboardInterrupt


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The command's own options and, after ``--``, those of the trials."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1 :]


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


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lock").open("a").close()
    except OSError as error:
        raise UsageError(
            f"Expected --dir to be a folder that can be written, but got {folder} ({error.strerror}). Choose another."
        ) from error


def _start(file: SweepFile, more: list[str], folder: Path, parallel: int) -> Start:
    environments = [dict(os.environ) | share for share in resources_per_trial(parallel, torch.cuda.device_count())]

    def start(number: int, values: dict[str, Value], place: int) -> TrialProcess:
        own = folder / "trials" / f"{number:03d}"
        command = [*command_line(file, values), *more, *OWN_OPTIONS]
        command += [f"--trainer.default_root_dir={own}", "--ckpt_path=last"]
        return TrialProcess(own, command, environments[place])

    return start


def _conclude(search: Search, folder: Path, interrupted: bool) -> None:
    """Show the table and say where everything is.

    Raises:
        UsageError: if no trial finished, and not because the sweep was stopped.
    """
    trials = ranked(search)
    if trials:
        print(f"\n{write_report(search, folder)}")
    finished = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    if finished:
        values = ", ".join(f"{name} {shown(value)}" for name, value in search.values(finished[0]).items())
        print(f"Best: {values}, with {search.file.metric} {finished[0].value:.4g}, in trial {finished[0].number}.")
    print(f"Everything is in {folder}: results.md, results.csv, a picture for each parameter, trials/.")
    if not finished and not interrupted:
        raise UsageError(
            f"Expected a trial to finish, but none of {len(trials)} did. The table says why, and trials/*/log.txt more."
        )
