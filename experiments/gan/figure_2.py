"""Figure 2 of the GAN paper: samples, and beside them the training images nearest to those of the last column.

The paper shows MNIST, TFD (which is not public) and CIFAR-10. Here its networks for MNIST, a fifth as wide, train on
scikit-learn's 8x8 digits for 4,000 updates; ``--full`` trains the paper's own on MNIST, for its 250 passes.

That the nearest training image differs from a sample does not show much (Theis et al. 2016, arXiv:1511.01844v3), so
the claim is measured by a comparison: a sample is as often nearer to a training image as to one of as many held-out
images, if nothing was memorised. The same share of the training images themselves says what copying would give.

Deviations: images are in [-1, 1] and the generator ends in tanh, where theirs are in [0, 1] and a sigmoid; weights
start as PyTorch's and He's do; momentum stays 0.5, and does not grow to 0.7; the output's bias starts at 0.
"""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.figure import Figure

from experiments.gan import _digits as digits
from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run
from lit_wgan.trained.nearest import memorised, nearest

SAMPLES = 1000
ROWS, COLUMNS = 5, 5


class Figure2(Experiment):
    """Samples are no copies of training images."""

    paper = "GAN (arXiv:1406.2661v1), Figure 2 a)"
    claim = "The model has not memorised the training set."
    published = "no number: nearest training images beside samples"
    headline = "nearer_to_training"
    full_cost = "one GPU, an hour"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """The paper's GAN."""
        return digits.gan(full)

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """Shares of images that are nearer to a training than to a held-out image.

        ``nearer_to_training`` of samples, with ``standard_error`` if nothing was memorised; ``of_copies``, of training
        images.
        """
        (run,) = runs.values()
        train, held_out = digits.data(run)
        found = memorised(digits.samples(run, SAMPLES), train, held_out)
        copies = memorised(digits.images(train)[:SAMPLES], train, held_out)
        return {"nearer_to_training": found.share, "standard_error": found.error, "of_copies": copies.share}

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """Less than two standard errors above one half, and copies would be told."""
        chance = 0.5 + 2 * numbers["standard_error"]
        return numbers["nearer_to_training"] < chance < numbers["of_copies"]

    def draw(self, results: Sequence[Result]) -> Figure:
        """Samples, and on the right the training images nearest to those of the last column, as in the paper."""
        (run,) = results[0].runs.values()
        train, _ = digits.data(run)
        shown = digits.samples(run, ROWS * COLUMNS).unflatten(0, (ROWS, COLUMNS))
        copies = nearest(shown[:, -1], train, k=1).samples
        picture = digits.sheet(torch.cat([shown, copies], 1))
        figure = Figure(figsize=(5, 4.6), layout="constrained")
        axes = figure.subplots()
        digits.show(axes, picture)
        axes.axvline(picture.shape[1] * COLUMNS / (COLUMNS + 1) - 0.5, color="tab:orange", lw=4)
        axes.set_title("samples | the nearest training image of the last one", fontsize=10)
        return figure
