"""Run by the tests in as many processes as they like: trains every case block by block, and saves what each ends with.

python shards.py OUTPUT DEVICES, under the variables of torchrun
"""

import logging
import os
import sys
import warnings

import torch
from lightning.pytorch import Callback, Trainer, seed_everything
from torch import nn
from torch.utils.data import DataLoader

from lit_wgan import GAN, WGAN, WGANGP, ExactW1, FidelityCallback, ImageData, ToyData
from lit_wgan.data.conditions import ClassLabels, Values
from lit_wgan.networks import DCGANCritic, DCGANGenerator, MLPCritic, MLPGenerator
from lit_wgan.terms import R1
from lit_wgan.views import Pack

SHARDS = 8
UPDATES = 20
M = 32
WIDTH = 32


def toy(**told):
    return {
        "generator": MLPGenerator(2, 2, WIDTH, 2, **told),
        "critic": MLPCritic(2, WIDTH, 2, **told),
        "latent_dim": 2,
    }


def digits(norm="batch", critic_norm="none"):
    generator = DCGANGenerator(8, 1, 8, width=16, norm=norm)
    return {"generator": generator, "critic": DCGANCritic(8, 1, width=16, norm=critic_norm), "latent_dim": 8}


class Drawing(nn.Module):
    """A generator that draws noise of its own, in training and after it, and drops some of it."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, WIDTH), nn.Dropout(0.3), nn.ReLU(), nn.Linear(WIDTH, 2))

    def forward(self, z):
        return self.layers(torch.cat([z, torch.randn_like(z)], 1))


def dropping():
    critic = nn.Sequential(nn.Linear(2, WIDTH), nn.Dropout(0.3), nn.ReLU(), nn.Linear(WIDTH, 1))
    return {"generator": Drawing(), "critic": critic, "latent_dim": 2}


def linear_decay(optimizer):
    return torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=2 * UPDATES)


def own_loader(devices):
    data = torch.randn(UPDATES * 2 * M, 2, generator=torch.Generator().manual_seed(1))
    rows = range(int(os.environ["RANK"]), len(data), devices)
    return {"train_dataloaders": DataLoader(data, M // devices, sampler=rows)}


def points(**options):
    return {"datamodule": ToyData("eight_gaussians", M, **options)}


CASES = {
    "GAN": lambda _: (GAN(**toy(), shards=SHARDS, critic_terms=[R1(interval=2)]), points()),
    "WGAN, clipped, with an average and a schedule": lambda _: (
        WGAN(**toy(), shards=SHARDS, n_critic=2, ema_decay=0.99, lr_scheduler=linear_decay),
        points(),
    ),
    "WGAN-GP, lazy, of twice as many samples": lambda _: (
        WGANGP(**toy(), shards=SHARDS, gp_interval=2, n_critic=3, generator_batch_multiple=2),
        points(),
    ),
    "WGAN-GP of classes": lambda _: (
        WGANGP(**toy(num_classes=8), shards=SHARDS, n_critic=2, condition=ClassLabels(8, for_generator="uniform")),
        points(condition_of="label"),
    ),
    "WGAN-GP of packs": lambda _: (
        WGANGP(
            MLPGenerator(2, 2, WIDTH, 2, condition_dim=2),
            MLPCritic(4, WIDTH, 2, condition_dim=4),
            latent_dim=2,
            n_critic=2,
            condition=Values(2),
            view=Pack(2),
            shards=SHARDS,
        ),
        points(condition_of="angle"),
    ),
    "WGAN with batch norm in both": lambda _: (
        WGAN(**digits(critic_norm="batch"), shards=SHARDS, n_critic=2, ema_decay=0.9),
        {"datamodule": ImageData("digits", batch_size=M, horizontal_flip=True, dequantise=True)},
    ),
    "WGAN-GP with batch norm in the generator": lambda _: (
        WGANGP(**digits(), shards=SHARDS, n_critic=2),
        {"datamodule": ImageData("digits", batch_size=M)},
    ),
    "WGAN-GP with dropout and noise of its own": lambda _: (WGANGP(**dropping(), shards=SHARDS, n_critic=2), points()),
    "WGAN on a loader of one's own": lambda devices: (WGAN(**toy(), shards=SHARDS, n_critic=2), own_loader(devices)),
}


class Logged(Callback):
    """Keeps what is logged, whatever logs it."""

    def __init__(self):
        self.rows = []

    def on_train_batch_end(self, trainer, *_):
        known = sorted(trainer.callback_metrics.items())
        self.rows.append({name: float(value) for name, value in known if name != "fidelity/seconds"})


def main():
    output, devices = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    ended = {}
    for name, make in CASES.items():
        seed_everything(0, verbose=False)
        system, data = make(devices)
        logged = Logged()
        measuring = [ExactW1(100)] if "datamodule" in data else []
        if "generator" in name:
            measuring.append(FidelityCallback(num_samples=300, every_n_updates=10, extractor="digits", batch_size=50))
        run = Trainer(
            accelerator="cpu",
            devices=devices,
            strategy="ddp" if devices > 1 else "auto",
            max_epochs=-1,
            max_steps=UPDATES,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            val_check_interval=10 if measuring else None,
            check_val_every_n_epoch=None,
            log_every_n_steps=5,
            use_distributed_sampler=False,
            callbacks=[*measuring, logged],
        )
        run.fit(system, **data)
        assert system.counters.generator_updates == UPDATES
        optimizers = [optimizer.state_dict() for optimizer in run.optimizers]
        ended[name] = {"weights": system.state_dict(), "optimizers": optimizers, "logged": logged.rows}
    torch.save(ended, f"{output}.{os.environ['RANK']}")


if __name__ == "__main__":
    main()
