"""A trained generator alone: a module that makes samples in the data's own units."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.data.conditions.given import as_tuple, told_to
from lit_wgan.data.transforms import Transform
from lit_wgan.engine.minibatches import Condition
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import LatentLaw, RandomStreams
from lit_wgan.systems import AdversarialSystem
from lit_wgan.systems.judging import generate
from lit_wgan.systems.sampling import SampleList, in_data_units


class TrainedGenerator(nn.Module):
    """The generator of a trained system, in evaluation mode, with all that its samples depend on.

    ``generator(z)``, or ``generator(z, condition)`` of a conditional one, gives samples in the data's own units;
    :meth:`latent` draws z, and :meth:`sample` everything. It moves and changes its type as modules do, and can be
    pickled; its ``state_dict`` is that of the network, without the transform's numbers.

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
            condition: in a conditional generator, the condition of each, in the data's own units; of several
                conditions each an argument.

        Raises:
            UsageError: for another number of conditions than the generator takes.
        """
        return in_data_units(self.transform, generate(self.network, z, self._told(condition)))

    def latent(self, count: int, seed: int | None = None) -> Tensor:
        """Noise z ``(count, *latent_shape)``: that of the samples of the same numbers.

        Args:
            count: how many.
            seed: None for the run's.
        """
        return self._seeded(seed).noise(slice(count))

    def conditions(self, count: int, seed: int | None = None) -> tuple[Tensor, ...]:
        """Conditions that as many samples are drawn under, as often as in training, in the data's own units.

        Nothing for a generator without conditions; else to be given as ``generator(z, *conditions)``.
        """
        told = self._seeded(seed).conditions(slice(count))
        return () if told is None else as_tuple(told)

    def sample(self, count: int, condition: Any = None, seed: int | None = None, batch_size: int = 256) -> Tensor:
        """Samples ``(count, ...)`` in the data's own units: those of the same numbers that ``lit-wgan sample`` writes.

        Args:
            count: how many.
            condition: one for all, such as the class ``3``, or one for each; None for conditions as often as in
                training.
            seed: of the noise and of conditions that are not given; None for the run's.
            batch_size: how many at a time.

        Raises:
            UsageError: for what is no condition of this generator; for none, where those of the training set are not
                known, as in an export.
        """
        if condition is None and self.condition is not None and not self.condition.law():
            raise UsageError(
                "Expected a condition, since it is not known how often each was in the training set, but got none. "
                "Give the condition of the samples."
            )
        return self._seeded(seed).samples(slice(count), batch_size, condition)

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

    def _seeded(self, seed: int | None) -> SampleList:
        """The list of samples of a seed; None for the run's."""
        return self.samples if seed is None else replace(self.samples, streams=RandomStreams(seed))

    def _told(self, condition: tuple[Tensor, ...]) -> Condition | None:
        """A condition as the network takes it."""
        parts = 0 if self.condition is None else self.condition.parts
        if len(condition) != parts:
            raise UsageError(
                f"Expected noise and {parts} condition(s), as the generator was trained with, but got "
                f"{len(condition)}. Give generator(z{', condition' * parts})."
            )
        if self.condition is None:
            return None
        return told_to(self.condition.tell(condition if parts > 1 else condition[0]), *self._where())

    def _where(self) -> tuple[torch.device, torch.dtype]:
        """The device and the type of the network."""
        like = next((each for each in self.network.parameters() if each.is_floating_point()), torch.empty(0))
        return like.device, like.dtype
