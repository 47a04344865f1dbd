"""The last words of a training run, and its result.json."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info

from lit_wgan.commands.report_of_fit import write_own_report
from lit_wgan.reports.diagnosis import diagnose
from lit_wgan.reports.summary import not_measured
from lit_wgan.reports.words import finding_in_words, in_words
from lit_wgan.runs.result import write_result
from lit_wgan.runs.run import Run

NOTHING = "No metric of samples was logged."
MOST_METRICS = 4
"""That are told in words; all are in metrics.csv."""
MOST_FINDINGS = 3
KEPT = ("report.html", "curves.png", "samples/", "checkpoints/")
"""What a run's directory may hold to look at and to go on with."""


def conclude(trainer: Trainer, system: LightningModule, config: str, report: bool = False) -> None:
    """Write result.json and the report, and say how good the results are and where; to be called on all devices.

    Args:
        trainer: has trained the system.
        system: holds the final weights.
        config: name of the configuration file in the run's directory.
        report: whether to write one.
    """
    directory = trainer.log_dir  # asks all devices
    run = Run(Path(directory)) if directory is not None else None
    if run is not None and trainer.is_global_zero:
        write_result(run.directory, config, system, trainer)
        if report:
            write_own_report(run, trainer, system)
    rank_zero_info(f"{trainer.global_step} generator updates done.")
    if trainer.is_global_zero:
        say_results(trainer, run)
    if run is None:
        rank_zero_info("Nothing is kept of a trial run, trainer.fast_dev_run.")


def say_results(trainer: Trainer, run: Run | None) -> None:
    """Say what the metrics mean, what may be wrong, where everything is and what to do next; on the first device.

    Args:
        trainer: holds the last metrics, where the run has no metrics.csv.
        run: as it lies on the disk; None for a trial run, of which nothing is kept.
    """
    metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
    for line in [*_of_metrics((run and run.metrics) or metrics, run), *(_of_run(run) if run else ())]:
        rank_zero_info(line)


def _of_metrics(metrics: Mapping[str, float], run: Run | None) -> list[str]:
    """The main metrics in words, and where the others are."""
    words = in_words(metrics)
    places = [name for name in ("metrics.csv", "result.json") if run is not None and (run.directory / name).is_file()]
    if len(words) > MOST_METRICS and places:
        words[MOST_METRICS:] = [f"{len(words) - MOST_METRICS} more metrics are in {places[0]}."]
    return words or [NOTHING if run is None else not_measured(run)]


def _of_run(run: Run) -> list[str]:
    """What may be wrong, where everything is, and the next two commands."""
    kept = ", ".join(name for name in KEPT if (run.directory / name).exists())
    quoted = shlex.quote(str(run.directory))
    return [
        *(finding_in_words(finding) for finding in diagnose(run)[:MOST_FINDINGS]),
        f"Everything is in {run.directory}{f': {kept}' if kept else ''}.",
        f"Next: lit-wgan sample {quoted} -n 100 -o new_samples",
        f"      lit-wgan report {quoted}",
    ]
