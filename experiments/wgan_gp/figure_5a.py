"""Figure 5 (a) of the WGAN-GP paper: the critic's loss falls on training and on held-out samples as the model learns.

The paper shows the negative loss of a WGAN-GP on LSUN bedrooms over 40,000 generator updates. Here it is
configs/wgan_gp_digits.yaml on 8x8 digits for 600 updates (with --full CIFAR-10), without the penalty: the critic's
estimate. It rises for the first updates, in which the critic learns to tell noise from digits, so everything is taken
from its peak on.
"""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from scipy.stats import spearmanr

from experiments.wgan_gp.figure_5b import CURVES, moving_mean
from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run

EVERY, PER_VALIDATION = 25, 5
LABEL = "training_and_held_out"
SMOOTH = 8
"""Validations that are averaged."""


class Figure5a(Experiment):
    """Both estimates fall together."""

    paper = "WGAN-GP (arXiv:1704.00028v3), Figure 5 (a)"
    claim = "The critic's loss falls as the model learns, on training and on held-out samples alike."
    published = "no number: 'converges consistently as the generator minimizes W'"
    headline = "rank_correlation"
    full_cost = "one GPU, a day"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """One WGAN-GP, validated often."""
        config = "configs/wgan_gp_cifar10_dcgan.yaml" if full else "configs/wgan_gp_digits.yaml"
        budget = ["--trainer.max_steps", "40000" if full else "600"]
        often = [
            "--trainer.val_check_interval",
            str(EVERY),
            "--trainer.log_every_n_steps",
            str(EVERY // PER_VALIDATION),
        ]
        return {LABEL: ["--config", config, *budget, *often, "--trainer.callbacks", "[]"]}

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """``training_fall``, ``held_out_fall``: the share of its peak by which an estimate has fallen at the end.

        ``rank_correlation``: Spearman's, of both estimates from the training one's peak on.
        """
        training, held_out = curves(runs[LABEL])
        peak = training.index(max(training))
        return {
            "training_fall": 1 - training[-1] / max(training),
            "held_out_fall": 1 - held_out[-1] / max(held_out),
            "rank_correlation": float(spearmanr(training[peak:], held_out[peak:]).statistic),
        }

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """Both fall by a tenth at least, and in step."""
        fall = min(numbers["training_fall"], numbers["held_out_fall"])
        return fall > 0.1 and numbers["rank_correlation"] > 0.8

    def draw(self, results: Sequence[Result]) -> Figure:
        """Both estimates over generator updates."""
        figure = Figure(figsize=(6, 4), layout="constrained")
        panel = figure.subplots()
        for (label, name), values in zip(CURVES.items(), curves(results[0].runs[LABEL]), strict=True):
            updates, raw = results[0].runs[LABEL].series(name)
            (line,) = panel.plot(updates, raw, lw=0.6, alpha=0.35)
            panel.plot(
                [EVERY * (number + 1) for number in range(len(values))], values, color=line.get_color(), label=label
            )
        panel.set(xlabel="generator updates", ylabel="negative critic loss, without penalty")
        panel.set_title("The critic's loss falls on training and held-out digits alike")
        panel.legend()
        return figure


def curves(run: Run) -> list[list[float]]:
    """The smoothed estimates on training and on held-out samples, one value for each validation."""
    (_, training), (_, held_out) = (run.series(name) for name in CURVES.values())
    of_training = moving_mean(training, SMOOTH * PER_VALIDATION)[PER_VALIDATION - 1 :: PER_VALIDATION]
    return [of_training, moving_mean(held_out, SMOOTH)]
