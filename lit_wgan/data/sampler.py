"""Endless sampling without replacement, addressed by the number of the minibatch."""

import torch
from torch import Tensor

from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import RandomStreams


class InfiniteSampler:
    """Global minibatch t of an endless sequence of shuffled epochs, as a pure function of (seed, t).

    Minibatch t takes the places ``t m .. (t + 1) m - 1`` of that sequence. One that crosses the end of an epoch
    continues in the next, so no sample is left out.

    Args:
        num_samples: size of the data set.
        batch_size: the global minibatch m.
        streams: the run's random numbers.

    Raises:
        UsageError: if there are fewer samples than one minibatch takes.
    """

    def __init__(self, num_samples: int, batch_size: int, streams: RandomStreams):
        check_fills_minibatch(num_samples, batch_size)
        self.num_samples = num_samples
        self.batch_size = batch_size
        self.streams = streams
        self._orders: dict[int, Tensor] = {}

    def __getitem__(self, t: int) -> Tensor:
        """Indices of minibatch ``t``, shape ``(batch_size,)``, int64."""
        epoch, start = divmod(t * self.batch_size, self.num_samples)
        indices = self._order(epoch)[start : start + self.batch_size]
        missing = self.batch_size - len(indices)
        return torch.cat([indices, self._order(epoch + 1)[:missing]]) if missing else indices

    def _order(self, epoch: int) -> Tensor:
        if epoch not in self._orders:
            # Two at most, since a minibatch can span two epochs.
            self._orders = {known: order for known, order in self._orders.items() if known == epoch - 1}
            self._orders[epoch] = self.streams.permutation("data/order", epoch, self.num_samples)
        return self._orders[epoch]


def check_fills_minibatch(num_samples: int, batch_size: int) -> None:
    """Raise a UsageError if there are fewer samples than one minibatch takes."""
    if num_samples < batch_size:
        raise UsageError(
            f"Expected at least one minibatch of samples, data.batch_size={batch_size}, but got {num_samples}. "
            "Lower data.batch_size or add data."
        )


class WeightedSampler:
    """Samples drawn with replacement, each as often as its weight says: a pure function of (seed, t).

    Args:
        weights: ``(N,)``, 0 or more, float64, not all 0.
        batch_size: the global minibatch m.
        streams: the run's random numbers.
        stream: of these.
    """

    def __init__(self, weights: Tensor, batch_size: int, streams: RandomStreams, stream: str = "data/weighted"):
        self.below = weights.cumsum(0)
        self.batch_size = batch_size
        self.streams = streams
        self.stream = stream

    def __getitem__(self, t: int) -> Tensor:
        """Indices of minibatch ``t``, shape ``(batch_size,)``, int64."""
        return by_weight(self.below, self.streams.uniform(self.stream, t, (self.batch_size,), dtype=torch.float64))


def by_weight(below: Tensor, uniform: Tensor) -> Tensor:
    """Indices drawn as often as their weights say.

    Args:
        below: running sums of the weights, ``(N,)``, float64.
        uniform: numbers in ``[0, 1)``, float64.

    Returns:
        An index for each number, int64.
    """
    # Of what weighs nothing no number lies between the sum before and that behind it.
    return torch.searchsorted(below, uniform * below[-1], right=True).clamp(max=len(below) - 1)
