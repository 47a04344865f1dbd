"""A run in words."""

import math
from collections.abc import Iterator
from typing import Any

from lit_wgan.reports.diagnosis.courses import callbacks
from lit_wgan.reports.words import in_words, label
from lit_wgan.runs.main_metrics import main_metrics, values_of
from lit_wgan.runs.metric_names import FLOOR
from lit_wgan.runs.run import Run
from lit_wgan.runs.training_time import training_seconds

MEASURING = {"ExactW1", "FidelityCallback", "ModeCoverage", "SampleMetrics"}
"""Callbacks that measure samples."""
DATA_NAMES = ("dataset", "distribution", "samples", "url")
"""Options of data, by the first of which that is given they are called."""


def summary(run: Run) -> list[str]:
    """Sentences: what was trained on what and how long, how it ended, and how good it is."""
    return [trained(run), ended(run), *_goodness(run)]


def trained(run: Run) -> str:
    """What was trained on what, how long and on which device."""
    seconds = training_seconds(run.directory)
    time = f" in {duration(seconds)}" if seconds is not None else ""
    device = device_of(run)
    return (
        f"{system_of(run)} was trained on {data_of(run)} for {counted(run.updates, 'generator update')}"
        f"{time}{f' on {device}' if device else ''}."
    )


def ended(run: Run) -> str:
    """How far the run came of what it was asked for."""
    of = "" if run.max_updates is None else f" of {run.max_updates:,}"
    if run.state == "trains":
        return f"It still trains: {run.updates:,}{of} updates are logged."
    if run.state == "finished":
        early = run.max_updates is not None and run.updates < run.max_updates
        return f"It ended by itself after {run.updates:,}{of} updates." if early else "It is finished."
    return f"It was stopped at {run.updates:,}{of} updates; --ckpt_path last continues it."


def system_of(run: Run) -> str:
    """The system and its networks."""
    arguments = arguments_of(section(run, "model"))
    networks = [class_name(arguments.get(name)) for name in ("generator", "critic")]
    condition = class_name(arguments.get("condition"))
    told = f", told {condition}" if condition else ""
    system = class_name(section(run, "model")) or "system"
    return f"{system} ({' and '.join(networks)}{told})" if all(networks) else f"{system}{told}"


def data_of(run: Run) -> str:
    """The data, by their name, folder or class."""
    data = section(run, "data")
    arguments = arguments_of(data)
    named = next((arguments[name] for name in DATA_NAMES if arguments.get(name)), None)
    if named == "folder":
        named = arguments.get("root")
    if isinstance(named, list):
        named = ", ".join(map(str, named))
    of_class = class_name(data) or "data"
    return f"{named} ({of_class})" if isinstance(named, str) else class_name(named) or of_class


def device_of(run: Run) -> str:
    """The kind and number of devices, or nothing if they were not recorded."""
    recorded = run.environment
    devices, gpus = recorded.get("devices"), recorded.get("gpus")
    if recorded.get("accelerator") == "cuda" and isinstance(gpus, list) and gpus:
        return f"{devices} x {gpus[0]}"
    if recorded.get("accelerator") == "cpu":
        return counted(recorded.get("cpu_threads"), "CPU thread")
    return str(recorded.get("accelerator") or "")


def counted(number: Any, noun: str) -> str:
    """A number of things: ``1 update``, ``2,500 updates``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}" if isinstance(number, int) else f"some {noun}s"


def duration(seconds: float) -> str:
    """A time that a person can read: ``45 s``, ``4 min 5 s``, ``3 h 20 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def number(value: float | None) -> str:
    """A metric in four digits; a dash for one that was not logged."""
    return "-" if value is None else f"{value:.4g}"


def section(run: Run, name: str) -> dict[str, Any]:
    """A section of a run's options; an empty one where it has none."""
    options = run.config.get(name)
    return options if isinstance(options, dict) else {}


def arguments_of(given: Any) -> dict[str, Any]:
    """The arguments of an object in a configuration; none of anything else."""
    arguments = given.get("init_args") if isinstance(given, dict) else None
    return arguments if isinstance(arguments, dict) else {}


def class_name(given: Any) -> str:
    """The name of the class of an object in a configuration, without its module; nothing for anything else."""
    path = given.get("class_path") if isinstance(given, dict) else None
    return path.rpartition(".")[2] if isinstance(path, str) else ""


def _goodness(run: Run) -> Iterator[str]:
    names = main_metrics(run)
    if not run.metrics:
        yield "It has logged no metrics yet."
    elif not names:
        yield not_measured(run)
    for name in names:
        yield goodness(run, name)


def not_measured(run: Run) -> str:
    """Why a run has no metric of its samples: it has come to no validation yet, or nothing measures them."""
    names = [each["class_path"].rpartition(".")[2] for each in callbacks(run)]
    if MEASURING.intersection(names):
        return "No metric of samples was logged yet: the first validation was still to come."
    return (
        "No metric of samples was logged: add one such as lit_wgan.SampleMetrics to trainer.callbacks, and "
        "trainer.val_check_interval."
    )


def goodness(run: Run, name: str) -> str:
    """A metric in a sentence: its last value, its floor, and where it was best if that was earlier."""
    value = run.metrics[name]
    if not math.isfinite(value):
        return f"{label(name)} is {value}: training has diverged, or the metric could not be computed."
    (sentence,) = in_words({each: run.metrics[each] for each in (name, f"{name}{FLOOR}") if each in run.metrics})
    values = values_of(run, name)
    if math.isfinite(values.best) and abs(values.best - value) > 0.05 * abs(value):
        sentence += f" It was best, {number(values.best)}, at update {values.best_at:,}."
    return sentence
