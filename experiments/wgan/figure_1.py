"""Two parallel lines: W1 is the distance between them and pulls them together, the Jensen-Shannon divergence does not.

Source: Arjovsky et al. 2017, arXiv:1701.07875v3, Example 1 and Figure 1: Z is uniform on [0, 1], P_0 the law of (0, Z),
P_theta that of (theta, Z). Then W(P_0, P_theta) = abs(theta), and JS(P_0, P_theta) = log 2 for every theta but 0.

Setting: the two curves of the figure are exact here, W1 by optimal transport of samples; on the grid of theta a critic
and a discriminator are also trained to estimate them. Beyond the figure, theta itself is trained from 1 by WGAN,
WGAN-GP and GAN, all with a critic of two hidden layers of 64 units and gradient descent of theta at the rate 0.01.

Traps:

* Adam and RMSProp divide by the gradient's size, so that theta would move however small the gradient is.
* The GAN is that of Eq. (1) of Goodfellow et al. 2014, whose generator descends the divergence (``saturating``). The
  other loss, -log D, has no such optimum: it is no divergence, its gradient does not vanish, and theta moves. Either
  has to train the discriminator well before theta moves.
* The optimal critic of WGAN-GP is too steep by 1 + W1 / (2 lambda), which ``wasserstein_estimate_per_slope`` takes out.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from lit_wgan.data.toy import ToyDistribution
from lit_wgan.evaluation.wasserstein import exact_w1
from lit_wgan.experiments import Experiment, Result
from lit_wgan.functional.streams import ALL_ROWS, RandomStreams
from lit_wgan.runs.run import Run


class Line(ToyDistribution):
    """P_0: points ``(0, Z)`` with Z uniform on [0, 1)."""

    def draw(self, streams: RandomStreams, stream: str, update: int, n: int, rows: slice = ALL_ROWS) -> Tensor:
        """The given rows of ``n`` points, float32."""
        height = streams.uniform(stream, update, (n,), rows)
        return torch.stack([torch.zeros_like(height), height], dim=1)


class ParallelLine(nn.Module):
    """P_theta: points ``(theta, Z)``, for noise ``(N, 1)`` that is uniform on [-1, 1).

    Args:
        theta: at the start.
        fixed: leave it there, so that the critic trains alone.
    """

    def __init__(self, theta: float, fixed: bool = False):
        super().__init__()
        value = torch.tensor(float(theta))
        if fixed:
            self.register_buffer("theta", value)
        else:
            self.theta = nn.Parameter(value)

    def forward(self, z: Tensor) -> Tensor:
        """Points ``(N, 2)``."""
        return torch.cat([self.theta.expand_as(z), (z + 1) / 2], dim=1)


def theta(real: Tensor, fake: Tensor) -> Tensor:
    """Where the generated line stands."""
    return fake[:, 0].mean()


CONFIG = "experiments/wgan/figure_1.yaml"
GRID = (0.0, 0.25, 0.5, 1.0)
"""Where the line stands still, to the right; to the left all is the same."""
TRAINED = {
    "wgan": ["--model", "lit_wgan.WGAN", "--model.clip_value", "0.1"],
    "wgan_gp": [],
    "gan": ["--model", "lit_wgan.GAN", "--model.saturating", "true"],
}
"""The systems that move the line from theta = 1, and the options of each."""
ESTIMATES = {"wgan_gp": "wasserstein_estimate_per_slope", "gan": "jensen_shannon_estimate"}


class Figure1(Experiment):
    """Both distances over theta, and theta trained by their systems."""

    paper = "WGAN (arXiv:1701.07875v3), Example 1 and Figure 1"
    claim = "W1 of two parallel lines is their distance and pulls them together; JS is log 2 and leaves them apart."
    published = "W = |theta|; JS = log 2 = 0.693 unless theta = 0 (exact)"
    headline = "theta_gan"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """Each system that moves theta, and a critic and a discriminator for each theta that stays."""
        config = ["--config", CONFIG]
        still = ["--trainer.max_steps", "100", "--trainer.val_check_interval", "100"]
        runs = {moving_label(system): [*config, *options] for system, options in TRAINED.items()}
        for system in ESTIMATES:
            for at in GRID:
                where = ["--model.generator.theta", str(at), "--model.generator.fixed", "true"]
                runs[still_label(system, at)] = [*config, *TRAINED[system], *where, *still]
        return runs

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """Where theta is at the end, mean of the last 50 updates, and the estimates on the grid."""
        numbers = {f"theta_{system}": fmean(course(runs, system)[1][-5:]) for system in TRAINED}
        for system, estimate in ESTIMATES.items():
            for at in GRID:
                label = still_label(system, at)
                numbers[label] = runs[label].series(f"eval/{estimate}")[1][-1]
        return numbers

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """WGANs end near 0 and GAN does not; the estimates are near W1 and log 2."""
        near = all(abs(numbers[f"theta_{system}"]) < 0.1 for system in ("wgan", "wgan_gp"))
        estimates = all(
            abs(numbers[still_label("wgan_gp", at)] - at) < 0.1 and abs(numbers[still_label("gan", at)] - js(at)) < 0.1
            for at in GRID
        )
        return near and numbers["theta_gan"] > 0.9 and estimates

    def draw(self, results: Sequence[Result]) -> Figure:
        """Both distances over theta, as in the figure, and theta over updates."""
        figure = Figure(figsize=(10.5, 3.2), layout="constrained")
        distances, divergences, courses = figure.subplots(1, 3)
        thetas = torch.linspace(-1, 1, 201)
        distances.plot(thetas, [exact_distance(at) for at in thetas.tolist()], label="exact W1", color=BLUE)
        divergences.plot([-1, 1], [math.log(2)] * 2, label="exact, log 2", color=RED)
        divergences.plot(0, 0, "o", color=RED, label="0 at theta = 0")
        for axes, system, what in ((distances, "wgan_gp", "critic"), (divergences, "gan", "discriminator")):
            for number, result in enumerate(results):
                estimates = [result.numbers[still_label(system, abs(at))] for at in BOTH_SIDES]
                label = f"estimate of a trained {what}" if number == 0 else None
                axes.plot(BOTH_SIDES, estimates, "x", color="0.2", label=label)
            axes.set(xlabel="theta", ylim=(-0.05, 1.05))
        for system, colour in zip(TRAINED, (BLUE, GREEN, RED), strict=True):
            for number, result in enumerate(results):
                label = NAMES[system] if number == 0 else None
                courses.plot(*course(result.runs, system), color=colour, label=label, linewidth=1.2)
        courses.axhline(0, color="0.6", linewidth=0.8)
        distances.set_title("W1(P_0, P_theta)")
        divergences.set_title("JS(P_0, P_theta)")
        courses.set(title="theta, trained from 1", xlabel="generator updates")
        for axes in (distances, divergences, courses):
            axes.legend(fontsize=8, frameon=False)
            axes.spines[["top", "right"]].set_visible(False)
        return figure


BLUE, GREEN, RED = "#1f6f8b", "#4c9f70", "#d1495b"
NAMES = {"wgan": "WGAN, c = 0.1", "wgan_gp": "WGAN-GP", "gan": "GAN, Eq. (1)"}
BOTH_SIDES = [*(-at for at in reversed(GRID[1:])), *GRID]


def moving_label(system: str) -> str:
    """Of the run that moves theta."""
    return f"lines_{system}"


def still_label(system: str, at: float) -> str:
    """Of the run whose line stays at a theta, in hundredths."""
    return f"lines_{system}_at_{100 * at:.0f}"


def js(theta: float) -> float:
    """The exact divergence."""
    return math.log(2) if theta else 0.0


def exact_distance(theta: float) -> float:
    """By optimal transport between equally high points of both lines."""
    height = torch.linspace(0, 1, 64)
    line = torch.stack([torch.zeros_like(height), height], dim=1)
    return exact_w1(line, line + torch.tensor([theta, 0.0]))


def course(runs: Mapping[str, Run], system: str) -> tuple[Sequence[int], Sequence[float]]:
    """Generator updates, and theta after each."""
    return runs[moving_label(system)].series("eval/theta")
