"""Which items of a data set in chunks are held out, and their samples."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lit_wgan.data.streaming.items import Items
from lit_wgan.engine.minibatches import Minibatch


def share(num_items: int) -> int:
    """How many items to hold out where nothing is said: a tenth, 1,024 at most."""
    return max(1, min(1024, num_items // 10))


def hold_out(counts: Sequence[int], number: int, spread: int) -> list[int]:
    """How many items of each chunk to hold out, the last ones of it.

    Args:
        counts: items of each chunk.
        number: to hold out.
        spread: chunks over which they are spread, by a permutation that depends on the number of chunks alone; more
            if these hold too few.
    """
    # RandomState, because numpy keeps its stream the same for ever (NEP 19), unlike that of newer generators.
    order = np.random.RandomState(0).permutation(len(counts)).tolist()
    each = -(-number // min(spread, len(counts)))
    held_out = [0] * len(counts)
    for limit in (each, number):  # for the second time only where the chunks hold fewer than their share
        for chunk in order:
            taken = min(limit, counts[chunk] - held_out[chunk], number - sum(held_out))
            held_out[chunk] += max(0, taken)
    return held_out


class HeldOutItems:
    """Items whose samples and conditions are read when they are asked for.

    Args:
        items: that read them.
        rows: chunk and place of each, ``(N, 2)``.
    """

    def __init__(self, items: Items, rows: Tensor):
        self.items = items
        self.rows = rows
        self._last: tuple[slice, Minibatch] | None = None

    def read(self, rows: slice) -> Minibatch:
        """Those of the given rows; at a second time, for the conditions, without reading."""
        if self._last is None or self._last[0] != rows:
            self._last = rows, self.items.read(self.rows[rows])
        return self._last[1]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: slice) -> Tensor:
        return self.read(rows).real


class HeldOutConditions:
    """The conditions of held-out items."""

    def __init__(self, items: HeldOutItems):
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, rows: slice) -> Tensor:
        condition = self.items.read(rows).condition
        assert isinstance(condition, Tensor)
        return condition


def last_items(counts: Sequence[int], held_out: Sequence[int] | None = None) -> Tensor:
    """Chunk and place of the last so many items of each chunk, or of all, in the chunks' order, ``(N, 2)``, int64."""
    rows = [
        (chunk, place)
        for chunk, (count, last) in enumerate(zip(counts, held_out or counts, strict=True))
        for place in range(count - last, count)
    ]
    return torch.tensor(rows, dtype=torch.long).reshape(-1, 2)
