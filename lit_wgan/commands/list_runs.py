"""``lit-wgan list``: the runs in a folder, how far they came and how good they are."""

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

from lit_wgan.commands.columns import in_columns
from lit_wgan.commands.options import Parser
from lit_wgan.errors import UsageError
from lit_wgan.runs.main_metrics import MOST, Values, badness
from lit_wgan.runs.overview import Overview, overviews
from lit_wgan.runs.run import runs_in
from lit_wgan.trained.found import RUNS

HEADER = ["run", "state", "updates", "metric", "best", "at", "last", "floor", "active", "size"]
RIGHT = (4, 5, 6, 7, 8, 9)
ORDERS = ("name", "updates", "active", "size")
EMPTY = "No runs in {folder}. This trains one: lit-wgan fit --config configs/wgan_gp_digits.yaml"
TIMES = (("s", 60), ("min", 60), ("h", 24), ("d", math.inf))
SIZES = (("B", 1000), ("kB", 1000), ("MB", 1000), ("GB", math.inf))


def parser() -> Parser:
    """The parser of the command's options."""
    parser = Parser(
        "lit-wgan list",
        description="Show the runs in a folder: how far each came, and its main metrics, first the one that "
        "checkpoints are chosen by (checkpoint.monitor). A floor is what a perfect generator would reach.",
    )
    parser.add_argument("folder", nargs="?", default=str(RUNS), metavar="FOLDER", help="of runs; runs without it")
    orders = f"{', '.join(ORDERS)}, or a metric such as w1, fid or eval/auc, whose best run comes first"
    parser.add_argument("--sort", default="name", metavar="BY", help=orders)
    parser.add_argument("--json", action="store_true", help="print all metrics as JSON, for scripts")
    return parser


def list_runs(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for a folder that is not there, and a metric that no run has.
    """
    chosen = parser().parse_args(arguments)
    folder = Path(chosen.folder).expanduser()
    if not folder.is_dir() and folder != RUNS:
        raise UsageError(f"Expected a folder of runs, but got {folder}, which is no folder. Name another.")
    found = overviews(list(runs_in(folder)) if folder.is_dir() else [])
    found = _sorted(found, chosen.sort)
    if chosen.json:
        print(json.dumps([each.as_json() for each in found], indent=2))
    elif not found:
        print(EMPTY.format(folder=folder))
    else:
        now = time.time()
        rows = [row for each in found for row in _rows(each, _metric(each, chosen.sort), now)]
        print("\n".join(in_columns([HEADER, *rows], RIGHT)))
        faults = [f"{each.name}: {each.fault}" for each in found if each.fault]
        print("\n".join(["", *faults] if faults else []), end="\n" if faults else "")


def _sorted(runs: Sequence[Overview], by: str) -> list[Overview]:
    if by == "name":
        return list(runs)
    if by in ORDERS:
        return sorted(runs, key=lambda run: getattr(run, by), reverse=True)
    if runs and not any(_metric(run, by) for run in runs):
        known = ", ".join(dict.fromkeys(metric for run in runs for metric in run.metrics)) or "none"
        choices = f"{', '.join(ORDERS)} or a metric of these runs ({known})"
        raise UsageError(f"Expected --sort {choices}, but got '{by}'. Name one of them.")

    def order(run: Overview) -> tuple[bool, float]:
        metric = _metric(run, by)
        return metric is None, badness(metric, run.metrics[metric].best) if metric else 0.0

    return sorted(runs, key=order)


def _metric(run: Overview, name: str) -> str | None:
    """The metric of a run that a name stands for: in full, without ``eval/``, or without the extractor behind it."""
    short = {metric: metric.rpartition("/")[2] for metric in run.metrics}
    equal = [metric for metric in short if name in (metric, short[metric])]
    return next(iter([*equal, *(metric for metric in short if short[metric].startswith(f"{name}_"))]), None)


def _rows(run: Overview, first: str | None, now: float) -> list[list[str]]:
    """A row for each main metric of a run, of which the first says all else."""
    shown = list(dict.fromkeys([*([first] if first else []), *run.metrics]))[:MOST]
    cells = [[name, *_cells(run.metrics[name])] for name in shown] or [[""] * 5]
    updates = f"{run.updates}" + (f" of {run.max_updates}" if run.max_updates not in (None, run.updates) else "")
    about = [[run.name, run.state, "" if run.fault else updates]] + [[""] * 3] * (len(cells) - 1)
    ends = [[f"{_scaled(now - run.active, TIMES)} ago", _scaled(run.size, SIZES)]] + [[""] * 2] * (len(cells) - 1)
    return [[*start, *middle, *end] for start, middle, end in zip(about, cells, ends, strict=True)]


def _cells(values: Values) -> list[str]:
    floor = "" if values.floor is None else f"{values.floor:.4g}"
    return [f"{values.best:.4g}", str(values.best_at), f"{values.last:.4g}", floor]


def _scaled(value: float, units: Sequence[tuple[str, float]]) -> str:
    """A number in the largest unit of which it is at least one."""
    value = max(value, 0)
    for unit, most in units[:-1]:
        if value < most:
            return f"{value:.0f} {unit}"
        value /= most
    return f"{value:.0f} {units[-1][0]}"
