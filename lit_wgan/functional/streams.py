"""Counter-based random numbers: each is a pure function of (seed, stream, update, row).

No generator is advanced, so there is no random state to save. A run that was killed draws the same numbers when it
continues; rank r of w draws just the rows ``r::w`` of the global minibatch; a row does not depend on the batch size.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from math import prod, sqrt
from typing import Literal

import torch
from torch import Tensor

from lit_wgan.errors import check_positive

ALL_ROWS = slice(None)

LatentLaw = Literal["normal", "uniform"]
"""Of the noise z: standard normal, or uniform on ``[-1, 1)``."""

# Constants of SplitMix64 as signed 64-bit integers, whose products wrap: torch has no unsigned arithmetic everywhere.
_GOLDEN_GAMMA = 0x9E3779B97F4A7C15 - 2**64
_MIX_1 = 0xBF58476D1CE4E5B9 - 2**64
_MIX_2 = 0x94D049BB133111EB - 2**64


def _top_bits(words: Tensor, n: int) -> Tensor:
    """The upper ``n`` bits of 64-bit words, as integers in ``[0, 2**n)``."""
    return (words >> (64 - n)) & ((1 << n) - 1)


def _mix_(words: Tensor) -> Tensor:
    """The finaliser of SplitMix64, a bijection of 64-bit words (Steele et al. 2014, doi:10.1145/2660193.2660195)."""
    words ^= _top_bits(words, 64 - 30)
    words *= _MIX_1
    words ^= _top_bits(words, 64 - 27)
    words *= _MIX_2
    words ^= _top_bits(words, 64 - 31)
    return words


@lru_cache(maxsize=32)
def _counters(start: int, stop: int, step: int, columns: int, device: torch.device | str | None) -> Tensor:
    """Well spread, distinct words for the cells of the given rows, shape ``(number of rows, columns)``."""
    rows = torch.arange(start, stop, step, device=device)
    return (rows[:, None] * columns + torch.arange(columns, device=device)) * _GOLDEN_GAMMA


def noise_shape(latent_dim: int | Sequence[int]) -> tuple[int, ...]:
    """The shape of one noise vector z, given as its size or its shape.

    Raises:
        UsageError: for sizes that are not above 0.
    """
    shape = (latent_dim,) if isinstance(latent_dim, int) else tuple(latent_dim)
    for size in shape:
        check_positive(latent_dim=size)
    return shape


class RandomStreams:
    """Random tensors addressed by name and counter.

    Args:
        seed: of the run. Runs with other seeds share no numbers.

    Every draw takes ``stream``, the name of what the numbers are for; ``update``, a counter not below 0; the *global*
    ``shape``, whose first axis counts rows; and ``rows``, the slice of rows wanted. The numbers are the same on every
    device, up to the rounding of the error function's inverse in :meth:`normal`.

    Examples:
        >>> z = RandomStreams(seed=0).normal("z", 7, (64, 128))
        >>> half = RandomStreams(seed=0).normal("z", 7, (64, 128), rows=slice(0, None, 2))
        >>> bool((half == z[::2]).all())
        True
    """

    def __init__(self, seed: int):
        self.seed = seed

    def bits(
        self,
        stream: str,
        update: int,
        shape: Sequence[int],
        rows: slice = ALL_ROWS,
        device: torch.device | str | None = None,
    ) -> Tensor:
        """Independent uniform 64-bit words, shape ``(number of rows, *shape[1:])``, int64."""
        counters = _counters(*rows.indices(shape[0]), prod(shape[1:]), device)
        return _mix_(counters ^ self.key(stream, update)).view(-1, *shape[1:])

    def uniform(
        self,
        stream: str,
        update: int,
        shape: Sequence[int],
        rows: slice = ALL_ROWS,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Uniform numbers in ``[0, 1)``, shape ``(number of rows, *shape[1:])``.

        A type narrower than float32 gets those of float32, rounded, so that the largest may become 1.
        """
        # No more bits than the mantissa has, or the largest would round up to 1.
        drawn, n = (torch.float64, 53) if dtype == torch.float64 else (torch.float32, 24)
        return (_top_bits(self.bits(stream, update, shape, rows, device), n).to(drawn) * 2.0**-n).to(dtype)

    def normal(
        self,
        stream: str,
        update: int,
        shape: Sequence[int],
        rows: slice = ALL_ROWS,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Standard normal numbers, shape ``(number of rows, *shape[1:])``.

        They are the quantiles of odd multiples of ``2**-23`` (float64: ``2**-52``) in ``(-1, 1)``, so none is infinite.
        A type narrower than float32 gets those of float32, rounded.
        """
        drawn, n = (torch.float64, 52) if dtype == torch.float64 else (torch.float32, 23)
        odd = (self.bits(stream, update, shape, rows, device) >> (63 - n)) | 1
        return odd.to(drawn).mul_(2.0**-n).erfinv_().mul_(sqrt(2)).to(dtype)

    def permutation(self, stream: str, update: int, n: int) -> Tensor:
        """A random order of ``0 .. n - 1``, shape ``(n,)``, int64, on the CPU."""
        return self.bits(stream, update, (n,)).argsort(stable=True)

    def key(self, stream: str, update: int) -> int:
        """A signed 64-bit number, from which a generator of other random numbers can be seeded."""
        digest = blake2b(f"{self.seed}/{stream}/{update}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little", signed=True)
