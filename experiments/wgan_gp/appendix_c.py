"""Penalise only slopes above 1, or below it too?

Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Appendix C: on 174 random architectures the two-sided penalty had the
better Inception Score in 100 and the one-sided in 77 (as printed: they add up to 177), which is not significant at
0.05.

Setting: the 8 architectures and the trainings of Tables 1, 2 and 5 here, with either penalty; a sign test of the pairs.
"""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from scipy.stats import binomtest

from experiments.wgan_gp.tables_1_2_5 import runs_of, score
from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run

ONE_SIDED = "one_sided_"


class AppendixC(Experiment):
    """Pairs of runs that differ in the penalty's sides."""

    paper = "WGAN-GP (arXiv:1704.00028v3), Appendix C"
    claim = "The one-sided penalty is neither better nor worse than the two-sided one."
    published = "two-sided better in 100 architectures, one-sided in 77; not significant at 0.05"
    headline = "p_value"
    may_diverge = True
    full_cost = "one core, about 8 hours"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """WGAN-GP with each penalty."""
        two_sided = runs_of("wgan_gp", "layer", full)
        one_sided = {f"{ONE_SIDED}{label}": [*run, "--model.one_sided", "true"] for label, run in two_sided.items()}
        return two_sided | one_sided

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """How often each is better, the p-value of the sign test, and the mean difference of their scores."""
        differences = [
            score(run) - score(runs[f"{ONE_SIDED}{label}"])
            for label, run in runs.items()
            if not label.startswith(ONE_SIDED)
        ]
        two_sided, one_sided = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
        decided = two_sided + one_sided
        return {
            "two_sided_better": float(two_sided),
            "one_sided_better": float(one_sided),
            "p_value": float(binomtest(two_sided, decided).pvalue) if decided else 1.0,
            "mean_difference": sum(differences) / len(differences),
        }

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """The sign test finds no difference at 0.05."""
        return numbers["p_value"] > 0.05

    def draw(self, results: Sequence[Result]) -> Figure:
        """The score with one penalty over that with the other, a point for each architecture and seed."""
        figure = Figure(figsize=(4.2, 4.0), layout="constrained")
        axes = figure.subplots()
        for result in results:
            labels = [label for label in result.runs if not label.startswith(ONE_SIDED)]
            two_sided = [score(result.runs[label]) for label in labels]
            axes.plot(two_sided, [score(result.runs[f"{ONE_SIDED}{label}"]) for label in labels], "o", color="#1f6f8b")
        axes.plot([1, 10], [1, 10], color="0.6", linewidth=0.8)
        axes.set(
            xlabel="two-sided penalty", ylabel="one-sided penalty", title="Inception Score, digits", aspect="equal"
        )
        axes.spines[["top", "right"]].set_visible(False)
        return figure
