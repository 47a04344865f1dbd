"""Minibatches of real samples and their conditions, all those of one generator update handed over together."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, cast

import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from lit_wgan.engine.batch_layouts import parts_of
from lit_wgan.engine.workers import share_
from lit_wgan.functional.schedules import Counters, NCritic, n_critic_at

Condition = Tensor | tuple[Tensor, ...]
"""What both networks are told beside noise or sample: class numbers, vectors, images, or a tuple of such tensors.

The first axis of each counts samples.
"""


def map_condition(function: Callable[..., Tensor], *conditions: Condition | None) -> Condition | None:
    """Apply a function to every tensor of a condition, or to the tensors of several, part by part; None stays None."""
    if isinstance(conditions[0], tuple):
        return tuple(function(*parts) for parts in zip(*cast(Sequence[tuple[Tensor, ...]], conditions), strict=True))
    return None if conditions[0] is None else function(*conditions)


class Minibatch(NamedTuple):
    """Real samples ``(m, ...)`` and, row by row, the condition of each; None where the data has none."""

    real: Tensor
    condition: Condition | None = None

    def map(self, function: Callable[[Tensor], Tensor]) -> "Minibatch":
        """Apply a function to the samples and to every tensor of the condition."""
        return Minibatch(function(self.real), map_condition(function, self.condition))

    def repeated(self, times: int) -> "Minibatch":
        """The same rows ``times`` times, one pass after another."""
        return self if times == 1 else self.map(lambda rows: torch.cat([rows] * times))


Prepare = Callable[[Minibatch, int], Minibatch]
"""Makes training data of a minibatch as a loader gives it, and of its number."""


class CriticBatches:
    """The critic's minibatches of one generator update; iterating gives them one by one.

    Lightning's cost per batch is so paid once per generator update.

    Args:
        real: this device's rows of each minibatch, shape ``(n_critic, m, ...)``.
        first: the number of the first minibatch, counted over the whole run from 0.
        prepare: makes training data of one minibatch and its number, when that is taken; None for no change.
        condition: of these samples, ``(n_critic, m, ...)`` or a tuple of such tensors; None where the data has none.
    """

    def __init__(self, real: Tensor, first: int, prepare: Prepare | None = None, condition: Condition | None = None):
        self.real = real
        self.first = first
        self.prepare = prepare
        self.condition = condition

    def __iter__(self) -> Iterator[Minibatch]:
        stacked = Minibatch(self.real, self.condition)
        for place in range(len(self.real)):
            minibatch = stacked.map(itemgetter(place))
            yield minibatch if self.prepare is None else self.prepare(minibatch, self.first + place)

    def to(self, *args: Any, **kwargs: Any) -> "CriticBatches":
        """The same on another device; from page-locked memory, without waiting for it."""
        return self.map(lambda rows: rows.to(*args, **({"non_blocking": True} | kwargs)))

    def pin_memory(self) -> "CriticBatches":
        """The same in page-locked memory."""
        return self.map(Tensor.pin_memory)

    def map(self, function: Callable[[Tensor], Tensor]) -> "CriticBatches":
        """Apply a function to all samples and to every tensor of their condition."""
        real, condition = Minibatch(self.real, self.condition).map(function)
        return CriticBatches(real, self.first, self.prepare, condition)


def minibatches(batch: Any) -> Iterator[Minibatch]:
    """The minibatches that a batch holds.

    Args:
        batch: :class:`CriticBatches`; or one minibatch from any loader: a tensor ``(m, ...)``; a tuple or list of one
            and of what belongs to its rows, such as torchvision's images and labels; or a mapping that holds both under
            usual names, see :func:`~lit_wgan.engine.batch_layouts.parts_of`.

    Raises:
        UsageError: for anything else.
    """
    return iter(batch) if isinstance(batch, CriticBatches) else iter((Minibatch(*parts_of(batch)),))


class MinibatchSource(Protocol):
    """Where real minibatches come from: a function of their number alone."""

    def minibatch(self, number: int) -> Minibatch:
        """This device's rows of global minibatch ``number``, m / devices of them."""


class CriticBatchStream(IterableDataset[CriticBatches]):
    """Endless :class:`CriticBatches`, starting where the counters stand when an iterator is made.

    So a run that continues needs no state of its loader. Worker w of W prepares every W-th batch.

    Args:
        source: gives minibatches by number.
        n_critic: minibatches per generator update, or a schedule of them.
        counters: of the system that is trained, shared with it.
    """

    def __init__(self, source: MinibatchSource, n_critic: NCritic, counters: Counters):
        self.source = source
        self.n_critic = n_critic
        self.counters = counters

    def __iter__(self) -> Iterator[CriticBatches]:
        worker = get_worker_info()
        workers, turn = (worker.num_workers, worker.id) if worker else (1, 0)
        first, done = self.counters.critic_updates, self.counters.critic_updates_in_step
        for batch, update in enumerate(count(self.counters.generator_updates)):
            end = first + n_critic_at(self.n_critic, update) - done
            if batch % workers == turn:
                batches = _stacked([self.source.minibatch(number) for number in range(first, end)], first)
                yield batches.map(share_) if worker else batches
            first, done = end, 0


def _stacked(minibatches: Sequence[Minibatch], first: int) -> CriticBatches:
    real, conditions = zip(*minibatches, strict=True)
    return CriticBatches(
        torch.stack(real), first, condition=map_condition(lambda *rows: torch.stack(rows), *conditions)
    )
