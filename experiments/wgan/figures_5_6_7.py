"""Three generators trained as a WGAN and as a GAN: DCGAN, one without batch norm and of few filters, and an MLP.

Source: Arjovsky et al. 2017, arXiv:1701.07875v3, Section 4.3 and Figures 5 to 7; discriminator and critic are DCGANs.
The runs are those of WGAN-GP's Figure 2, see ``experiments/architectures.py``. The settings of the paper's GAN are not
given; here they are DCGAN's.

What the paper calls mode collapse is told by the recall: the share of real images that are as near to a generated one
as to their own neighbours (Kynkaanniemi et al. 2019).

Seen with seed 0: at ten times the paper's rates both MLP generators collapse to one image, the WGAN's too, and the WGAN
loses more than the GAN without batch norm. The paper's own rates, which take ten times as long, were not tried.
"""

from collections.abc import Mapping, Sequence
from itertools import product

from matplotlib.figure import Figure

from experiments.architectures import DIVERGED, drawn, label, number, options
from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run

METHODS = ("wgan", "gan")
GENERATORS = ("baseline", "constant_filters", "mlp")


class Figures567(Experiment):
    """Six runs."""

    paper = "WGAN (arXiv:1701.07875v3), Figures 5 to 7"
    claim = "A GAN depends on its generator's architecture, and loses modes with poor ones; a WGAN does less."
    published = "no number: 'In no experiment did we see evidence of mode collapse for the WGAN algorithm.'"
    headline = "recall_lost_by_gan"
    full_cost = "6 runs of days on one GPU"
    may_diverge = True

    def runs(self, full: bool) -> dict[str, list[str]]:
        """Every generator by either method."""
        return {
            label(method, generator): options(method, generator, full)
            for generator, method in product(GENERATORS, METHODS)
        }

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """FID and recall of each run, and how much recall the worst generator has less than DCGAN's."""
        numbers = {}
        for generator, method in product(GENERATORS, METHODS):
            run = runs[label(method, generator)]
            numbers[f"fid_{generator}_{method}"] = number(run, "fid", DIVERGED)
            numbers[f"recall_{generator}_{method}"] = number(run, "recall", 0)
        for method in METHODS:
            best, *others = (numbers[f"recall_{generator}_{method}"] for generator in GENERATORS)
            numbers[f"recall_lost_by_{method}"] = best - min(others)
        return numbers

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """The GAN loses more than twice the recall that the WGAN does, and at least a tenth."""
        return numbers["recall_lost_by_gan"] > max(0.1, 2 * numbers["recall_lost_by_wgan"])

    def draw(self, results: Sequence[Result]) -> Figure:
        """Samples, a column for each generator."""
        return drawn(results, METHODS, GENERATORS, "fid", "recall")
