"""Minibatches of real samples and their conditions, all those of one generator update handed over together."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from lit_wgan.engine.workers import share_
from lit_wgan.errors import UsageError
from lit_wgan.functional.schedules import Counters, NCritic, n_critic_at

Condition = Tensor | tuple[Tensor, ...]
"""What both networks are told beside noise or sample: class numbers, vectors, images, or a tuple of such tensors.

The first axis of each counts samples.
"""
Prepare = Callable[[Tensor, int], Tensor]


def map_condition(function: Callable[[Tensor], Tensor], condition: Condition | None) -> Condition | None:
    """Apply a function to every tensor of a condition; None stays None."""
    if isinstance(condition, tuple):
        return tuple(map(function, condition))
    return None if condition is None else function(condition)


class Minibatch(NamedTuple):
    """Real samples ``(m, ...)`` and, row by row, the condition of each; None where the data has none."""

    real: Tensor
    condition: Condition | None = None

    def repeated(self, times: int) -> "Minibatch":
        """The same rows ``times`` times, one pass after another."""
        if times == 1:
            return self

        def repeat(rows: Tensor) -> Tensor:
            return torch.cat([rows] * times)

        return Minibatch(repeat(self.real), map_condition(repeat, self.condition))


class CriticBatches:
    """The critic's minibatches of one generator update; iterating gives them one by one.

    Lightning's cost per batch is so paid once per generator update.

    Args:
        real: this device's rows of each minibatch, shape ``(n_critic, m, ...)``.
        first: the number of the first minibatch, counted over the whole run from 0.
        prepare: makes training data of the real samples of one minibatch and its number, when that is taken; None for
            no change.
    """

    def __init__(self, real: Tensor, first: int, prepare: Prepare | None = None):
        self.real = real
        self.first = first
        self.prepare = prepare

    def __iter__(self) -> Iterator[Minibatch]:
        for number, real in enumerate(self.real, self.first):
            yield Minibatch(real if self.prepare is None else self.prepare(real, number))

    def to(self, *args: Any, **kwargs: Any) -> "CriticBatches":
        """The same on another device; from page-locked memory, without waiting for it."""
        return CriticBatches(self.real.to(*args, **({"non_blocking": True} | kwargs)), self.first, self.prepare)

    def pin_memory(self) -> "CriticBatches":
        """The same in page-locked memory."""
        return CriticBatches(self.real.pin_memory(), self.first, self.prepare)


def minibatches(batch: Any) -> Iterator[Minibatch]:
    """The minibatches that a batch holds.

    Args:
        batch: :class:`CriticBatches`; or one minibatch from any loader: a tensor ``(m, ...)``, or a tuple or list of
            one and what belongs to its rows, such as torchvision's images and labels.

    Raises:
        UsageError: for anything else.
    """
    if isinstance(batch, CriticBatches):
        return iter(batch)
    parts = tuple(batch) if isinstance(batch, (tuple, list)) and batch else (batch,)
    real, condition = parts[0], parts[1] if len(parts) > 1 else None
    if not isinstance(real, Tensor) or real.ndim < 1:
        raise UsageError(
            "Expected a batch that is a tensor (m, ...) or a tuple whose first element is one, but got "
            f"{type(real).__name__}. Let the loader's collate_fn return the samples first."
        )
    return iter((Minibatch(real, condition),))


class MinibatchSource(Protocol):
    """Where real minibatches come from: a function of their number alone."""

    def minibatch(self, number: int) -> Tensor:
        """This device's rows of global minibatch ``number``, shape ``(m / devices, ...)``."""


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
                real = torch.stack([self.source.minibatch(number) for number in range(first, end)])
                yield CriticBatches(share_(real) if worker else real, first)
            first, done = end, 0
