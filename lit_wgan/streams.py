"""Counter-based random numbers: each is a pure function of (seed, stream, update, row).

No generator is advanced, so there is no random state to save. A run that was killed draws the same numbers when it
continues; rank r of w draws just the rows ``r::w`` of the global minibatch; a row does not depend on the batch size.
"""

from collections.abc import Sequence
from hashlib import blake2b
from math import prod, tau

import torch
from torch import Tensor

ALL_ROWS = slice(None)

# Constants of SplitMix64 as signed 64-bit integers, whose products wrap: torch has no unsigned arithmetic everywhere.
_GOLDEN_GAMMA = 0x9E3779B97F4A7C15 - 2**64
_MIX_1 = 0xBF58476D1CE4E5B9 - 2**64
_MIX_2 = 0x94D049BB133111EB - 2**64


def _shift_right(x: Tensor, bits: int) -> Tensor:
    return (x >> bits) & ((1 << (64 - bits)) - 1)


def _mix(x: Tensor) -> Tensor:
    """The finaliser of SplitMix64, a bijection of 64-bit words (Steele et al. 2014, doi:10.1145/2660193.2660195)."""
    x = (x ^ _shift_right(x, 30)) * _MIX_1
    x = (x ^ _shift_right(x, 27)) * _MIX_2
    return x ^ _shift_right(x, 31)


class RandomStreams:
    """Random tensors addressed by name and counter.

    Args:
        seed: of the run. Runs with other seeds share no numbers.

    Every draw takes ``stream``, the name of what the numbers are for; ``update``, a counter not below 0; the *global*
    ``shape``, whose first axis counts rows; and ``rows``, the slice of rows wanted. The numbers are the same on every
    device, up to the rounding of the logarithm and the cosine in :meth:`normal`.

    Example:
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
        columns = prod(shape[1:])
        row = torch.arange(*rows.indices(shape[0]), device=device)
        index = row[:, None] * columns + torch.arange(columns, device=device)
        words = _mix((index * _GOLDEN_GAMMA) ^ self._key(stream, update))
        return words.view(-1, *shape[1:])

    def uniform(
        self,
        stream: str,
        update: int,
        shape: Sequence[int],
        rows: slice = ALL_ROWS,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Uniform numbers in ``[0, 1)``, shape ``(number of rows, *shape[1:])``."""
        return _unit_interval(_shift_right(self.bits(stream, update, shape, rows, device), 11), 53, dtype)

    def normal(
        self,
        stream: str,
        update: int,
        shape: Sequence[int],
        rows: slice = ALL_ROWS,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Standard normal numbers, shape ``(number of rows, *shape[1:])``, by the Box-Muller transform."""
        columns = prod(shape[1:])
        words = self.bits(stream, update, (shape[0], -(-columns // 2)), rows, device)
        # The two halves of a word give two normals. 1 - u lies in (0, 1], where the logarithm is finite.
        radius = (-2 * torch.log(1 - _unit_interval(_shift_right(words, 32), 32, dtype))).sqrt()
        angle = tau * _unit_interval(words & 0xFFFFFFFF, 32, dtype)
        pairs = torch.cat([radius * angle.cos(), radius * angle.sin()], dim=1)
        return pairs[:, :columns].reshape(-1, *shape[1:])

    def permutation(self, stream: str, update: int, n: int) -> Tensor:
        """A random order of ``0 .. n - 1``, shape ``(n,)``, int64, on the CPU."""
        return self.bits(stream, update, (n,)).argsort(stable=True)

    def _key(self, stream: str, update: int) -> int:
        digest = blake2b(f"{self.seed}/{stream}/{update}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little", signed=True)


def _unit_interval(integers: Tensor, bits: int, dtype: torch.dtype) -> Tensor:
    """Integers below ``2**bits`` as numbers in ``[0, 1)``, keeping no more bits than ``dtype`` has, so never 1."""
    mantissa = 53 if dtype == torch.float64 else 24
    kept = min(bits, mantissa)
    return (
        _shift_right(integers, bits - kept).to(dtype) * 2.0**-kept if kept < bits else integers.to(dtype) * 2.0**-bits
    )
