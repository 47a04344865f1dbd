"""The report on a repeated run: a table of the results, then what differs and possible reasons."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from lit_wgan.commands.columns import in_columns
from lit_wgan.commands.reproduce.comparison import Compared, compare_environments, compare_results, compare_rows
from lit_wgan.commands.reproduce.recipe import Recipe
from lit_wgan.commands.reproduce.records import read_environments, read_metrics, read_result
from lit_wgan.engine.checkpoints import read_checkpoint
from lit_wgan.runs.result import NETWORKS

SHOWN = 10
"""The most rows of metrics.csv that are listed."""


def report(recipe: Recipe, again: Path) -> tuple[str, bool]:
    """Compare a run with its repetition; return the report, and whether both are equal bit by bit."""
    entries = compare_results(recipe.result, read_result(again))
    rows = recipe.rows
    changed = compare_rows(rows, read_metrics(again), last=recipe.result["generator_updates"], ends=recipe.ends)
    changed = changed if rows else []
    equal = not changed and all(entry.equal for entry in entries)
    lines = [f"{recipe.run} was run again in {again}.", "", *_table(entries), _of_rows(rows, changed), ""]
    if equal:
        return "\n".join([*lines, *_differences(recipe, again), "Equal to the bit."]), True
    lines += [f"  {entry}" for entry in changed[:SHOWN]]
    if len(changed) > SHOWN:
        lines.append(f"  and {len(changed) - SHOWN} more")
    lines += [*_distances(recipe, again, entries), "", *_reasons(recipe, again)]
    return "\n".join(lines), False


def _table(entries: Sequence[Compared]) -> list[str]:
    lines = [("", "then", "now", "")]
    lines += [(e.name, _short(e.then), _short(e.now), "equal" if e.equal else "DIFFERENT") for e in entries]
    return in_columns(lines)


def _short(value: Any) -> str:
    return value[:16] if isinstance(value, str) else f"{value}"


def _of_rows(rows: Sequence[Any], changed: Sequence[Compared]) -> str:
    if not rows:
        return "The run has no metrics.csv."
    return f"metrics.csv, {len(rows)} rows: {f'{len(changed)} values differ' if changed else 'equal'}"


def _distances(recipe: Recipe, again: Path, entries: Sequence[Compared]) -> list[str]:
    """The largest difference of a weight in each network that differs, if both runs kept their last checkpoint."""
    different = [entry.name for entry in entries if entry.name in NETWORKS and not entry.equal]
    try:
        then, now = (read_checkpoint(run / "checkpoints" / "last.ckpt") for run in (recipe.run, again))
        if then["global_step"] != now["global_step"]:
            return []
        distances = {name: _distance(then["state_dict"], now["state_dict"], name) for name in different}
    except (ValueError, OSError, LookupError, TypeError, AttributeError, RuntimeError):  # the run's may hold anything
        return []
    return [f"  largest difference of a weight of the {name}: {value:.3g}" for name, value in distances.items()]


def _distance(then: dict[str, torch.Tensor], now: dict[str, torch.Tensor], network: str) -> float:
    names = [name for name in then.keys() & now.keys() if name.startswith(f"{network}.")]
    return max((float((then[name].double() - now[name].double()).abs().max()) for name in names), default=float("nan"))


def _differences(recipe: Recipe, again: Path) -> list[str]:
    """What differs between the environments of the two runs."""
    (now,) = read_environments(again)
    entries = [entry for then in recipe.environments.values() for entry in compare_environments(then, now)]
    return list(dict.fromkeys(map(str, entries)))


def _reasons(recipe: Recipe, again: Path) -> list[str]:
    (now,) = read_environments(again)
    reasons = _differences(recipe, again)
    environments = (*recipe.environments.values(), now)
    if any(environment.get("git_dirty") for environment in environments):
        reasons.append("files differed from the commit (git_dirty)")
    if now["accelerator"] != "cpu" and not now["deterministic"]:
        reasons.append("GPUs repeat a run to the bit only with --trainer.deterministic true")
    if not reasons:
        commit = "commit, " if all(environment.get("git_commit") for environment in environments) else ""
        lines = [
            f"The records show no reason: versions, {commit}hardware and threads agree. Check whether the data do."
        ]
        return lines if commit else [*lines, "The commit of a run is not known (git_commit)."]
    return ["Possible reasons:", *(f"  {reason}" for reason in reasons)]
