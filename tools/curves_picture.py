"""Draw curves of a run that trains well beside those of runs that do not: docs/images/good_and_bad_curves.png.

The runs are those that the rules of the diagnosis are tested with.

python tools/curves_picture.py docs/images/good_and_bad_curves.png
"""

import sys
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lit_wgan.runs.run import Run

RUNS = Path(__file__).parents[1] / "tests" / "reports" / "diagnosis" / "runs"
SHOWN = {
    "ok_digits": "good: W1 falls towards its floor,\nestimates fall and agree",
    "generator_rate_1e_6": "stuck: W1 does not fall,\nthe estimate stays high",
    "rates_5e_2_wgan_gp": "unstable: W1 jumps,\nthe best value was early",
    "few_training_samples": "overfitted critic: training and\nheld-out estimates part",
}


def main(output: Path) -> None:
    """Draw W1 and its floor in the upper row, the critic's estimates in the lower one."""
    figure = Figure(figsize=(12, 5), dpi=100, layout="constrained")
    for (name, title), column in zip(SHOWN.items(), figure.subplots(2, len(SHOWN), sharex="col").T, strict=True):
        run = Run(RUNS / name)
        column[0].set_title(title, fontsize=10)
        draw(column[0], run, {"eval/w1": "exact W1", "eval/w1_floor": "its floor"})
        estimate = "wasserstein_estimate_per_slope"
        if f"eval/{estimate}" not in run.metrics:
            estimate = "wasserstein_estimate"
        draw(column[1], run, {f"critic/{estimate}": "estimate, training", f"eval/{estimate}": "estimate, held out"})
        column[1].set_xlabel("generator updates")
    figure.savefig(output)


def draw(axes: Axes, run: Run, metrics: dict[str, str]) -> None:
    """Draw metrics of a run."""
    for (metric, label), colour in zip(metrics.items(), ("tab:blue", "tab:orange"), strict=True):
        axes.plot(*run.series(metric), label=label, color=colour, linestyle="--" if "floor" in metric else "-")
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
