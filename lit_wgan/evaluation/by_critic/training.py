"""A critic that is trained between two sets of samples."""

import math
import time
from functools import partial
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor, nn
from torch.optim import Adam

from lit_wgan.data.array_data import ArrayData
from lit_wgan.engine.preserve import preserve_random_state
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.by_critic.options import CriticOptions, Network
from lit_wgan.evaluation.by_critic.result import CriticDistance, Judged
from lit_wgan.evaluation.two_sample.kinds import MOST_EXACT
from lit_wgan.evaluation.wasserstein import exact_w1
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.networks import DCGANCritic, MLPCritic
from lit_wgan.networks.rows import Rows
from lit_wgan.systems.wgan_gp import WGANGP

FEWEST = 20
"""Samples of each set."""
HELD_OUT = 0.2
"""Share of each set that the critic is not trained on, but judged by."""
TIMES = 40
"""That the critic is judged while it is trained."""
AT_ONCE = 1024
"""Samples that it judges in one pass, and between which its slope is taken."""
SMALLEST_IMAGE = 8


def critic_distance(
    a: Tensor, b: Tensor, options: CriticOptions | None = None, accelerator: str = "auto"
) -> CriticDistance:
    """Estimate the Wasserstein-1 distance of two sets, under the Euclidean metric, by a critic trained between them.

    It is judged by a fifth of each set that it is not trained on. Samples are brought to unit scale by one shift of
    each feature and one common factor, by which the distance is then multiplied, so that the metric stays the same.
    All random numbers follow from the seed alone.

    Args:
        a: samples ``(N, ...)``, at least 20, finite.
        b: samples ``(M, ...)`` of the same shape, likewise.
        options: see :class:`CriticOptions`; None for its defaults.
        accelerator: such as ``cpu``.

    Returns:
        See :class:`CriticDistance`; its ``distance`` is about ``||s||`` where b has the law of ``a + s``.

    Raises:
        UsageError: for sets of different shapes, of too few samples, and of equal samples alone.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Eq. (3).
    """
    options = options or CriticOptions()
    check_sets(a, b)
    order = np.random.RandomState(options.seed)
    a, b = (samples[torch.from_numpy(order.permutation(len(samples)))].double() for samples in (a, b))
    n = min(MOST_EXACT, len(a) // 2, len(b))
    scale, (held_a, train_a), (held_b, train_b) = in_unit_scale(a, b)
    judge = Judge(held_a, held_b, max(options.updates // TIMES, 1))
    data = ArrayData(train_a, held_out=held_a, batch_size=min(options.batch_size, len(train_a)))
    with preserve_random_state():
        torch.manual_seed(options.seed)
        critic = make_critic(options.network, a.shape[1:], options.width)
        seconds = train(critic, train_b, data, options, judge, accelerator)
    return CriticDistance(
        course=[each._replace(estimate=scale * each.estimate) for each in judge.course],
        error=scale * judge.error,
        exact=exact_w1(a[:n], b[:n]),
        floor=exact_w1(a[:n], a[n : 2 * n]),
        exact_rows=n,
        rows=(len(a), len(b)),
        shape=tuple(a.shape[1:]),
        network=type(critic).__name__,
        options=options,
        seconds=seconds,
    )


def check_sets(a: Tensor, b: Tensor) -> None:
    """Raise a UsageError for sets that have no distance, or too few samples to tell."""
    if a.shape[1:] != b.shape[1:]:
        raise UsageError(
            f"Expected two sets of samples of one shape, but got {tuple(a.shape[1:])} and {tuple(b.shape[1:])}. "
            "Compare samples of one kind."
        )
    if min(len(a), len(b)) < FEWEST:
        raise UsageError(
            f"Expected at least {FEWEST} samples in each set, but got {len(a)} and {len(b)}. Add some; the more there "
            "are, the less the distance owes to chance."
        )


def in_unit_scale(a: Tensor, b: Tensor) -> tuple[float, tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """The common standard deviation of both sets' features, and both sets in units of it, around 0, in two parts each.

    The first part is held out. All is float32.

    Raises:
        UsageError: for samples that are all equal.
    """
    both = torch.cat([a, b])
    middle = both.mean(0)
    scale = float((both - middle).square().mean().sqrt())
    if not scale > 0:
        raise UsageError("Expected samples that differ, but all of both sets are equal. Their distance is 0.")

    def parts(samples: Tensor) -> tuple[Tensor, Tensor]:
        held_out = math.ceil(HELD_OUT * len(samples))
        scaled = ((samples - middle) / scale).float()
        return scaled[:held_out], scaled[held_out:]

    return scale, parts(a), parts(b)


def make_critic(network: Network, shape: torch.Size, width: int) -> nn.Module:
    """A critic for samples of a shape; for images that can be halved, one of convolutions."""
    is_image = len(shape) == 3 and min(shape[1:]) >= SMALLEST_IMAGE
    if network == "dcgan" or (network == "auto" and is_image):
        return DCGANCritic(data_shape=shape, width=width)
    return MLPCritic(data_shape=shape, width=width)


def train(
    critic: nn.Module, fixed: Tensor, data: ArrayData, options: CriticOptions, judge: "Judge", accelerator: str
) -> float:
    """Train a critic alone, between data and a fixed set; return how many seconds that took."""
    started = time.perf_counter()
    system = WGANGP(
        generator=Rows(fixed),
        critic=critic,
        latent_dim=1,
        latent_law="uniform",
        gp_weight=options.gp_weight,
        n_critic=1,
        critic_optimizer=partial(Adam, lr=options.learning_rate, betas=(0.5, 0.9)),
    )
    system.streams = RandomStreams(options.seed)
    trainer = Trainer(
        accelerator=accelerator,
        devices=1,
        max_steps=options.updates,
        max_epochs=-1,
        limit_val_batches=0,
        callbacks=[judge],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(system, data)
    return time.perf_counter() - started


class Judge(Callback):
    """Notes what a critic makes of samples that are held out, while it is trained and when that ends.

    Args:
        real: of the one set, ``(n, ...)``.
        fake: of the other, ``(m, ...)``.
        every: critic updates from one time to the next.
    """

    def __init__(self, real: Tensor, fake: Tensor, every: int):
        self.sets = (real, fake)
        self.every = every
        self.course: list[Judged] = []
        self.error = 0.0

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *args: Any) -> None:
        """Judge, whenever that is due."""
        update = pl_module.counters.critic_updates
        if update % self.every and update != trainer.max_steps:
            return
        real, fake = (samples.to(pl_module.device) for samples in self.sets)
        n = min(len(real), len(fake), AT_ONCE)
        with torch.no_grad():
            scores = [torch.cat([pl_module.score(part) for part in samples.split(AT_ONCE)]) for samples in (real, fake)]
        slope = pl_module.slope(real[:n], fake[:n], None, 0)
        self.error = math.sqrt(sum(float(each.var()) / len(each) for each in scores))
        self.course.append(Judged(update, float(pl_module.estimate(*scores)), float(slope)))
