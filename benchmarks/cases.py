"""Networks and data to measure, and their training by lit-wgan: WGAN-GP with the papers' settings."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch import Tensor, nn
from torch.utils.data import Dataset

from lit_wgan import WGANGP, ImageData, ToyData
from lit_wgan.callbacks import GeneratorUpdates
from lit_wgan.data import AdversarialData
from lit_wgan.networks import (
    CIFARResNetCritic,
    CIFARResNetGenerator,
    DCGANCritic,
    DCGANGenerator,
    MLPCritic,
    MLPGenerator,
    ResNet64Critic,
    ResNet64Generator,
)

EMA_DECAY = 0.999
N_CRITIC = 5


@dataclass(frozen=True)
class Case:
    """A pair of networks and its data.

    ``cpu_batch_size`` replaces the paper's batch size on CPUs, where that would take minutes; ``cpu_channels_last`` is
    the faster layout of images on a CPU in bfloat16.
    """

    title: str
    generator: Callable[[], nn.Module]
    critic: Callable[[], nn.Module]
    latent_dim: int
    shape: tuple[int, ...]
    batch_size: int
    gp_weight: float = 10.0
    generator_batch_multiple: int = 1
    cpu_batch_size: int | None = None
    cpu_channels_last: bool = False

    def batch_size_on(self, device: str) -> int:
        """The minibatch m."""
        return self.cpu_batch_size if device == "cpu" and self.cpu_batch_size else self.batch_size

    def real(self) -> Tensor:
        """A training set ``(4096, ...)``: the time does not depend on what images show."""
        generator = torch.Generator().manual_seed(0)
        if len(self.shape) == 1:
            return torch.randn(4096, *self.shape, generator=generator)
        return torch.randint(0, 256, (4096, *self.shape), dtype=torch.uint8, generator=generator)

    def data(self, batch_size: int, folder: str) -> AdversarialData:
        """The same data for lit-wgan, which draws points afresh and keeps images in ``folder``."""
        if len(self.shape) == 1:
            return ToyData("eight_gaussians", batch_size=batch_size)
        return ImageData(Images(self), batch_size=batch_size, cache_dir=folder)


class Images(Dataset[Tensor]):
    """The images of a case as a data set."""

    def __init__(self, case: Case):
        self.title, self.images = case.title, case.real()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.images[index]


def dcgan(title: str, size: int, channels: int, latent_dim: int, batch_size: int, width: int, **options: Any) -> Case:
    """A case of DCGANs without norm in the critic."""
    norm = options.pop("norm", "batch")
    return Case(
        title,
        partial(DCGANGenerator, size, channels, latent_dim, width, norm=norm, **options),
        partial(DCGANCritic, size, channels, width, **options),
        latent_dim,
        (channels, size, size),
        batch_size,
    )


CASES = {
    "toy": Case("toy MLP 512", partial(MLPGenerator, 2, 2), partial(MLPCritic, 2), 2, (2,), 256, gp_weight=0.1),
    "digits": dcgan("digits DCGAN 64", 8, 1, 64, 64, 64, extra_layers=1),
    "mnist": dcgan("MNIST DCGAN 64", 28, 1, 128, 50, 64, norm="none", kernel_size=5),
    "cifar10": dcgan("CIFAR-10 DCGAN 64", 32, 3, 128, 64, 64, kernel_size=5),
    "cifar10_128": dcgan("CIFAR-10 DCGAN 128", 32, 3, 128, 64, 128, kernel_size=5),
    "resnet": Case(
        "CIFAR-10 ResNet 128",
        CIFARResNetGenerator,
        CIFARResNetCritic,
        128,
        (3, 32, 32),
        64,
        generator_batch_multiple=2,
        cpu_channels_last=True,
    ),
    "resnet64": Case(
        "64x64 ResNet 64",
        ResNet64Generator,
        ResNet64Critic,
        128,
        (3, 64, 64),
        64,
        cpu_batch_size=16,
        cpu_channels_last=True,
    ),
}


def train(
    case: Case,
    batch_size: int,
    callbacks: list[Callback],
    folder: str,
    options: dict[str, Any] | None = None,
    system_class: type[WGANGP] = WGANGP,
    **trainer_options: Any,
) -> None:
    """Train until a callback stops it, with progress bar, CSV and TensorBoard logging on."""
    seed_everything(0, verbose=False)
    system = system_class(
        case.generator(),
        case.critic(),
        case.latent_dim,
        gp_weight=case.gp_weight,
        n_critic=N_CRITIC,
        ema_decay=EMA_DECAY,
        generator_batch_multiple=case.generator_batch_multiple,
        **(options or {}),
    )
    trainer = Trainer(
        devices=1,
        max_steps=-1,
        max_epochs=-1,
        limit_val_batches=0,
        enable_checkpointing=False,
        enable_model_summary=False,
        log_every_n_steps=50,
        logger=[CSVLogger(folder), TensorBoardLogger(folder)],
        callbacks=[GeneratorUpdates(), *callbacks],
        **trainer_options,
    )
    trainer.fit(system, datamodule=case.data(batch_size, folder))
