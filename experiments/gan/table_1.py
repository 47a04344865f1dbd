"""Table 1 of the GAN paper: log-likelihoods by Parzen windows.

On MNIST the paper has 225 +- 2 nats for its samples, and 138 to 214 for a deep belief network, a stacked contractive
autoencoder and a generative stochastic network, of which there are none here. So the comparison cannot be repeated;
its method can, on scikit-learn's 8x8 digits in [0, 1], with the GAN of Figure 2: 10,000 samples, the bandwidth that is
best of ten for one half of the held-out images, and the mean over the other half. Samples of WGAN-GP and of a Gaussian
that is fitted to the training images stand beside it, and so do the training images themselves.

That more is not better, as Theis et al. 2016 (arXiv:1511.01844v3) showed, is part of the claim: centres of clusters of
the training images, which are blurred, have a higher log-likelihood than as many training images, which no samples can
better. Trap: log-likelihoods depend on the number of kernels; what is compared has equally many.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from experiments.gan import _digits as digits
from lit_wgan.evaluation.two_sample.parzen import parzen
from lit_wgan.experiments import Experiment, Result
from lit_wgan.runs.run import Run

SAMPLES, CENTRES = 10_000, 400
ORDER = ("gan", "wgan_gp", "gaussian", "training_images", "some_training_images", "cluster_centres")
WORDS = ("GAN", "WGAN-GP", "Gaussian", "training images", f"{CENTRES} of these", f"{CENTRES} centres")


class Table1(Experiment):
    """A GAN's log-likelihood by Parzen windows, and what it is worth."""

    paper = "GAN (arXiv:1406.2661v1), Table 1"
    claim = (
        "A GAN's samples have a higher Parzen log-likelihood than a Gaussian's; but so have centres of clusters than "
        "training images."
    )
    published = "225 +- 2 nats on MNIST; others 121 to 214"
    headline = "gan"
    full_cost = "one GPU, an hour"

    def runs(self, full: bool) -> dict[str, list[str]]:
        """The paper's GAN, and WGAN-GP with the same generator."""
        return digits.gan(full) | digits.wgan_gp(full)

    def measure(self, runs: Mapping[str, Run]) -> dict[str, float]:
        """Log-likelihoods in nats, and the standard error of the GAN's, ``gan_error``."""
        gan, wgan_gp = runs.values()
        train, held_out = digits.data(gan)
        images, real = digits.images(train), digits.images(held_out)
        numbers = torch.from_numpy(np.random.RandomState(0).permutation(len(images)))
        kernels = (
            *(digits.samples(run, SAMPLES) for run in (gan, wgan_gp)),
            gaussian(images, SAMPLES),
            images,
            images[numbers[:CENTRES]],
            centres(images, CENTRES),
        )
        found = dict(zip(ORDER, (parzen(real, each) for each in kernels), strict=True))
        values = {name: each["parzen"] for name, each in found.items()}
        return {**values, "gan_error": found["gan"]["parzen_error"]}

    def holds(self, numbers: Mapping[str, float]) -> bool:
        """Above the Gaussian by more than two standard errors, and centres above as many training images."""
        margin = numbers["gan"] - numbers["gaussian"]
        weakness = numbers["cluster_centres"] > numbers["some_training_images"]
        return margin > 2 * numbers["gan_error"] and weakness

    def draw(self, results: Sequence[Result]) -> Figure:
        """A bar for each, with those of single seeds as points."""
        figure = Figure(figsize=(7, 3.2), layout="constrained")
        axes = figure.subplots()
        values = np.array([[result.numbers[name] for name in ORDER] for result in results])
        colours = ["tab:blue", "tab:purple", "tab:grey", "tab:green", "tab:green", "tab:red"]
        bars = axes.bar(WORDS, values.mean(0), color=colours, alpha=0.7)
        axes.bar_label(bars, fmt="%.1f", fontsize=8, padding=3)
        for column, each in enumerate(values.T):
            axes.plot([column] * len(each), each, "k.", ms=4)
        axes.set_ylabel("log-likelihood, nats")
        axes.set_title("Parzen windows about samples: more is not better", fontsize=10)
        axes.tick_params(axis="x", labelsize=8)
        axes.margins(y=0.15)
        return figure


def gaussian(images: Tensor, count: int) -> Tensor:
    """Samples ``(count, C, H, W)`` of the Gaussian with the mean and covariance of images."""
    x = images.flatten(1).double().numpy()
    drawn = np.random.RandomState(0).multivariate_normal(x.mean(0), np.cov(x.T), count)
    return torch.from_numpy(drawn).float().unflatten(1, images.shape[1:])


def centres(images: Tensor, count: int) -> Tensor:
    """The centres ``(count, C, H, W)`` of clusters of images."""
    from sklearn.cluster import KMeans

    found = KMeans(count, n_init=1, random_state=0).fit(images.flatten(1).double().numpy())
    return torch.from_numpy(found.cluster_centers_).float().unflatten(1, images.shape[1:])
