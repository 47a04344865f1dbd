"""The architectures and methods that WGAN-GP compares in Figure 2, some of which are those of WGAN's Figures 5 to 7.

Sources: Gulrajani et al. 2017, arXiv:1704.00028v3, Section 5.2 and Appendices E and H; networks as in the authors' code
igul222/improved_wgan_training at fa66c57, gan_64x64.py. Rates are those of Appendix E: DCGAN's Adam 2e-4 (0.5, 0.999);
LSGAN RMSProp 1e-4; WGAN RMSProp 5e-5, c = 0.01, n_critic 5; WGAN-GP Adam 1e-4 (0.5, 0.9), lambda 10, n_critic 5, and
layer norm where the other critics have batch norm.

Reduced: scikit-learn's 8x8 digits, whose size a network halves once, so that they get one more 3x3 layer, and fewer
filters stand for constant ones; a residual network of 20 layers; all rates times ``FASTER``, since the updates are few.
WGAN-GP, whose updates cost most, has the fewest, ``UPDATES``; the others have three to five times as many, so that none
fails for want of updates that WGAN-GP has. The residual networks have half of that.

Tried before, with seed 0 and as many critic updates for all, 1,000: FID 8.6, 7.6, 30 and 11 of GAN, LSGAN, WGAN and
WGAN-GP with DCGAN; 13, 15 and 82 of the first three with few filters. Since then WGAN has three times as many updates,
against the claim of Figure 2 and for that of Figures 5 to 7. ``FASTER`` was chosen by looking at WGAN-GP alone, which
favours the claim of Figure 2.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn.functional import pad

from lit_wgan.experiments import Result
from lit_wgan.runs.run import Run
from lit_wgan.trained import load_generator

CONFIG = "experiments/architectures.yaml"
INCEPTION = '[{"class_path": "lit_wgan.FidelityCallback", "init_args": {"metrics": ["fid", "prc"]}}]'
FULL = [
    *("--data.dataset", "lsun", "--data.root", "data", "--data.image_size", "64"),
    *("--trainer.max_steps", "200000", "--trainer.callbacks", INCEPTION),
]
FASTER = 10
UPDATES = {"gan": 1000, "lsgan": 1000, "wgan": 600, "wgan_gp": 200}
METHODS = {"gan": "GAN", "lsgan": "LSGAN", "wgan": "WGAN", "wgan_gp": "WGAN-GP"}
ARCHITECTURES = {
    "baseline": "DCGAN",
    "constant_filters": "G: no norm,\nfew filters",
    "mlp": "G: MLP",
    "no_norm": "no norm in\nG and D",
    "gated": "gated units",
    "tanh": "tanh",
    "resnet": "deep ResNet",
}
CLASSES = {"gan": "GAN", "lsgan": "LSGAN", "wgan": "WGAN", "wgan_gp": "WGANGP"}
N_CRITIC = {"gan": 1, "lsgan": 1, "wgan": 5, "wgan_gp": 5}
OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "gan": ("Adam", {"lr": 2e-4, "betas": [0.5, 0.999]}),
    "lsgan": ("RMSprop", {"lr": 1e-4}),
    "wgan": ("RMSprop", {"lr": 5e-5}),
    "wgan_gp": ("Adam", {"lr": 1e-4, "betas": [0.5, 0.9]}),
}
WORDS = {"fid": "FID", "recall": "recall"}
DIVERGED = 1000.0
"""In place of the FID of a run without one; images of noise have 87."""


class Sizes(NamedTuple):
    """What the reduced networks have smaller."""

    images: dict[str, int]
    latent_dim: int
    width: int
    extra_layers: int
    few_filters: int
    deep_width: int
    deep: int


REDUCED = Sizes({"image_size": 8, "channels": 1}, 64, 16, 1, 4, 8, 20)
PAPER = Sizes({"image_size": 64, "channels": 3}, 128, 64, 0, 64, 32, 101)


def options(method: str, architecture: str, full: bool) -> list[str]:
    """The options of ``lit-wgan fit`` for one of the methods and one of the architectures."""
    generator, critic = networks(architecture, PAPER if full else REDUCED, "layer" if method == "wgan_gp" else "batch")
    name, arguments = OPTIMIZERS[method]
    rate = arguments["lr"] * (1 if full else FASTER)
    optimizer = _json(f"torch.optim.{name}", arguments | {"lr": rate})
    updates = UPDATES[method] // (2 if architecture == "resnet" else 1)
    length = FULL if full else ["--trainer.max_steps", str(updates)]
    return [
        *("--config", CONFIG, "--model", f"lit_wgan.{CLASSES[method]}", "--model.n_critic", str(N_CRITIC[method])),
        *("--model.generator", generator, "--model.critic", critic),
        *("--model.latent_dim", str((PAPER if full else REDUCED).latent_dim)),
        *("--model.generator_optimizer", optimizer, "--model.critic_optimizer", optimizer, *length),
    ]


def networks(architecture: str, sizes: Sizes, norm: str) -> tuple[str, str]:
    """Generator and critic as JSON."""
    dcgan: dict[str, Any] = sizes.images | {"width": sizes.width, "extra_layers": sizes.extra_layers}
    generator, critic = dcgan | {"latent_dim": sizes.latent_dim}, dcgan | {"norm": norm}
    kinds = ("DCGANGenerator", "DCGANCritic")
    match architecture:
        case "constant_filters":
            generator |= {"width": sizes.few_filters, "norm": "none", "constant_width": True, "kernel_size": 5}
        case "mlp":
            side = sizes.images["image_size"]
            kinds = ("MLPGenerator", "DCGANCritic")
            generator = {"latent_dim": sizes.latent_dim, "data_shape": [sizes.images["channels"], side, side]}
            generator |= {"width": 512, "depth": 4, "tanh": True}
        case "no_norm":
            generator, critic = generator | {"norm": "none"}, critic | {"norm": "none"}
        case "gated":
            gated = {"activation": "gated", "kernel_size": 5}
            generator, critic = generator | gated, critic | gated
        case "tanh":
            generator, critic = generator | {"activation": "tanh"}, critic | {"activation": "tanh"}
        case "resnet":
            kinds = ("BottleneckResNetGenerator", "BottleneckResNetCritic")
            deep: dict[str, Any] = sizes.images | {"width": sizes.deep_width, "depth": sizes.deep}
            generator, critic = deep | {"latent_dim": sizes.latent_dim}, deep | {"norm": norm}
    return _json(f"lit_wgan.networks.{kinds[0]}", generator), _json(f"lit_wgan.networks.{kinds[1]}", critic)


def label(method: str, architecture: str) -> str:
    """What the run is called."""
    return f"architectures_{architecture}_{method}"


def number(run: Run, metric: str, diverged: float) -> float:
    """The last value of a metric of a run's images, by whatever extractor; another number where there is none."""
    found = [value for name, value in run.metrics.items() if name.startswith(f"fidelity/{metric}")]
    return found[0] if found else diverged


def drawn(results: Sequence[Result], methods: Iterable[str], architectures: Iterable[str], *metrics: str) -> Figure:
    """Sixteen samples of each run of the first seed, with the means of metrics over seeds; a row for each method."""
    rows, columns = list(methods), list(architectures)
    figure = Figure(figsize=(1.6 * len(columns) + 0.5, 1.9 * len(rows) + 0.4), layout="constrained")
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    for cells, method in zip(grid, rows, strict=True):
        for axes, architecture in zip(cells, columns, strict=True):
            means = {
                metric: fmean(result.numbers[f"{metric}_{architecture}_{method}"] for result in results)
                for metric in metrics
            }
            told = ", ".join(f"{WORDS[metric]} {mean:.3g}" for metric, mean in means.items())
            axes.set_title(f"{ARCHITECTURES[architecture]}\n{told}" if method == rows[0] else told, fontsize=9)
            show(axes, results[0].runs[label(method, architecture)])
        cells[0].set_ylabel(METHODS[method], fontsize=11)
    return figure


def show(axes: Axes, run: Run) -> None:
    """Draw sixteen samples of a run, if it has come to its end."""
    axes.set(xticks=[], yticks=[])
    if run.ended == "finished":
        axes.imshow(tiled(load_generator(run.directory).sample(16, seed=0)).numpy(), cmap="gray", vmin=0, vmax=1)
    else:
        axes.text(0.5, 0.5, "diverged", ha="center", va="center")


def tiled(images: Tensor) -> Tensor:
    """Sixteen images ``(16, C, H - 1, W - 1)`` in [-1, 1] as one in [0, 1], ``(4H, 4W, C)`` or for C = 1 ``(4H, 4W)``.

    Grey lines are between them.
    """
    images = pad(images, (0, 1, 0, 1))
    _, channels, height, width = images.shape
    rows = images.reshape(4, 4, channels, height, width).permute(0, 3, 1, 4, 2)
    one = (rows.reshape(4 * height, 4 * width, channels) + 1) / 2
    return one.squeeze(2) if channels == 1 else one


def _json(class_path: str, arguments: Mapping[str, Any]) -> str:
    return json.dumps({"class_path": class_path, "init_args": arguments})
