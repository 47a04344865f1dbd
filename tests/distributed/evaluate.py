"""Run by the tests: evaluates untrained systems on held-out data and saves the figures of rank 0.

python evaluate.py OUTPUT, under the variables of torchrun
"""

import json
import logging
import os
import sys
import warnings
from pathlib import Path

import torch
from lightning.pytorch import Trainer, seed_everything

from lit_wgan import GAN, WGAN, ClassLabels, ImageData, ToyData
from lit_wgan.callbacks import ExactW1
from lit_wgan.networks import DCGANCritic, DCGANGenerator, MLPCritic, MLPGenerator


def on_points(system, condition=None, **told):
    networks = MLPGenerator(2, 2, 16, 2, **told), MLPCritic(2, 16, 2, **told)
    return system(*networks, latent_dim=2, n_critic=1, condition=condition)


def on_digits():
    return WGAN(DCGANGenerator(8, 1, 4, width=8), DCGANCritic(8, 1, width=8), latent_dim=4, n_critic=1)


# 101 is prime; a minibatch of 50 leaves one point for the last, so that most devices get none of it.
CASES = {
    "points": lambda: (on_points(WGAN), ToyData("swiss_roll", 12, num_held_out=101)),
    "a last point": lambda: (on_points(WGAN), ToyData("eight_gaussians", 50, num_held_out=101)),
    "one point": lambda: (on_points(WGAN), ToyData("eight_gaussians", 50, num_held_out=1)),
    "points under GAN": lambda: (on_points(GAN), ToyData("swiss_roll", 12, num_held_out=101)),
    "labelled points": lambda: (
        on_points(WGAN, ClassLabels(8), num_classes=8),
        ToyData("eight_gaussians", 50, num_held_out=101, condition_of="label"),
    ),
    "digits": lambda: (on_digits(), ImageData("digits", batch_size=64)),
    "a last digit": lambda: (on_digits(), ImageData("digits", batch_size=499)),
}


def main():
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    figures = {}
    for name, make in CASES.items():
        seed_everything(0, verbose=False)
        system, data = make()
        trainer = Trainer(
            accelerator="cpu",
            devices=int(os.environ["WORLD_SIZE"]),
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[] if name == "one point" else [ExactW1(100)],
        )
        trainer.validate(system, datamodule=data, verbose=False)
        figures[name] = {figure: float(value) for figure, value in trainer.callback_metrics.items()}
    if trainer.is_global_zero:
        Path(sys.argv[1]).write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
