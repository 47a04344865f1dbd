"""What the experiments on digits share: the runs, their data and pictures of images."""

import json

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from lit_wgan.evaluation.data_part import DataPart
from lit_wgan.runs.run import Run
from lit_wgan.trained import find_trained
from lit_wgan.trained.nearest import taken, training_and_held_out

CONFIG = ["--config", "experiments/gan/digits.yaml"]
MNIST = [
    *("--data.dataset", "mnist", "--data.download", "true", "--data.num_train", "50000"),
    *("--model.generator.width", "1200", "--trainer.max_steps", "125000", "--trainer.val_check_interval", "12500"),
]
"""The paper's data and generator, and 250 passes, after which its momentum stays as it is."""


def gan(full: bool) -> dict[str, list[str]]:
    """The paper's GAN, by a label that all experiments on digits share."""
    if full:
        return {"gan_paper_mnist": [*CONFIG, *MNIST, "--model.critic.width", "240"]}
    return {"gan_paper_digits": CONFIG}


def wgan_gp(full: bool) -> dict[str, list[str]]:
    """WGAN-GP with the same generator, a critic of ReLU layers as wide as it, and Adam."""
    shape = {"data_shape": "auto", "width": 1200 if full else 240, "depth": 2}
    critic = json.dumps({"class_path": "lit_wgan.networks.MLPCritic", "init_args": shape})
    adam = json.dumps({"class_path": "torch.optim.Adam", "init_args": {"lr": 5e-4, "betas": [0.5, 0.9]}})
    own = ["--model", "lit_wgan.WGANGP", "--model.critic", critic, "--model.n_critic", "5"]
    own += [f"--model.{network}_optimizer={adam}" for network in ("generator", "critic")]
    own += ["--model.lr_scheduler", "null"]
    if full:
        return {"wgan_gp_paper_mnist": [*CONFIG, *MNIST, *own]}
    return {"wgan_gp_paper_digits": [*CONFIG, *own, "--trainer.max_steps", "1000"]}


def data(run: Run) -> tuple[DataPart, DataPart]:
    """The training and the held-out samples of a run."""
    _, module = find_trained(run.directory).system_and_data()
    train, held_out = training_and_held_out(module)
    assert held_out is not None
    return train, held_out


def images(part: DataPart) -> Tensor:
    """All images of a part of the data, ``(N, C, H, W)`` in [-1, 1]."""
    return taken(part, torch.arange(part.count))


def samples(run: Run, count: int) -> Tensor:
    """The first samples of a run, ``(count, C, H, W)`` in [-1, 1]."""
    with torch.no_grad():
        return find_trained(run.directory).system().sample(slice(count)).cpu()


def sheet(rows: Tensor, gap: int = 1) -> np.ndarray:
    """Grey images ``(rows, columns, 1, H, W)`` in [-1, 1] side by side, in [0, 1], with white between them."""
    padded = torch.nn.functional.pad((rows[:, :, 0].clamp(-1, 1) + 1) / 2, (gap, gap, gap, gap), value=1.0)
    return torch.cat([torch.cat(list(row), 1) for row in padded]).numpy()


def show(axes: Axes, picture: np.ndarray) -> None:
    """Draw a sheet without axes."""
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
