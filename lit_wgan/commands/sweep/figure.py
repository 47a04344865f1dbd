"""Draw the objective against a parameter."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from lit_wgan.commands.sweep.parameters import extremes, is_logarithmic, shown
from lit_wgan.commands.sweep.search import last_value

_MARKS: dict[TrialState, dict[str, Any]] = {
    TrialState.COMPLETE: {"marker": "o", "color": "C0", "label": "finished"},
    TrialState.PRUNED: {"marker": "o", "facecolors": "none", "edgecolors": "C0", "label": "stopped early"},
    TrialState.RUNNING: {"marker": "_", "color": "C0", "label": "interrupted"},
}


def draw(
    trials: Sequence[FrozenTrial], name: str, distribution: BaseDistribution, metric: str, maximise: bool
) -> Figure:
    """Plot every trial's last value of the objective against its value of a parameter, and mark the best.

    Failed trials stand on the lower edge, since they have no value that counts.

    Args:
        trials: to plot, the best first.
        name: of the parameter.
        distribution: of the parameter.
        metric: name of the objective.
        maximise: whether more is better.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xlabel=name, ylabel=metric)
    axes.set_title(f"{'higher' if maximise else 'lower'} is better", fontsize="small", loc="right")
    axes.grid(alpha=0.3)
    position = _axis(axes, distribution)
    judged = [trial for trial in trials if trial.state in _MARKS and trial.intermediate_values]
    for state, mark in _MARKS.items():
        points = [(position(trial.params[name]), last_value(trial)) for trial in judged if trial.state == state]
        if points:
            axes.scatter(*zip(*points, strict=True), **mark)
    values = [last_value(trial) for trial in judged]
    if values and 0 < 10 * min(values) < max(values):
        axes.set_yscale("log")
    failed = [position(trial.params[name]) for trial in trials if trial.state == TrialState.FAIL]
    if failed:
        edge = axes.get_xaxis_transform()
        axes.scatter(failed, [0] * len(failed), marker="x", color="C3", label="failed", transform=edge, clip_on=False)
    if trials[0].state == TrialState.COMPLETE:
        _mark_best(axes, position(trials[0].params[name]), trials[0], name)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize="small")
    return figure


def _mark_best(axes: Any, x: float, best: FrozenTrial, name: str) -> None:
    label = f"best: {shown(best.params[name])}, {last_value(best):.4g}"
    axes.scatter([x], [last_value(best)], marker="*", s=200, color="C1", label=label)


def _axis(axes: Any, distribution: BaseDistribution) -> Any:
    """Set up the horizontal axis; return a function from a value to its position on it."""
    values = extremes(distribution)
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        labels = [str(value) for value in values]
        axes.set_xticks(range(len(labels)), labels)
        return lambda value: labels.index(str(value))
    if is_logarithmic(distribution):
        axes.set_xscale("log")
    return lambda value: value
