"""Draw how a generator of images learns, from the checkpoints of its run: docs/images/learning_digits.png.

lit-wgan fit --config configs/wgan_gp_digits.yaml --checkpoint.every_n_train_steps 250 --checkpoint.save_top_k -1
python tools/learning_picture.py runs/wgan_gp_digits/version_0 docs/images/learning_digits.png
"""

import sys
from pathlib import Path

import torch
from jsonargparse import ArgumentParser
from lightning import seed_everything
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from lit_wgan.runs.yaml_files import read_yaml
from lit_wgan.systems import AdversarialSystem
from lit_wgan.trained.loading import load_system

UPDATES = (0, 250, 500, 1000, 2500)
SIDE = 6


def main(run: Path, output: Path) -> None:
    """Draw a panel of samples for each update, of the same noise, and one of real images."""
    panels = {f"after {update:,} updates" if update else "before training": samples(run, update) for update in UPDATES}
    digits = torch.from_numpy(load_digits().images).float()[:, None]
    panels["real digits"] = digits[: SIDE**2] / 8 - 1
    figure = Figure(figsize=(11, 2.05), dpi=100, layout="constrained")
    for axes, (title, images) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        axes.imshow(in_a_grid(images), cmap="gray", vmin=-1, vmax=1)
        axes.set_title(title, fontsize=10)
        axes.axis("off")
    figure.savefig(output)


def samples(run: Path, update: int) -> torch.Tensor:
    """The first samples of the averaged generator after an update, or of the weights that training began with."""
    if update:
        system = load_system(run / "checkpoints" / f"{update:07d}.ckpt")
    else:
        config = read_yaml(run / "config.yaml", "a run's configuration", "Name a run's directory.")
        seed_everything(config["seed_everything"])
        parser = ArgumentParser()
        parser.add_subclass_arguments(AdversarialSystem, "model")
        system = parser.instantiate(parser.parse_object({"model": config["model"]})).model
    return system.sample(slice(SIDE**2))


def in_a_grid(images: torch.Tensor) -> torch.Tensor:
    """Images (SIDE^2, 1, H, W) as one (SIDE * (H + 1) - 1, SIDE * (W + 1) - 1), with a pixel between them."""
    padded = torch.nn.functional.pad(images[:, 0], (0, 1, 0, 1), value=-0.6).unflatten(0, (SIDE, SIDE))
    return padded.permute(0, 2, 1, 3).flatten(2).flatten(0, 1)[:-1, :-1]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
