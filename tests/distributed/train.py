"""Run by the tests in as many processes as they like: trains every case and saves the weights of rank 0.

python train.py OUTPUT DEVICES, under the variables of torchrun
"""

import logging
import os
import sys
import warnings

import torch
from lightning.pytorch import Trainer, seed_everything
from torch import nn
from torch.nn.functional import one_hot
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import GAN, WGAN, WGANGP, ArrayData, ImageData, ToyData, WarmStart
from lit_wgan.data.conditions import ClassLabels, SeveralConditions, Values
from lit_wgan.networks import DCGANCritic, DCGANGenerator, MLPCritic, MLPGenerator
from lit_wgan.terms import DRAGAN, MSE, R1, R2, Drift
from lit_wgan.views import DiffAugment, Pack

UPDATES = 50
M = 12
CLASSES = 3


def toy_networks():
    return {"generator": MLPGenerator(2, 2, 16, 2), "critic": MLPCritic(2, 16, 2), "latent_dim": 2}


def digit_networks():
    generator = DCGANGenerator(8, 1, 4, width=8, norm="layer")
    return {"generator": generator, "critic": DCGANCritic(8, 1, width=8), "latent_dim": 4}


# A critic's Wasserstein loss does not change with the bias of a unit that all samples activate: the gradient there is 0
# plus rounding, which the usual eps of 1e-8 would turn into steps that float32 cannot repeat.
EPS = 1e-3


def rmsprop(parameters):
    return torch.optim.RMSprop(parameters, lr=5e-5, eps=EPS)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-4, betas=(0.0, 0.9), eps=EPS)


RMSPROP = {"generator_optimizer": rmsprop, "critic_optimizer": rmsprop}
ADAM = {"generator_optimizer": adam, "critic_optimizer": adam}


def linear_decay(optimizer):
    return torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=2 * UPDATES)


def own_loader(devices, told=False):
    """Every device takes its rows in order; Lightning's own sampler would shuffle."""
    data = torch.randn(UPDATES * 2 * M, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    rows = range(int(os.environ["RANK"]), len(data), devices)
    samples = TensorDataset(data, torch.arange(len(data)) % CLASSES, data.flip(1)) if told else data
    return {"train_dataloaders": DataLoader(samples, M // devices, sampler=rows)}


class Told(nn.Module):
    """A network that is told a class and a vector beside its input."""

    def __init__(self, outputs):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 + CLASSES + 2, 16), nn.ReLU(), nn.Linear(16, outputs))

    def forward(self, x, label, vector):
        return self.layers(torch.cat([x, one_hot(label, CLASSES).to(x), vector], 1))


def told_networks():
    condition = SeveralConditions([ClassLabels(CLASSES), Values(2)])
    return {"generator": Told(2), "critic": Told(1), "latent_dim": 2, "condition": condition}


def weighted_array():
    """Series with a number and a weight each."""
    random = torch.Generator().manual_seed(2)
    samples, numbers = torch.randn(100, 4, 2, generator=random) * 7 + 30, torch.rand(100, generator=random)
    files = {"samples": samples, "conditions": numbers, "weights": numbers, "cache_dir": "cache"}
    return ArrayData(**files, transform=["standardise", "quantile"], per="last_axis", batch_size=M)


def array_networks():
    networks = {"generator": MLPGenerator(2, [4, 2], 16, 2, condition_dim=1), "latent_dim": 2}
    return networks | {"critic": MLPCritic([4, 2], 16, 2, condition_dim=1), "condition": Values(1, "standardise")}


def labelled_networks():
    """Of the modes of a mixture; the generator is told uniform ones."""
    condition = ClassLabels(8, for_generator="uniform")
    networks = {"generator": MLPGenerator(2, 2, 16, 2, num_classes=8), "critic": MLPCritic(2, 16, 2, num_classes=8)}
    return networks | {"latent_dim": 2, "condition": condition, "latent_law": "uniform"}


def packed_networks():
    """The critic sees two samples and their numbers at a time."""
    generator, critic = MLPGenerator(2, 2, 16, 2, condition_dim=2), MLPCritic(4, 16, 2, condition_dim=4)
    return {"generator": generator, "critic": critic, "latent_dim": 2, "condition": Values(2), "view": Pack(2)}


CASES = {
    "GAN on points": lambda _: (GAN(**toy_networks()), {"datamodule": ToyData("swiss_roll", M)}),
    "WGAN on points": lambda _: (
        WGAN(**toy_networks(), **RMSPROP, clip_value=0.1, n_critic=WarmStart(2, 5, 3, 20), ema_decay=0.99),
        {"datamodule": ToyData("eight_gaussians", M)},
    ),
    "WGAN-GP on points": lambda _: (
        WGANGP(**toy_networks(), **ADAM, n_critic=2, generator_batch_multiple=2, lr_scheduler=linear_decay),
        {"datamodule": ToyData("twenty_five_gaussians", M)},
    ),
    "WGAN-GP on digits": lambda _: (
        WGANGP(**digit_networks(), **ADAM, n_critic=2),
        {"datamodule": ImageData("digits", batch_size=M, horizontal_flip=True, dequantise=True)},
    ),
    "WGAN on a loader of one's own": lambda devices: (
        WGAN(**toy_networks(), **RMSPROP, clip_value=0.1, n_critic=2),
        own_loader(devices),
    ),
    "GAN with terms": lambda _: (
        GAN(**toy_networks(), **ADAM, critic_terms=[R1(interval=2), R2(), DRAGAN(), Drift()]),
        {"datamodule": ToyData("swiss_roll", M)},
    ),
    "WGAN-GP told a class and a vector by a loader of one's own": lambda devices: (
        WGANGP(**told_networks(), **ADAM, n_critic=2, generator_batch_multiple=2),
        own_loader(devices, told=True),
    ),
    "WGAN-GP that sees packs": lambda _: (
        WGANGP(**packed_networks(), **ADAM, n_critic=2, generator_batch_multiple=2, generator_terms=[MSE()]),
        {"datamodule": ToyData("eight_gaussians", 2 * M, condition_of="angle")},
    ),
    "GAN that sees augmented digits": lambda _: (
        GAN(**digit_networks(), **ADAM, critic_terms=[DRAGAN()], view=DiffAugment(["color", "translation", "cutout"])),
        {"datamodule": ImageData("digits", batch_size=M)},
    ),
    "GAN told classes": lambda _: (
        GAN(**labelled_networks(), **ADAM, n_critic=2),
        {"datamodule": ToyData("eight_gaussians", M, condition_of="label")},
    ),
    "WGAN-GP told numbers of an array, by weight": lambda _: (
        WGANGP(**array_networks(), **ADAM, n_critic=2),
        {"datamodule": weighted_array()},
    ),
}


def averaged_batch_norm():
    generator = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    system = WGAN(generator, MLPCritic(2, 16, 2), latent_dim=2, n_critic=1)
    return system, {"datamodule": ToyData("swiss_roll", M)}


def law_of(system):
    """What a conditional system has learnt of its training set."""
    law = [] if system.condition is None else system.condition.law()
    assert law or system.condition is None
    return {f"law {number}": part for number, part in enumerate(law)}


def trainer(devices, strategy, **options):
    return Trainer(
        accelerator="cpu",
        devices=devices,
        strategy=strategy if devices > 1 else "auto",
        max_epochs=-1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        limit_val_batches=0,
        use_distributed_sampler=False,
        **options,
    )


def main():
    output, devices, strategy = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    weights = {}
    for precision in ("64-true", "32-true"):
        for name, make in CASES.items():
            seed_everything(0, verbose=False)
            system, data = make(devices)
            run = trainer(devices, strategy, max_steps=UPDATES, precision=precision)
            run.fit(system, **data)
            assert system.counters.generator_updates == run.global_step == UPDATES
            weights[f"{name}, {precision}"] = system.state_dict() | law_of(system)
    seed_everything(0, verbose=False)
    system, data = averaged_batch_norm()
    run = trainer(devices, strategy, max_steps=5)
    run.fit(system, **data)
    system.average_statistics()
    torch.save(weights | {"batch norm": system.state_dict()}, f"{output}.{run.global_rank}")


if __name__ == "__main__":
    main()
