"""What an experiment says of itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from lit_wgan.runs.run import Run


@dataclass(frozen=True)
class Result:
    """An experiment of one seed.

    Args:
        seed: of its runs.
        runs: by label, trained.
        numbers: what was measured of them.
    """

    seed: int
    runs: Mapping[str, Run]
    numbers: Mapping[str, float]


class Experiment(ABC):
    """An experiment of a paper, or a reduced version of it that shows the same claim in minutes on a CPU.

    A subclass says what to train, as options of ``lit-wgan fit``, and what to make of the runs; it trains nothing
    itself.
    """

    paper: str
    """The paper and the place in it, such as ``WGAN (arXiv:1701.07875v3), Figure 2``."""
    claim: str
    """What the paper says, in one sentence."""
    published: str
    """The paper's own number or, where it has none, what it reports."""
    headline: str
    """Name of the number that the claim is about, for tables."""
    full_cost: str = ""
    """What the paper's own budget costs, with ``--full``; empty where the experiment is no reduced version."""
    has_reduced: bool = True
    """Whether there is a version for a CPU; without one, the experiment runs with ``--full`` alone."""
    may_diverge: bool = False
    """Whether runs whose losses become infinite are part of the result, as :attr:`Run.ended` tells."""

    @abstractmethod
    def runs(self, full: bool) -> dict[str, list[str]]:
        """The options of ``lit-wgan fit`` for each run, by a label for files.

        Seed and place are added to them. Runs of equal labels and options are one, also those of other experiments.

        Args:
            full: with the paper's own budget.
        """

    @abstractmethod
    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """The numbers of one seed, by names for tables.

        Args:
            runs: trained, by label.
        """

    @abstractmethod
    def holds(self, numbers: Mapping[str, float]) -> bool:
        """Whether the numbers of one seed bear the claim out."""

    @abstractmethod
    def draw(self, results: Sequence[Result]) -> Figure:
        """The picture, of all seeds or of the first.

        Args:
            results: of each seed, at least one.
        """
