"""A trained generator alone: a module that makes samples in the data's own units."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.data.transforms import Transform
from lit_wgan.engine.minibatches import Condition
from lit_wgan.functional.streams import LatentLaw, RandomStreams
from lit_wgan.systems import AdversarialSystem
from lit_wgan.systems.judging import generate
from lit_wgan.systems.sampling import SampleList
from lit_wgan.trained.found import find_trained


class TrainedGenerator(nn.Module):
    """The generator of a trained system, in evaluation mode, with all that its samples depend on.

    ``generator(z)``, or ``generator(z, condition)`` of a conditional one, gives samples in the data's own units;
    :meth:`sample` draws the noise too.

    Args:
        system: whose averaged generator is taken if it has one.
        live: take the generator itself instead.
    """

    def __init__(self, system: AdversarialSystem, live: bool = False):
        super().__init__()
        averaged = None if live else system.ema_generator
        self.network = deepcopy(system.generator if averaged is None else averaged).requires_grad_(False)
        """The generator in the networks' units."""
        self.latent_shape: tuple[int, ...] = system.latent_shape
        """Of one noise vector z."""
        self.latent_law: LatentLaw = system.latent_law
        """Of z: standard normal, or uniform on ``[-1, 1)``."""
        self.condition: ConditionSource | None = system.condition
        """What the generator is told; None if nothing."""
        self.transform: Transform | None = system.transform
        """From the networks' units to the data's own; None where they agree."""
        self.seed: int = system.streams.seed
        """Of the run."""
        self.updates: int = system.counters.generator_updates
        """Generator updates that it was trained for."""
        self.eval()

    def forward(self, z: Tensor, *condition: Tensor) -> Tensor:
        """Samples ``(N, ...)`` in the data's own units.

        Args:
            z: noise ``(N, *latent_shape)``, as ``latent_law`` says.
            condition: in a conditional generator, the condition of each, in the data's own units.
        """
        given: Condition | None = None
        if condition and self.condition is not None:
            given = self.condition.tell(condition if self.condition.parts > 1 else condition[0])
        samples = generate(self.network, z, given)
        return samples if self.transform is None else self.transform.inverse(samples)

    def sample(self, count: int, condition: Any = None, seed: int | None = None, batch_size: int = 256) -> Tensor:
        """Samples ``(count, ...)`` in the data's own units: those of the same numbers that ``lit-wgan sample`` writes.

        Args:
            count: how many.
            condition: one for all, such as the class ``3``, or one for each; None for conditions as often as in
                training.
            seed: of the noise and of conditions that are not given; None for the run's.
            batch_size: how many at a time.

        Raises:
            UsageError: for what is no condition of this generator.
        """
        samples = self.samples if seed is None else replace(self.samples, streams=RandomStreams(seed))
        return samples.samples(slice(count), batch_size, condition)

    @property
    def samples(self) -> SampleList:
        """The list of generated samples of the run's seed."""
        return SampleList(
            self.network,
            self.latent_shape,
            self.latent_law,
            self.condition,
            self.transform,
            RandomStreams(self.seed),
            *self._where(),
        )

    def _where(self) -> tuple[torch.device, torch.dtype]:
        """The device and the type of the network."""
        like = next((each for each in self.network.parameters() if each.is_floating_point()), torch.empty(0))
        return like.device, like.dtype


def load_generator(where: str | Path, live: bool = False) -> TrainedGenerator:
    """The generator of a run or of a checkpoint, on the CPU.

    Its classes are those that the run's config.yaml names: take that of a run you trust.

    Args:
        where: a checkpoint, a run's directory, or the name of a run in ``runs``.
        live: the generator itself instead of its moving average.

    Raises:
        UsageError: if there is no such checkpoint.
    """
    return TrainedGenerator(find_trained(where).system(), live)
