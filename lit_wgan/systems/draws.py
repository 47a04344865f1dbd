"""Random numbers of the terms and of the generator's conditions, as a system's streams give them."""

from typing import Protocol, cast

import torch
from torch import Tensor

from lit_wgan.functional.streams import ALL_ROWS, RandomStreams
from lit_wgan.systems.shards import Place


class HasStreams(Protocol):
    """What is read of a system."""

    streams: RandomStreams

    @property
    def place(self) -> Place:
        """What is computed just now, of all devices or blocks."""

    @property
    def rows(self) -> slice:
        """Its rows of a global minibatch."""

    @property
    def device(self) -> torch.device:
        """Where the numbers go."""

    @property
    def dtype(self) -> torch.dtype | str:
        """Their type."""

    def noise(self, stream: str, update: int, batch_size: int) -> Tensor:
        """This device's rows of noise."""


class SystemDraws:
    """Random numbers for one use of them in one update, each call's from a stream of its own.

    Args:
        system: whose streams, rows and noise they are.
        stream: of the first call; later ones end in their number.
        update: the counter of the update.
        rows: this device's share of the global minibatch.
        dtype: of the uniform numbers; None for that of the networks.
        samples: this device's share of the generated samples; None for as many.
    """

    def __init__(
        self,
        system: HasStreams,
        stream: str,
        update: int,
        rows: int,
        dtype: torch.dtype | None = None,
        samples: int | None = None,
    ):
        self.system = system
        self.stream = stream
        self.update = update
        self.rows = rows
        self.samples = rows if samples is None else samples
        self.dtype = dtype or cast(torch.dtype, system.dtype)
        self.calls = 0

    def uniform(self, *shape: int) -> Tensor:
        """Uniform numbers in ``[0, 1)``, ``(m, *shape)``."""
        system, count = self.system, self.rows * self.system.place.world
        shape = (count, *shape)
        return system.streams.uniform(self._next(), self.update, shape, system.rows, system.device, self.dtype)

    def z(self) -> Tensor:
        """Noise as the generator takes it, ``(m, *latent_shape)``."""
        return self.system.noise(self._next(), self.update, self.samples)

    def _next(self) -> str:
        call, self.calls = self.calls, self.calls + 1
        return f"{self.stream}/{call}" if call else self.stream


class DrawsAlone(SystemDraws):
    """The same for all rows there are, on whatever device, with or without a trainer."""

    def uniform(self, *shape: int) -> Tensor:
        """Uniform numbers in ``[0, 1)``, ``(m, *shape)``."""
        system, shape = self.system, (self.rows, *shape)
        return system.streams.uniform(self._next(), self.update, shape, ALL_ROWS, system.device, self.dtype)
