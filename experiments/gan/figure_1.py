"""Figure 1 of the GAN paper: discriminator, densities and the map from z to x while a GAN trains on a line.

The paper's figure is drawn by hand. Here real samples are N(0, 1), noise is uniform on [-1, 1], and both networks have
two hidden layers of 32: 2,000 generator updates, five of the discriminator before each. What Eq. (2) says of the best
discriminator, D = p_data / (p_data + p_g), is measured beside it, where both densities are known: against a fixed
generator of N(1, 0.6^2), 3,000 updates.

That D ends nearer to one half than it began was asserted at first. On seed 0 the mean distance over real samples is
0.039 after 20 updates, 0.035 after 100, 0.044 after 1,866 and 0.031 after 2,000: it goes up and down, and a
discriminator that has learned nothing is near one half too. So this is no longer part of the claim; what is left is a
distance below 0.1 at the end.

The error is a mean over both laws, half and half: where neither has samples, D is whatever the network makes of it.
"""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.distributions import Normal

from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run
from lit_wgan.systems import AdversarialSystem
from lit_wgan.trained import find_trained

DATA, FIXED = Normal(0.0, 1.0), Normal(1.0, 0.6)
X = torch.linspace(-4, 4, 401)
TIMES = (20, 100, 500, 2000)
"""Generator updates that are drawn."""
CONFIG = ["--config", "experiments/gan/figure_1.yaml"]


class Narrow(nn.Module):
    """The fixed generator: N(1, 0.6^2) of standard normal noise."""

    def forward(self, z: Tensor) -> Tensor:
        """Samples ``(N, 1)`` for noise ``(N, 1)``."""
        return FIXED.loc + FIXED.scale * z


class Figure1(Experiment):
    """The discriminator finds the ratio of densities, and ends at one half where they agree."""

    paper = "GAN (arXiv:1406.2661v1), Figure 1 and Eq. (2)"
    claim = "The discriminator becomes p_data / (p_data + p_g), and one half when the generator has found the data."
    published = "no number: drawn by hand"
    headline = "optimum_error"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """A GAN, and a discriminator against a fixed generator."""
        fixed = '{"class_path": "experiments.gan.figure_1.Narrow"}'
        alone = ["--model.generator", fixed, "--model.latent_law", "normal", "--model.n_critic", "1"]
        return {
            "gan_on_a_line": CONFIG,
            "discriminator_on_a_line": [*CONFIG, *alone, "--trainer.max_steps", "3000"],
        }

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """How far D is from what it should be.

        ``optimum_error``: mean of |D - p_data / (p_data + p_g)| over both laws, with the fixed generator.
        ``first_from_half``, ``last_from_half``: mean of |D - 1/2| over real samples, after the first and last updates
        drawn.
        """
        between = torch.cat([law.icdf(quantiles(500)) for law in (DATA, FIXED)])
        error = discriminator(systems(runs["discriminator_on_a_line"])[-1], between) - optimum(between)
        first, *_, last = systems(runs["gan_on_a_line"], TIMES)
        real = DATA.icdf(quantiles(500))
        return {
            "optimum_error": float(error.abs().mean()),
            "first_from_half": float((discriminator(first, real) - 0.5).abs().mean()),
            "last_from_half": float((discriminator(last, real) - 0.5).abs().mean()),
        }

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """Within 0.05 of Eq. (2), and at last within 0.1 of one half."""
        return numbers["optimum_error"] < 0.05 and numbers["last_from_half"] < 0.1

    def draw(self, results: Sequence[Result]) -> Figure:
        """As in the paper, four times; and Eq. (2) with the fixed generator."""
        runs = results[0].runs
        figure = Figure(figsize=(13, 3.4), layout="constrained")
        panels = figure.subplots(1, 5, sharey=True)
        for panel, system, update in zip(panels, systems(runs["gan_on_a_line"], TIMES), TIMES, strict=False):
            draw_time(panel, system)
            panel.set_title(f"after {update:,} updates")
        last = panels[-1]
        last.plot(X, DATA.log_prob(X).exp(), "k:", lw=1.5)
        last.plot(X, FIXED.log_prob(X).exp(), color="tab:green")
        last.plot(X, discriminator(systems(runs["discriminator_on_a_line"])[-1], X), "--", color="tab:blue")
        last.plot(X, optimum(X), color="tab:red", lw=1, label="p_data / (p_data + p_g)")
        last.set_title("a fixed generator")
        last.legend(loc="upper right", fontsize=7)
        panels[0].legend(loc="upper right", fontsize=7)
        for panel in panels:
            panel.set(xlim=(-4, 4), ylim=(-0.62, 1.3), xticks=[], yticks=[0, 0.5, 1])
        return figure


def systems(run: Run, updates: Sequence[int] = ()) -> list[AdversarialSystem]:
    """The system of a run after each of some updates; after the last one, if none are given."""
    found = [run.directory / "checkpoints" / f"{update:07d}.ckpt" for update in updates]
    return [find_trained(where).system() for where in found or [run.directory]]


def discriminator(system: AdversarialSystem, x: Tensor) -> Tensor:
    """D(x) for points on the line ``(N,)``."""
    with torch.no_grad():
        return system.score(x[:, None]).sigmoid()


def optimum(x: Tensor) -> Tensor:
    """Eq. (2) with the fixed generator."""
    return (DATA.log_prob(x) - FIXED.log_prob(x)).sigmoid()


def quantiles(n: int) -> Tensor:
    """n numbers spread evenly over (0, 1)."""
    return (torch.arange(n) + 0.5) / n


def draw_time(panel: Axes, system: AdversarialSystem) -> None:
    """Densities and discriminator above, and the map from z to x below."""
    z = torch.linspace(-1, 1, 20_001)
    with torch.no_grad():
        x = system.generator(z[:, None])[:, 0]
    density, edges = torch.histogram(x, 64, range=(-4.0, 4.0), density=True)
    panel.plot(X, DATA.log_prob(X).exp(), "k:", lw=1.5, label="p_data")
    panel.plot((edges[1:] + edges[:-1]) / 2, density, color="tab:green", label="p_g")
    panel.plot(X, discriminator(system, X), "--", color="tab:blue", label="D")
    panel.axhline(-0.15, color="black", lw=0.8)
    panel.axhline(-0.5, xmin=0.25, xmax=0.75, color="black", lw=0.8)
    panel.text(-3.9, -0.13, "x", fontsize=8)
    panel.text(-3.9, -0.52, "z", fontsize=8)
    for start, end in zip(2 * z[::1000], x[::1000], strict=True):
        arrow = {"arrowstyle": "->", "lw": 0.6}
        panel.annotate("", (float(end), -0.15), (float(start), -0.5), arrowprops=arrow)
