"""Samples by their numbers: one endless list, which a generator makes of a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from lit_wgan.data.conditions import ConditionSource
from lit_wgan.data.conditions.given import in_words, told_to
from lit_wgan.data.transforms import Transform
from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.engine.preserve import evaluation_mode, preserve_random_state, random_states, seed_torch
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import LatentLaw, RandomStreams
from lit_wgan.systems.judging import generate

CHUNK = 64
"""Samples that a generator makes together if it draws random numbers by itself, numbers 0 to 63 and so on."""


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


def in_data_units(transform: Transform | None, samples: Tensor) -> Tensor:
    """Samples ``(N, ...)`` of a generator in the data's own units, whose numbers 16 bits may not be enough for."""
    if transform is None:
        return samples
    return transform.inverse(samples.to(torch.promote_types(samples.dtype, torch.float32)))


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
    """

    generator: nn.Module
    latent_shape: tuple[int, ...]
    latent_law: LatentLaw
    condition: ConditionSource | None
    transform: Transform | None
    streams: RandomStreams
    device: torch.device
    dtype: torch.dtype

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
        return in_data_units(self.transform, self.network_samples(rows, batch_size, condition))

    def network_samples(self, rows: slice, batch_size: int = 256, condition: Any = None) -> Tensor:
        """As :meth:`samples`, in the generator's units."""
        numbers = range(*rows.indices(rows.stop))
        asked = self.conditions(rows) if condition is None else self.condition_asked(condition, len(numbers))
        return self.of_noise(self.noise(rows), asked, batch_size, numbers)

    def of_noise(self, z: Tensor, condition: Condition | None, batch_size: int = 256, numbers: Any = None) -> Tensor:
        """Samples of given noise, in the generator's units.

        A generator that draws random numbers by itself draws the same for a sample of the same number, whatever
        samples are made beside it; then ``CHUNK`` are made at a time.

        Args:
            z: noise ``(N, *latent_shape)``.
            condition: of each, in the data's own units; None without conditions.
            batch_size: how many at a time.
            numbers: of the samples, in ascending order; None for 0 to N - 1.
        """
        told = condition
        if self.condition is not None and condition is not None:
            told = told_to(self.condition.tell(condition), self.device, self.dtype)

        def part(first: int) -> Tensor:
            chosen = slice(first, first + batch_size)
            return generate(self.generator, z[chosen], map_condition(lambda rows: rows[chosen], told))

        with evaluation_mode(self.generator), preserve_random_state():
            before = random_states(self.device)
            parts = [part(0)]
            if any(not torch.equal(*states) for states in zip(before, random_states(self.device), strict=True)):
                return self._by_chunks(z, told, range(len(z)) if numbers is None else numbers)
            return torch.cat(parts + [part(first) for first in range(batch_size, len(z), batch_size)])

    def _by_chunks(self, z: Tensor, told: Condition | None, numbers: Sequence[int]) -> Tensor:
        """Samples of a generator that draws by itself: each in its place of a whole chunk, which alone is seeded.

        Places of samples that are not asked for are made of the first one's noise.
        """
        parts = []
        for chunk, group in groupby(range(len(z)), lambda row: numbers[row] // CHUNK):
            rows = list(group)
            places = [numbers[row] % CHUNK for row in rows]
            filled = torch.zeros(CHUNK, dtype=torch.int64, device=z.device)
            filled[places] = torch.tensor(rows, device=z.device)
            seed_torch(self.streams.key("torch/samples", chunk), self.device)
            made = generate(self.generator, z[filled], map_condition(lambda each, filled=filled: each[filled], told))
            parts.append(made[places])
        return torch.cat(parts)
