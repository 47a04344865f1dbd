"""Samples by their numbers: one endless list, which a generator makes of a seed."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.data.conditions.given import in_words, told_to
from lit_wgan.data.transforms import Transform
from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.engine.preserve import evaluation_mode, preserve_random_state, seed_torch
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import LatentLaw, RandomStreams
from lit_wgan.systems.judging import generate


def latent(
    streams: RandomStreams,
    law: LatentLaw,
    stream: str,
    update: int,
    shape: tuple[int, ...],
    rows: slice,
    device: torch.device,
    dtype: torch.dtype,
) -> Tensor:
    """The given rows of noise z of a law, of the global shape ``(count, *latent_shape)``."""
    if law == "normal":
        return streams.normal(stream, update, shape, rows, device, dtype)
    return streams.uniform(stream, update, shape, rows, device, dtype) * 2 - 1  # on [-1, 1)


@dataclass(frozen=True)
class SampleList:
    """The samples of a generator, by number.

    Args:
        generator: of them.
        latent_shape: of one noise vector z.
        latent_law: of z.
        condition: what the generator is told; None if nothing.
        transform: from the generator's units to the data's own; None where they agree.
        streams: random numbers of the list's seed.
        device: of the generator.
        dtype: of the generator.
        rank: of this process, by which layers that draw by themselves are seeded.
    """

    generator: nn.Module
    latent_shape: tuple[int, ...]
    latent_law: LatentLaw
    condition: ConditionSource | None
    transform: Transform | None
    streams: RandomStreams
    device: torch.device
    dtype: torch.dtype
    rank: int = 0

    def noise(self, rows: slice) -> Tensor:
        """The noise z of the samples of the given numbers, shape ``(number of rows, *latent_shape)``."""
        shape = (rows.stop, *self.latent_shape)
        return latent(self.streams, self.latent_law, "z/samples", 0, shape, rows, self.device, self.dtype)

    def conditions(self, rows: slice) -> Condition | None:
        """What they are drawn under, in the data's own units; None without conditions."""
        if self.condition is None:
            return None
        return told_to(self.condition.of_samples(rows, self.streams, self.device), self.device)

    def condition_asked(self, value: Any, count: int) -> Condition:
        """The condition of ``count`` samples that a user asks for: one for all of them, or one for each.

        Raises:
            UsageError: for a generator without conditions, and for what is none of its conditions.
        """
        if self.condition is None:
            raise UsageError(
                f"Expected no condition, since the generator is trained without one, but got {in_words(value)}. Leave "
                "it out, or train a system with model.condition."
            )
        return told_to(self.condition.asked(value, count), self.device)

    def samples(self, rows: slice, batch_size: int = 256, condition: Any = None) -> Tensor:
        """Samples ``(number of rows, ...)`` in the data's own units.

        Args:
            rows: which samples, for example ``slice(64)``.
            batch_size: how many at a time.
            condition: one for all samples or one for each, in the data's own units; None for the training set's law,
                which gives each number its condition.

        Raises:
            UsageError: for what is no condition of this generator.
        """
        samples = self.network_samples(rows, batch_size, condition)
        return samples if self.transform is None else self.transform.inverse(samples)

    def network_samples(self, rows: slice, batch_size: int = 256, condition: Any = None) -> Tensor:
        """As :meth:`samples`, in the generator's units."""
        numbers = range(*rows.indices(rows.stop))
        asked = self.conditions(rows) if condition is None else self.condition_asked(condition, len(numbers))
        return self.of_noise(self.noise(rows), asked, batch_size, numbers)

    def of_noise(self, z: Tensor, condition: Condition | None, batch_size: int = 256, numbers: Any = None) -> Tensor:
        """Samples of given noise, in the generator's units.

        Args:
            z: noise ``(N, *latent_shape)``.
            condition: of each, in the data's own units; None without conditions.
            batch_size: how many at a time.
            numbers: of the samples, by which layers that draw by themselves are seeded; None for 0 to N - 1.
        """
        numbers = range(len(z)) if numbers is None else numbers
        told = condition
        if self.condition is not None and condition is not None:
            told = told_to(self.condition.tell(condition), self.device, self.dtype)

        def part(first: int) -> Tensor:
            chosen = slice(first, first + batch_size)
            seed_torch(self.streams.key(f"torch/samples/{self.rank}", numbers[first]), self.device)
            return generate(self.generator, z[chosen], map_condition(lambda rows: rows[chosen], told))

        with evaluation_mode(self.generator), preserve_random_state():
            return torch.cat([part(first) for first in range(0, len(z), batch_size)])
