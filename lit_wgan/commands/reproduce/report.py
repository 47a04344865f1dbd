"""The report of a repetition: a table of what came out, then what differs and why it may."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from lit_wgan.commands.reproduce.comparison import Figure, compare_environments, compare_results, compare_rows
from lit_wgan.commands.reproduce.recipe import Recipe, read_environments, read_metrics, read_result
from lit_wgan.engine.checkpoints import read_checkpoint
from lit_wgan.runs.result import NETWORKS

SHOWN = 10
"""Rows of metrics.csv that are listed where they differ."""


def report(recipe: Recipe, again: Path) -> tuple[str, bool]:
    """The report on a recipe and the directory of its repetition, and whether both are equal to the bit."""
    figures = compare_results(recipe.result, read_result(again))
    rows = recipe.rows
    changed = compare_rows(rows, read_metrics(again), last=recipe.result["generator_updates"], ends=recipe.ends)
    changed = changed if rows else []
    equal = not changed and all(figure.equal for figure in figures)
    lines = [f"{recipe.run} was run again in {again}.", "", *_table(figures), _of_rows(rows, changed), ""]
    if equal:
        return "\n".join([*lines, *_differences(recipe, again), "Equal to the bit."]), True
    lines += [f"  {figure}" for figure in changed[:SHOWN]]
    if len(changed) > SHOWN:
        lines.append(f"  and {len(changed) - SHOWN} more")
    lines += [*_distances(recipe, again, figures), "", *_reasons(recipe, again)]
    return "\n".join(lines), False


def _table(figures: Sequence[Figure]) -> list[str]:
    lines = [("", "then", "now", "")]
    lines += [(f.name, _short(f.then), _short(f.now), "equal" if f.equal else "DIFFERENT") for f in figures]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _short(value: Any) -> str:
    return value[:16] if isinstance(value, str) else f"{value}"


def _of_rows(rows: Sequence[Any], changed: Sequence[Figure]) -> str:
    if not rows:
        return "The run has no metrics.csv."
    return f"metrics.csv, {len(rows)} rows: {f'{len(changed)} figures differ' if changed else 'equal'}"


def _distances(recipe: Recipe, again: Path, figures: Sequence[Figure]) -> list[str]:
    """How far apart the weights are that differ, where both runs still have their last checkpoint."""
    different = [figure.name for figure in figures if figure.name in NETWORKS and not figure.equal]
    try:
        then, now = (read_checkpoint(run / "checkpoints" / "last.ckpt") for run in (recipe.run, again))
    except (ValueError, OSError):
        return []
    if then["global_step"] != now["global_step"]:
        return []
    return [
        f"  largest difference of a weight of the {name}: {_distance(then['state_dict'], now['state_dict'], name):.3g}"
        for name in different
    ]


def _distance(then: dict[str, torch.Tensor], now: dict[str, torch.Tensor], network: str) -> float:
    names = [name for name in then.keys() & now.keys() if name.startswith(f"{network}.")]
    return max((float((then[name].double() - now[name].double()).abs().max()) for name in names), default=float("nan"))


def _differences(recipe: Recipe, again: Path) -> list[str]:
    """In what the two runs' environments differ."""
    (now,) = read_environments(again)
    figures = [figure for then in recipe.environments.values() for figure in compare_environments(then, now)]
    return list(dict.fromkeys(map(str, figures)))


def _reasons(recipe: Recipe, again: Path) -> list[str]:
    (now,) = read_environments(again)
    reasons = _differences(recipe, again)
    if any(environment["git_dirty"] for environment in (*recipe.environments.values(), now)):
        reasons.append("files were changed that no commit holds (git_dirty)")
    if now["accelerator"] != "cpu" and not now["deterministic"]:
        reasons.append("GPUs repeat a run to the bit only with --trainer.deterministic true")
    if not reasons:
        return ["The records name no reason: same versions, commit, hardware and threads. Was the data the same?"]
    return ["What can be the reason:", *(f"  {reason}" for reason in reasons)]
