"""Random architectures: which of them GAN trains, and which WGAN-GP.

Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Section 5.1, Tables 1 and 2, and Table 5 of Appendix B. 200
architectures on ImageNet at 32x32: activation of generator and of critic of ReLU, LeakyReLU, softplus(2x + 2) / 2 - 1
and tanh; depth of either of 4, 8, 12, 20; batch norm in the generator or not; batch norm, under the penalty layer norm,
in the critic or not; 32, 64 or 128 base filters. An architecture succeeds if its Inception Score exceeds a threshold;
100,000 generator updates.

Setting: scikit-learn's 8x8 digits, 8 architectures, 400 generator updates. Depths 2, 4, 8 and 16 or 32 filters, since
images are smaller. Adam as in the paper: GAN 2e-4 with betas 0.5 and 0.999 and one discriminator update, WGAN-GP with
betas 0 and 0.9; its rate is 2e-4 in place of 1e-4, as in configs/wgan_gp_digits.yaml, for so short a training. Weight
decay of 1e-3 in critics with a norm, as in Appendix B. The Inception Score is that of the digits extractor, from 1 to
10; thresholds 3, 5, 7 were set before any run. ``--full``: all 200 architectures, 2,500 updates. ImageNet at 32x32 is
not packaged.
"""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run

OVERLAY = "experiments/wgan_gp/tables_1_2_5.yaml"
SCORE = "fidelity/inception_score_mean_digits"
THRESHOLDS = (3, 5, 7)
ACTIVATIONS = ("relu", "leaky_relu", "softplus", "tanh")
DEPTHS, WIDTHS = (2, 4, 8), (16, 32)
OUTCOMES = ("only_gan", "only_wgan_gp", "both", "neither")


class Architecture(NamedTuple):
    """A pair of DCGANs.

    Args:
        activations: of generator and critic.
        depths: of both, in layers.
        norms: whether each has a norm.
        width: base filters of both.
    """

    activations: tuple[str, str]
    depths: tuple[int, int]
    norms: tuple[bool, bool]
    width: int

    def options(self, norm_of_critic: str) -> list[str]:
        """Of ``lit-wgan fit``; the critic's norm is batch norm for GAN and layer norm for WGAN-GP."""
        norms = [norm if wanted else "none" for wanted, norm in zip(self.norms, ("batch", norm_of_critic), strict=True)]
        options = []
        for network, activation, depth, norm in zip(
            ("generator", "critic"), self.activations, self.depths, norms, strict=True
        ):
            values = {"activation": activation, "extra_layers": depth - 2, "norm": norm, "width": self.width}
            for name, value in values.items():
                options += [f"--model.{network}.{name}", str(value)]
        return options + (["--model.critic_optimizer.weight_decay", "1.0e-3"] if self.norms[1] else [])


def architectures(number: int) -> list[Architecture]:
    """The first so many of one random sequence, the same for all seeds."""
    chance = random.Random(0)
    return [
        Architecture(
            (chance.choice(ACTIVATIONS), chance.choice(ACTIVATIONS)),
            (chance.choice(DEPTHS), chance.choice(DEPTHS)),
            (chance.random() < 0.5, chance.random() < 0.5),
            chance.choice(WIDTHS),
        )
        for _ in range(number)
    ]


def runs_of(system: str, norm_of_critic: str, full: bool) -> dict[str, list[str]]:
    """A system on all architectures, by ``random_<system>_<number>``."""
    base = ["--config", f"configs/{system}_digits.yaml", "--config", OVERLAY]
    longer = ["--trainer.max_steps", "2500"] if full else []
    return {
        f"random_{system}_{number}": [*base, *architecture.options(norm_of_critic), *longer]
        for number, architecture in enumerate(architectures(200 if full else 8))
    }


def score(run: Run) -> float:
    """The Inception Score at the end; 1, the worst, of a run that ended before."""
    scores = run.series(SCORE)[1]
    return scores[-1] if scores else 1.0


class Tables125(Experiment):
    """Which architectures train with either system, with both, with neither."""

    paper = "WGAN-GP (arXiv:1704.00028v3), Tables 1, 2 and 5"
    claim = "WGAN-GP trains many architectures on which GAN fails, and GAN hardly any on which WGAN-GP fails."
    published = (
        "success of GAN alone, WGAN-GP alone, both: 0, 74, 125 of 200 above 2.5; 0, 147, 42 above 5; 1, 104, 5 above 7"
    )
    headline = "only_wgan_gp_above_5"
    may_diverge = True
    full_cost = "one core, about 12 hours"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """GAN and WGAN-GP on each architecture."""
        return runs_of("gan", "batch", full) | runs_of("wgan_gp", "layer", full)

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """The Inception Score of each, and how many succeed with which system above each threshold."""
        scores = {label: score(run) for label, run in runs.items()}
        pairs = [
            (gan, scores[label.replace("_gan_", "_wgan_gp_")])
            for label, gan in scores.items()
            if "_wgan_gp_" not in label
        ]
        numbers = {label.replace("random", "inception_score"): value for label, value in scores.items()}
        for threshold in THRESHOLDS:
            for outcome in OUTCOMES:
                count = sum(outcome_of(*pair, threshold) == outcome for pair in pairs)
                numbers[f"{outcome}_above_{threshold}"] = float(count)
        return numbers

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """Over all thresholds WGAN-GP alone succeeds more often than GAN alone."""
        only = [sum(numbers[f"{who}_above_{threshold}"] for threshold in THRESHOLDS) for who in OUTCOMES[:2]]
        return only[1] > only[0]

    def draw(self, results: Sequence[Result]) -> Figure:
        """The table, of all seeds together."""
        figure = Figure(figsize=(6.5, 1.6), layout="constrained")
        axes = figure.subplots()
        axes.set_axis_off()
        rows = [
            [str(threshold), *(f"{total(results, f'{outcome}_above_{threshold}'):.0f}" for outcome in OUTCOMES)]
            for threshold in THRESHOLDS
        ]
        columns = ["Inception Score above", "only GAN", "only WGAN-GP", "both", "neither"]
        table = axes.table(rows, colLabels=columns, loc="center", cellLoc="center", edges="horizontal")
        table.scale(1, 1.5)
        table.auto_set_column_width(range(len(columns)))
        return figure


def outcome_of(gan: float, wgan_gp: float, threshold: float) -> str:
    """Which of the two systems exceed a threshold."""
    return OUTCOMES[
        {(True, False): 0, (False, True): 1, (True, True): 2}.get((gan > threshold, wgan_gp > threshold), 3)
    ]


def total(results: Sequence[Result], number: str) -> float:
    """A number's sum over seeds."""
    return sum(result.numbers[number] for result in results)
