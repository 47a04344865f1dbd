"""ELU and its smooth twin in the critic of a WGAN-GP, whose penalty is differentiated twice.

Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Appendix D, where ELU has kinks in its second derivative and fails in
some architectures, which are not given. Here the critic is the baseline of ``experiments/architectures.py``, and so are
the generator, digits and rates.
"""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from experiments.architectures import DIVERGED, number, options, show
from experiments.wgan_gp.figure_2 import TRAINED
from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run

ACTIVATIONS = {"elu": "ELU", "softplus": "softplus(2x + 2) / 2 - 1"}


class AppendixD(Experiment):
    """Two runs."""

    paper = "WGAN-GP (arXiv:1704.00028v3), Appendix D"
    claim = "A critic of ELUs fails to train under the penalty where one of the smooth softplus does."
    published = "no number: networks with ELU failed, with the smooth activation they trained"
    headline = "fid_elu"
    full_cost = "two runs of days on one GPU"
    may_diverge = True

    def runs(self, full: bool) -> dict[str, list[str]]:
        """The critic with either activation."""
        baseline = options("wgan_gp", "baseline", full)
        return {f"critic_{each}": [*baseline, "--model.critic.activation", each] for each in ACTIVATIONS}

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """The FID of either."""
        return {f"fid_{each}": number(runs[f"critic_{each}"], "fid", DIVERGED) for each in ACTIVATIONS}

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """The smooth one trains, as in Figure 2, and ELU does not."""
        return numbers["fid_softplus"] < TRAINED <= numbers["fid_elu"]

    def draw(self, results: Sequence[Result]) -> Figure:
        """Samples of both, and the norm of the critic's gradient while they train."""
        figure = Figure(figsize=(8.5, 3), layout="constrained")
        *images, norms = figure.subplots(1, 3)
        for axes, (activation, words) in zip(images, ACTIVATIONS.items(), strict=True):
            run = results[0].runs[f"critic_{activation}"]
            show(axes, run)
            axes.set_title(f"{words}\nFID {results[0].numbers[f'fid_{activation}']:.3g}", fontsize=9)
            norms.plot(*run.series("critic/gradient_norm"), label=words)
        norms.axhline(1, color="0.7", linewidth=0.8)
        norms.set(xlabel="generator updates", title="norm of the critic's gradient")
        norms.legend(fontsize=8, frameon=False)
        return figure
