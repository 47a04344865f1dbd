"""Endless shuffled epochs of items that lie in chunks, with few chunks in use at a time."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lit_wgan.data.sampler import check_fills_minibatch
from lit_wgan.functional.streams import RandomStreams


class ChunkOrder:
    """Global minibatch t of an endless sequence of shuffled epochs, as a pure function of (seed, t).

    An epoch takes the chunks in a random order, so many at a time; the items of such a window come in a random order.
    Minibatch t takes the places ``t m .. (t + 1) m - 1`` of that sequence, as
    :class:`~lit_wgan.data.sampler.InfiniteSampler` does: the end of a window or an epoch leaves no item out.

    Args:
        counts: items of each chunk, the first so many of it.
        batch_size: the global minibatch m.
        window: chunks whose items are mixed.
        streams: the run's random numbers.

    Raises:
        UsageError: if there are fewer items than one minibatch takes.
    """

    def __init__(self, counts: Sequence[int], batch_size: int, window: int, streams: RandomStreams):
        self.counts = torch.tensor(counts)
        self.batch_size = batch_size
        self.window = window
        self.streams = streams
        self.num_items = sum(counts)
        check_fills_minibatch(self.num_items, batch_size)
        self._epochs: dict[int, tuple[list[Tensor], Tensor]] = {}
        self._windows: dict[tuple[int, int], Tensor] = {}

    def __getitem__(self, t: int) -> Tensor:
        """The chunk of each item of minibatch ``t``, and its place in it, shape ``(batch_size, 2)``, int64."""
        rows: list[Tensor] = []
        place, stop = t * self.batch_size, (t + 1) * self.batch_size
        while place < stop:
            epoch, number, skipped = self._find(place)
            rows.append(self._items(epoch, number)[skipped : skipped + stop - place])
            place += len(rows[-1])
        return torch.cat(rows)

    def chunks(self, t: int) -> list[int]:
        """The chunks of the windows that minibatch ``t`` lies in and of the one behind them, as they are needed."""
        first, last = self._find(t * self.batch_size), self._find((t + 1) * self.batch_size - 1)
        epoch, number = first[:2]
        needed = self._chunks(epoch, number)
        while (epoch, number) <= last[:2]:
            number += 1
            if number == len(self._epoch(epoch)[0]):
                epoch, number = epoch + 1, 0
            needed += [chunk for chunk in self._chunks(epoch, number) if chunk not in needed]
        return needed

    def _find(self, place: int) -> tuple[int, int, int]:
        """The epoch and the window of a place in the endless sequence, and the places of that window before it."""
        epoch, within = divmod(place, self.num_items)
        ends = self._epoch(epoch)[1]
        number = int(torch.searchsorted(ends, within, right=True))
        return epoch, number, within - (int(ends[number - 1]) if number else 0)

    def _chunks(self, epoch: int, number: int) -> list[int]:
        return list(self._epoch(epoch)[0][number].tolist())

    def _epoch(self, epoch: int) -> tuple[list[Tensor], Tensor]:
        """The chunks of each window of an epoch, and how many items there are up to its end."""
        if epoch not in self._epochs:
            # Two at most, since a minibatch can span two epochs.
            self._epochs = {known: order for known, order in self._epochs.items() if known == epoch - 1}
            used = self.counts.nonzero().flatten()
            order = used[self.streams.permutation("data/chunks", epoch, len(used))]
            windows = list(order.split(self.window))
            sizes = torch.stack([self.counts[window].sum() for window in windows])
            self._epochs[epoch] = windows, sizes.cumsum(0)
        return self._epochs[epoch]

    def _items(self, epoch: int, number: int) -> Tensor:
        """The items of a window in their order, shape ``(n, 2)``."""
        if (epoch, number) not in self._windows:
            while len(self._windows) > 1:
                self._windows.pop(min(self._windows))
            windows = self._epoch(epoch)[0]
            items = all_items(windows[number], self.counts)
            order = self.streams.permutation("data/order", epoch * len(windows) + number, len(items))
            self._windows[epoch, number] = items[order]
        return self._windows[epoch, number]


def all_items(chunks: Tensor, counts: Tensor) -> Tensor:
    """The chunk and place of all items of the given chunks, one chunk after another, shape ``(n, 2)``, int64."""
    numbers = counts[chunks]
    places = torch.arange(int(numbers.sum())) - (numbers.cumsum(0) - numbers).repeat_interleave(numbers)
    return torch.stack([chunks.repeat_interleave(numbers), places], dim=1)
