"""Another way to keep the critic's weights in a compact space: on a sphere in place of a box.

Source: Arjovsky et al. 2017, arXiv:1701.07875v3, Section 3: 'simple variants (such as projecting the weights to a
sphere)' made 'little difference', so the authors stuck with clipping. No setting is given.

Setting: the eight Gaussians with the networks of Section 4.2 here, RMSProp at 5e-5. The sphere of all weights together
has the radius c sqrt(n) for n weights, that of the corners of the box [-c, c]^n, where clipping drives most of them.

Result: the claim does not hold with this sphere. After 1,500 updates W1 is 0.60 and goes up and down, where clipping
has come to 0.31. The paper names neither the sphere's radius nor whether each layer has its own; no others were tried.
"""

from collections.abc import Mapping, Sequence
from math import sqrt

import torch
from matplotlib.figure import Figure
from torch import Tensor

from lit_wgan import WGAN
from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run
from lit_wgan.terms.base import Metrics

CONFIG = "experiments/wgan/section_4_2.yaml"
COLOURS = {"gaussians_rmsprop": "#1f6f8b", "gaussians_sphere": "#d1495b"}
NAMES = {"gaussians_rmsprop": "clipped, c = 0.01", "gaussians_sphere": "on the sphere"}


class SphereWGAN(WGAN):
    """WGAN whose critic's weights, all together, have the norm ``clip_value sqrt(n)``."""

    def constrain_critic(self) -> None:
        """``w <- r w / norm(w)``, after each critic update."""
        weights: list[Tensor] = list(self.critic.parameters())
        radius = self.clip_value * sqrt(sum(weight.numel() for weight in weights))
        with torch.no_grad():
            norm = torch.stack(torch._foreach_norm(weights)).norm()
            torch._foreach_mul_(weights, radius / norm)

    def critic_metrics(self) -> Metrics:
        """Nothing, as no weight is at a bound."""
        return {}


class Section3(Experiment):
    """Clipping beside a projection to a sphere."""

    paper = "WGAN (arXiv:1701.07875v3), Section 3"
    claim = "Projecting the critic's weights to a sphere makes little difference to clipping them."
    published = "'little difference' (no number)"
    headline = "w1_gaussians_sphere"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """Clipping and projecting."""
        config = ["--config", CONFIG]
        sphere = ["--model", "experiments.wgan.section_3.SphereWGAN"]
        return {"gaussians_rmsprop": config, "gaussians_sphere": [*config, *sphere]}

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """W1 at the first validation and the mean of the last five."""
        numbers = {}
        for label, run in runs.items():
            _, distances = run.series("eval/w1")
            numbers[f"first_w1_{label}"] = distances[0]
            numbers[f"w1_{label}"] = sum(distances[-5:]) / 5
        return numbers

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """Both come most of the way, and neither ends twice as far away as the other."""
        ends = [numbers[f"w1_{label}"] for label in COLOURS]
        starts = [numbers[f"first_w1_{label}"] for label in COLOURS]
        return max(ends) < 2 * min(ends) and max(ends) < min(starts) / 2

    def draw(self, results: Sequence[Result]) -> Figure:
        """W1 over updates of every seed."""
        figure = Figure(figsize=(5.2, 3.4), layout="constrained")
        axes = figure.subplots()
        for number, result in enumerate(results):
            for label, colour in COLOURS.items():
                name = NAMES[label] if number == 0 else None
                axes.plot(*result.runs[label].series("eval/w1"), color=colour, label=name, linewidth=1.2)
        axes.set(title="exact W1, eight Gaussians", xlabel="generator updates")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        return figure
