"""Figure 5 (b) of the WGAN-GP paper: critics that learn a small training set by heart.

The paper trains "large unregularized WGANs" on 1,000 MNIST digits for 20,000 generator updates. Here it is 200 of
scikit-learn's 8x8 digits, and for comparison all but those held out, with MLPs of three layers of 512 for 300 updates,
each method with its paper's optimizer and weight.

The gap is the critic's estimate on training samples less that on held-out digits, each against generated samples and
averaged over the last quarter of training. That there is a gap at all says little, since every critic sees its
training samples more often; so that of few digits is compared with that of many.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

from matplotlib.figure import Figure

from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run

CONFIG = ["--config", "experiments/wgan_gp/figure_5b.yaml"]
FEW = ["--data.num_train", "200"]
METHODS = {"penalised": "gradient penalty", "clipped": "weight clipping"}
CURVES = {"training": "critic/wasserstein_estimate", "held out": "eval/wasserstein_estimate"}
SMOOTH = 25
"""Logged values of a minibatch that are averaged in the picture."""


class Figure5b(Experiment):
    """The estimates on training and on held-out digits part where few digits are trained on."""

    paper = "WGAN-GP (arXiv:1704.00028v3), Figure 5 (b)"
    claim = "With few training samples the critic overfits: its estimates on training and held-out samples part."
    published = "no number: the training loss 'gradually increases even while the validation loss drops'"
    headline = "smallest_ratio"
    full_cost = "one core, 5 hours"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """Each method on few digits and on all."""
        penalised = ["--model", "lit_wgan.WGANGP"]
        data = ["--data.dataset", "mnist", "--model.generator.data_shape", "[1, 28, 28]"] if full else []
        data += ["--model.critic.data_shape", "[1, 28, 28]", "--trainer.max_steps", "20000"] if full else []
        few = ["--data.num_train", "1000"] if full else FEW
        options = {"penalised": penalised, "clipped": []}
        return {f"overfitting_{kind}_few": [*CONFIG, *options[kind], *data, *few] for kind in METHODS} | {
            f"overfitting_{kind}_all": [*CONFIG, *options[kind], *data] for kind in METHODS
        }

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """The gap of each run, and ``smallest_ratio``, of few digits' gap over that of all, of the two methods."""
        gaps = {label.removeprefix("overfitting_"): gap(run) for label, run in runs.items()}
        ratios = [gaps[f"{kind}_few"] / max(gaps[f"{kind}_all"], 1e-9) for kind in METHODS]
        return gaps | {"smallest_ratio": min(ratios)}

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """The gap is more than twice as wide with few digits, for both methods."""
        return numbers["smallest_ratio"] > 2

    def draw(self, results: Sequence[Result]) -> Figure:
        """The negative critic loss over generator updates, penalised at the left and clipped at the right."""
        runs = results[0].runs
        figure = Figure(figsize=(9, 4), layout="constrained")
        for panel, (kind, title) in zip(figure.subplots(1, 2), METHODS.items(), strict=True):
            for size, colour in (("few", "tab:red"), ("all", "tab:blue")):
                for curve, style in (("training", "-"), ("held out", "--")):
                    updates, values = runs[f"overfitting_{kind}_{size}"].series(CURVES[curve])
                    width = SMOOTH if curve == "training" else SMOOTH // 5
                    label = f"{size} digits, {curve}"
                    panel.plot(updates, moving_mean(values, width), style, color=colour, label=label)
            panel.set(title=title, xlabel="generator updates", ylabel="negative critic loss, without penalty")
            panel.legend(fontsize=8)
        return figure


def gap(run: Run) -> float:
    """The estimate on training samples less that on held-out ones, over the last quarter."""
    training, held_out = (late_mean(run, name) for name in CURVES.values())
    return training - held_out


def late_mean(run: Run, metric: str) -> float:
    """The mean of a metric over the last quarter of a run."""
    updates, values = run.series(metric)
    return fmean(value for update, value in zip(updates, values, strict=True) if update > 0.75 * updates[-1])


def moving_mean(values: Sequence[float], width: int) -> list[float]:
    """The mean of each value and those before it, up to so many in all."""
    return [fmean(values[max(end - width, 0) : end]) for end in range(1, len(values) + 1)]
