"""Seven architectures trained by four methods, each method with one set of hyperparameters.

Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Section 5.2 and Figure 2, Appendices E, F and H; networks and rates
are in ``experiments/architectures.py``.

Setting of the paper: LSUN bedrooms at 64x64, 200,000 generator updates. It shows samples, and no number; here a run has
succeeded if the FID of its samples is below ``TRAINED``.
"""

from collections.abc import Mapping, Sequence
from itertools import product

from matplotlib.figure import Figure

from experiments.architectures import ARCHITECTURES, DIVERGED, METHODS, drawn, label, number, options
from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run

TRAINED = 40.0
"""FID below which a run has learnt to draw digits: ten fixed digits, one of each class, have 32, noise has 87."""


class Figure2(Experiment):
    """28 runs."""

    paper = "WGAN-GP (arXiv:1704.00028v3), Figure 2"
    claim = "Only WGAN-GP trains every architecture with one set of hyperparameters."
    published = "no number: samples of 28 runs; each method but WGAN-GP fails on some"
    headline = "trained_by_wgan_gp"
    full_cost = "28 runs of days on one GPU"
    may_diverge = True

    def runs(self, full: bool) -> dict[str, list[str]]:
        """Every architecture by every method."""
        return {
            label(method, architecture): options(method, architecture, full)
            for architecture, method in product(ARCHITECTURES, METHODS)
        }

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """The FID of each run, and ``trained_by_...``: how many architectures a method trains."""
        fids = {
            (architecture, method): number(runs[label(method, architecture)], "fid", DIVERGED)
            for architecture, method in product(ARCHITECTURES, METHODS)
        }
        trained = {method: sum(fids[each, method] < TRAINED for each in ARCHITECTURES) for method in METHODS}
        return {f"trained_by_{method}": trained[method] for method in METHODS} | {
            f"fid_{architecture}_{method}": fid for (architecture, method), fid in fids.items()
        }

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """WGAN-GP trains all, and each of the others fewer."""
        others = [numbers[f"trained_by_{method}"] for method in METHODS if method != "wgan_gp"]
        return numbers["trained_by_wgan_gp"] == len(ARCHITECTURES) > max(others)

    def draw(self, results: Sequence[Result]) -> Figure:
        """Samples, a column for each architecture."""
        return drawn(results, METHODS, ARCHITECTURES, "fid")
