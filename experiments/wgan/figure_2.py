"""Figure 2 of the WGAN paper: an optimal discriminator and an optimal critic between two Gaussians on a line.

Real samples are N(0, 1), generated ones N(8, 1); neither moves. The paper gives neither networks nor means: here both
have two hidden layers of 64, and train for 2,000 updates on minibatches of 128. The slope of a critic is told relative
to its median, since clipping bounds it by an unknown constant, and a two-sided penalty makes it 1 + W1 / (2 lambda).
"""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run
from lit_wgan.trained import find_trained

SHIFT = 8.0
BETWEEN = torch.linspace(-4, 12, 321)
CONFIG = ["--config", "experiments/wgan/figure_2.yaml"]
RMSPROP = '{"class_path": "torch.optim.RMSprop", "init_args": {"lr": 5.0e-4}}'


class Shifted(nn.Module):
    """The fixed generator: ``z + 8``, N(8, 1)."""

    def forward(self, z: Tensor) -> Tensor:
        """Samples ``(N, 1)`` for noise ``(N, 1)``."""
        return z + SHIFT


class Figure2(Experiment):
    """A discriminator saturates and its gradient vanishes; a critic's does not."""

    paper = "WGAN (arXiv:1701.07875v3), Figure 2"
    claim = "Between two Gaussians the discriminator's gradient vanishes, while the critic is close to linear."
    published = "no number: 'remarkably clean gradients everywhere'"
    headline = "discriminator_gradient"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """The same networks as a GAN, a WGAN and a WGAN-GP."""
        clipped = ["--model", "lit_wgan.WGAN", "--model.clip_value", "0.1", "--model.critic_optimizer", RMSPROP]
        return {
            "two_gaussians_gan": CONFIG,
            "two_gaussians_wgan": [*CONFIG, *clipped],
            "two_gaussians_wgan_gp": [*CONFIG, "--model", "lit_wgan.WGANGP", "--model.gp_weight", "10"],
        }

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """What a generator would learn from each.

        ``discriminator_gradient``: the median over generated samples of the gradient's size of log(1 - D(x)).
        ``clipped_flattest``, ``penalised_flattest``: a critic's least slope between -4 and 12, over its median.
        """
        fake = SHIFT + torch.linspace(-2, 2, 101)
        logits, slope = scores(runs["two_gaussians_gan"], fake)
        gradient = (logits.sigmoid() * slope).abs()  # of log(1 - sigmoid(logit))
        _, clipped = scores(runs["two_gaussians_wgan"], BETWEEN)
        _, penalised = scores(runs["two_gaussians_wgan_gp"], BETWEEN)
        return {
            "discriminator_gradient": float(gradient.median()),
            "clipped_flattest": flattest(clipped),
            "penalised_flattest": flattest(penalised),
        }

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """The discriminator gives less than a thousandth; a critic never less than a third of its usual slope."""
        critics = min(numbers["clipped_flattest"], numbers["penalised_flattest"])
        return numbers["discriminator_gradient"] < 1e-3 and critics > 1 / 3

    def draw(self, results: Sequence[Result]) -> Figure:
        """Densities, discriminator and critics over x, as in the paper, and their gradients below."""
        runs = results[0].runs
        figure = Figure(figsize=(7, 6), layout="constrained")
        values, slopes = figure.subplots(2, 1, sharex=True)
        for mean, label, colour in ((0, "density of real", "tab:blue"), (SHIFT, "density of fake", "tab:green")):
            values.plot(BETWEEN, torch.exp(-((BETWEEN - mean) ** 2) / 2) / 2.5066, color=colour, lw=1, label=label)
        logits, slope = scores(runs["two_gaussians_gan"], BETWEEN)
        values.plot(BETWEEN, logits.sigmoid(), color="tab:red", label="GAN discriminator D(x)")
        slopes.semilogy(BETWEEN, (logits.sigmoid() * slope).abs(), color="tab:red", label="log(1 - D(x)), the GAN's")
        for label, name, colour in (
            ("two_gaussians_wgan", "WGAN critic", "tab:cyan"),
            ("two_gaussians_wgan_gp", "WGAN-GP critic", "tab:purple"),
        ):
            score, slope = scores(runs[label], BETWEEN)
            spread = score.max() - score.min()
            values.plot(BETWEEN, (score - score.min()) / spread, color=colour, label=f"{name}, scaled to [0, 1]")
            slopes.semilogy(BETWEEN, slope.abs(), color=colour, label=name)
        values.set_title("An optimal discriminator saturates; a critic does not")
        slopes.set(xlabel="x", ylabel="size of the gradient in x", ylim=(1e-9, 10))
        values.legend(fontsize=8)
        slopes.legend(fontsize=8, loc="lower left")
        return figure


def scores(run: Run, x: Tensor) -> tuple[Tensor, Tensor]:
    """The critic's scores of points on the line ``(N,)``, and their derivatives ``(N,)``."""
    system = find_trained(run.directory).system()
    points = x[:, None].clone().requires_grad_()
    scored = system.score(points)
    (slope,) = torch.autograd.grad(scored.sum(), points)
    return scored.detach(), slope[:, 0]


def flattest(slope: Tensor) -> float:
    """The least size of a slope, over its median."""
    return float(slope.abs().min() / slope.abs().median())
