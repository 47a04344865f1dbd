"""Figure 3 of the GAN paper: digits on straight lines between noise vectors.

The run is that of Figure 2. The paper shows two rows of MNIST digits and no number. What it claims is measured in two
ways, over 200 lines of 16 images. A line is gradual if no step makes up most of the way: the longest of its 15 steps,
over the distance of its ends, is 1/15 at the least, and 1 where one digit jumps to another. And images halfway are
digits if they are as near to the data as samples are, by FID on features of digits; halfway between the same ends by
mixing their pixels lie images that are no digits.
"""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from experiments.gan import _digits as digits
from lit_wgan.evaluation import GenerativeEvaluator
from lit_wgan.evaluation.images import to_bytes
from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run
from lit_wgan.trained import find_trained
from lit_wgan.trained.interpolation import interpolation

LINES, STEPS, ROWS = 200, 16, 4
MIDDLES = 2000


class Figure3(Experiment):
    """The way between two samples is gradual, and leads over digits."""

    paper = "GAN (arXiv:1406.2661v1), Figure 3"
    claim = "Straight lines between noise vectors give digits that change gradually."
    published = "no number: two rows of digits"
    headline = "longest_step"
    full_cost = "that of gan/figure_2"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """The paper's GAN."""
        return digits.gan(full)

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """How gradual lines are, and what lies in their middle.

        ``longest_step``: of a line, over the distance of its ends, the median over lines. ``fid_samples``,
        ``fid_middles``, ``fid_mixtures``: FID on features of digits against training images, of samples, of the images
        halfway between them in noise, and of the means of their pixels.
        """
        (run,) = runs.values()
        lines = between(run, LINES, STEPS)
        steps = (lines[:, 1:] - lines[:, :-1]).flatten(2).norm(dim=2)
        ends = (lines[:, -1] - lines[:, 0]).flatten(1).norm(dim=1)
        train, _ = digits.data(run)
        thirds = between(run, MIDDLES, 3)
        parts = {"samples": thirds[:, 0], "middles": thirds[:, 1], "mixtures": (thirds[:, 0] + thirds[:, 2]) / 2}
        found = {f"fid_{name}": fid(part, digits.images(train)) for name, part in parts.items()}
        return {"longest_step": float((steps.amax(1) / ends).median()), **found}

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """No step is half of the way, and middles are nearer to samples than to mixtures of pixels by FID."""
        samples, middles, mixtures = (numbers[f"fid_{name}"] for name in ("samples", "middles", "mixtures"))
        return numbers["longest_step"] < 0.5 and middles < (samples + mixtures) / 2

    def draw(self, results: Sequence[Result]) -> Figure:
        """Lines, one below the other."""
        (run,) = results[0].runs.values()
        figure = Figure(figsize=(8, 2.3), layout="constrained")
        axes = figure.subplots()
        digits.show(axes, digits.sheet(between(run, ROWS, STEPS)))
        axes.set_title("from one sample to another, along a straight line of noise", fontsize=10)
        return figure


def between(run: Run, lines: int, steps: int) -> Tensor:
    """Images ``(lines, steps, C, H, W)`` in [-1, 1] on straight lines from samples to others."""
    pairs = [(2 * line, 2 * line + 1) for line in range(lines)]
    with torch.no_grad():
        return interpolation(find_trained(run.directory).system(), pairs, steps, "linear")


def fid(images: Tensor, train: Tensor) -> float:
    """FID of images against training images, both in [-1, 1], on features of digits."""
    evaluator = GenerativeEvaluator(to_bytes(train), ["fid"], extractor="digits", batch_size=500)
    return evaluator.evaluate_images(to_bytes(images), torch.device("cpu"))["fid_digits"]
