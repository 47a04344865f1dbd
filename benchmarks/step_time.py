"""Time per generator update of lit-wgan against a plain loop of the same maths on the same data.

    python benchmarks/step_time.py [--blocks 20] [--json FILE]

Both run in one process and take turns: a block of updates by the Trainer, with progress bar, CSV and TensorBoard
logging on, then a block by the plain loop. The table gives medians over the blocks, their quartiles, and the median of
the ratios of neighbouring blocks, which a machine that is busy with other things disturbs least.
"""

import argparse
import copy
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch import Tensor, nn
from torch.optim import Adam
from torch.utils.data import Dataset

from lit_wgan import WGANGP, ImageData, ToyData
from lit_wgan.callbacks import GeneratorUpdates
from lit_wgan.data import AdversarialData
from lit_wgan.networks import DCGANCritic, DCGANGenerator, MLPCritic, MLPGenerator

EMA_DECAY = 0.999
N_CRITIC = 5


@dataclass
class Case:
    """Networks and data of one comparison, and how many updates make a block of some seconds."""

    generator: Callable[[], nn.Module]
    critic: Callable[[], nn.Module]
    latent_dim: int
    gp_weight: float
    data: Callable[[str], AdversarialData]
    block: int


class RandomImages(Dataset[Tensor]):
    """Stands in for CIFAR-10: the time does not depend on what the images show."""

    def __len__(self) -> int:
        return 4096

    def __getitem__(self, index: int) -> Tensor:
        generator = torch.Generator().manual_seed(index)
        return torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8, generator=generator)


CASES = {
    "toy MLP 512, m = 256": Case(
        lambda: MLPGenerator(2, 2), lambda: MLPCritic(2), 2, 0.1, lambda _: ToyData("eight_gaussians"), 10
    ),
    "digits DCGAN, m = 64": Case(
        lambda: DCGANGenerator(8, 1, 64, extra_layers=1),
        lambda: DCGANCritic(8, 1, extra_layers=1),
        64,
        10.0,
        lambda folder: ImageData("digits", cache_dir=folder),
        10,
    ),
    "CIFAR-10 DCGAN 128, m = 64": Case(
        lambda: DCGANGenerator(32, 3, 128, width=128, kernel_size=5),
        lambda: DCGANCritic(32, 3, width=128, kernel_size=5),
        128,
        10.0,
        lambda folder: ImageData(RandomImages(), cache_dir=folder),
        1,
    ),
}


class PlainLoop:
    """WGAN-GP as people write it by hand, without any part of lit-wgan but its networks and its real minibatches."""

    def __init__(self, case: Case, real: Tensor):
        self.case = case
        self.real = real  # the whole training set, as the loader would give it
        self.generator, self.critic = case.generator(), case.critic()
        self.average = copy.deepcopy(self.generator)
        self.optimizers = [Adam(net.parameters(), 1e-4, (0.0, 0.9)) for net in (self.critic, self.generator)]

    def minibatch(self, m: int) -> Tensor:
        """Random samples, bytes made numbers."""
        real = self.real[torch.randint(len(self.real), (m,))]
        return real.float() / 127.5 - 1 if real.dtype == torch.uint8 else real

    def update(self, m: int) -> None:
        """One generator update and its critic updates."""
        critic_optimizer, generator_optimizer = self.optimizers
        for _ in range(N_CRITIC):
            real = self.minibatch(m)
            with torch.no_grad():
                fake = self.generator(torch.randn(m, self.case.latent_dim))
            eps = torch.rand(m, *[1] * (real.ndim - 1))
            mixed = (eps * real + (1 - eps) * fake).requires_grad_()
            (gradient,) = torch.autograd.grad(self.critic(mixed).sum(), mixed, create_graph=True)
            penalty = (gradient.flatten(1).norm(dim=1) - 1).square().mean()
            loss = self.critic(fake).mean() - self.critic(real).mean() + self.case.gp_weight * penalty
            critic_optimizer.zero_grad()
            loss.backward()
            critic_optimizer.step()
        self.critic.requires_grad_(False)
        loss = -self.critic(self.generator(torch.randn(m, self.case.latent_dim))).mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
        self.critic.requires_grad_(True)
        with torch.no_grad():
            for ours, theirs in zip(self.average.parameters(), self.generator.parameters(), strict=True):
                ours.lerp_(theirs, 1 - EMA_DECAY)


class TakeTurns(Callback):
    """Times a block of the Trainer's updates, then lets the plain loop do as many."""

    def __init__(self, plain: Callable[[], None], block: int):
        self.plain, self.block = plain, block
        self.ours: list[float] = []
        self.theirs: list[float] = []
        self.start = 0.0

    def on_train_start(self, *_: Any) -> None:
        """The clock starts; the first block is for warming up."""
        self.start = time.perf_counter()

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Change turns at the end of a block."""
        if trainer.global_step % self.block:
            return
        half = time.perf_counter()
        for _ in range(self.block):
            self.plain()
        end = time.perf_counter()
        self.ours.append((half - self.start) / self.block)
        self.theirs.append((end - half) / self.block)
        self.start = time.perf_counter()


def measure(case: Case, blocks: int) -> dict[str, Any]:
    """Seconds per generator update of either side."""
    seed_everything(0, verbose=False)
    system = WGANGP(
        case.generator(),
        case.critic(),
        case.latent_dim,
        gp_weight=case.gp_weight,
        n_critic=N_CRITIC,
        ema_decay=EMA_DECAY,
    )
    with tempfile.TemporaryDirectory() as folder:
        data = case.data(folder)
        trainer = Trainer(
            accelerator="cpu",
            max_steps=case.block * (blocks + 1),
            max_epochs=-1,
            limit_val_batches=0,
            enable_checkpointing=False,
            enable_model_summary=False,
            log_every_n_steps=50,
            logger=[CSVLogger(folder), TensorBoardLogger(folder)],
        )
        data.trainer = trainer
        trainer.strategy.connect(system)
        data.setup("fit")
        real = (
            data.real_samples(4096, train=True) if isinstance(data, ToyData) else torch.from_numpy(data.images[True][:])
        )
        plain = PlainLoop(case, real)
        turns = TakeTurns(lambda: plain.update(data.batch_size), case.block)
        trainer.callbacks = [GeneratorUpdates(), turns, *trainer.callbacks]
        trainer.fit(system, datamodule=data)
    ours, theirs = turns.ours[1:], turns.theirs[1:]
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return {"lit_wgan_s": ours, "plain_s": theirs, "ratio": statistics.median(ratios)}


def row(name: str, result: dict[str, Any]) -> str:
    """One line of the table."""

    def spread(seconds: list[float]) -> str:
        low, middle, high = statistics.quantiles(seconds, n=4)
        return f"{1e3 * middle:.1f} ({1e3 * low:.1f} to {1e3 * high:.1f})"

    return f"| {name} | {spread(result['lit_wgan_s'])} | {spread(result['plain_s'])} | {result['ratio']:.3f} |"


def main() -> None:
    """Measure every case and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=20, help="blocks of updates per case, after one to warm up")
    parser.add_argument("--json", help="write all times here")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    results = {name: measure(case, arguments.blocks) for name, case in CASES.items()}
    print(f"\ntorch {torch.__version__}, {torch.get_num_threads()} threads, {arguments.blocks} blocks\n")
    print("| case | lit-wgan, ms: median (quartiles) | plain loop, ms | median ratio |\n|---|---|---|---|")
    for name, result in results.items():
        print(row(name, result))
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(results, file)


if __name__ == "__main__":
    main()
