"""The DataModule for data sets that litdata has written."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.image_minibatches import bytes_to_unit_range
from lit_wgan.data.packages import optional_package
from lit_wgan.data.sources import make_condition_of
from lit_wgan.data.streaming.held_out import HeldOutConditions, HeldOutItems, hold_out, last_items, share
from lit_wgan.data.streaming.items import Items
from lit_wgan.data.streaming.minibatches import StreamMinibatches
from lit_wgan.data.streaming.order import ChunkOrder
from lit_wgan.data.streaming.remote import Remote
from lit_wgan.data.streaming.store import FetchedStore, Store, open_store
from lit_wgan.data.transforms import Per, make_transform
from lit_wgan.engine.files import user_cache
from lit_wgan.engine.minibatches import Condition, Minibatch, MinibatchSource, map_condition
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.functional.streams import RandomStreams

FITTED_TO = 10_000
"""Samples at most to which a transform is fitted."""


@dataclass(frozen=True)
class Stream:
    """An opened data set: its items, how many of each chunk are for training, and those that are held out."""

    items: Items
    counts: list[int]
    held_out: HeldOutItems

    def first_items(self, number: int, window: int) -> Iterator[Tensor]:
        """So many of the training samples, a few at a time, float64; the same for every run."""
        for rows in ChunkOrder(self.counts, number, window, RandomStreams(0))[0].split(1024):
            yield self.items.read(rows).real.double()


class StreamingData(AdversarialData):
    """Items of a data set that ``litdata.optimize`` has written, in a folder or in object storage.

    Chunks are fetched while the networks train, and the oldest ones removed, so that the data may be larger than the
    disk. Minibatch t is a function of the seed, t and these options: a run that continues, and one on other devices,
    sees the same minibatches.

    Args:
        url: the folder, or an address that starts with ``s3://``, ``r2://`` or ``gs://``.
        batch_size: the global minibatch m.
        held_out: how many items to hold out; or the folder or address of a data set that is held out; None for a tenth
            of the items, 1,024 at most. They are spread over ``shuffle_chunks`` chunks.
        sample_of: what of an item is the sample: its place, or its key; None for the item itself, what comes first in a
            tuple, or lies under a usual key such as ``image`` or ``x``. Arrays of bytes with 2 or 3 axes and Pillow
            images are images, all other numbers float32.
        condition_of: what of an item is its condition, as in :class:`~lit_wgan.data.image_data.ImageData`; None for no
            condition.
        transform: of samples to the networks' units: ``standardise``, ``minmax``, ``log1p``, ``quantile``, or several;
            fitted to 10,000 training samples out of as few chunks as hold them. Bytes of images are 0 to 255 then.
        per: see :class:`~lit_wgan.data.transforms.Transform`.
        shuffle_chunks: how many chunks are mixed. The more, the closer is the order to that of items drawn from all.
        cache_dir: folder in which fetched chunks are kept; None for ``lit_wgan`` in the user's cache folder.
        max_cache_gb: GB that they may take, of each data set. They are kept for other runs.
        storage_options: what litdata's client is made with, such as ``endpoint_url`` for an S3 of one's own.
        timeout: seconds in which a server of S3 or R2 has to answer, in each of three tries.
        num_workers: processes that fetch and decode ahead.
        num_generated: see :class:`AdversarialData`.

    Raises:
        UsageError: for numbers out of range; at set-up for a data set that cannot be read.
    """

    def __init__(
        self,
        url: str,
        batch_size: int = 64,
        held_out: int | str | None = None,
        sample_of: int | str | None = None,
        condition_of: int | str | Callable[[Any], Any] | None = None,  # in this order, for the command line too
        transform: str | Sequence[str] | None = None,
        per: Per | None = None,
        shuffle_chunks: int = 8,
        cache_dir: str | None = None,
        max_cache_gb: float = 50.0,
        storage_options: dict[str, Any] | None = None,
        timeout: float = 30.0,
        num_workers: int = 0,
        num_generated: int = 64,
    ):
        super().__init__(batch_size, num_workers, num_generated)
        check_positive(
            **{
                "data.shuffle_chunks": shuffle_chunks,
                "data.max_cache_gb": max_cache_gb,
                "data.timeout": timeout,
                "data.held_out": held_out if isinstance(held_out, int) else 1,
            }
        )
        self.url = url
        self.held_out_from = held_out
        self.sample_of = sample_of
        self.condition_of = (
            make_condition_of(condition_of) if isinstance(condition_of, str) and "." in condition_of else condition_of
        )
        self.transform = make_transform(transform, per)
        self.shuffle_chunks = shuffle_chunks
        self.cache_dir = Path(cache_dir) if cache_dir else user_cache()
        self.max_cache = int(max_cache_gb * 10**9)
        self.storage_options = storage_options or {}
        self.timeout = timeout

    @cached_property
    def stream(self) -> "Stream":
        """The data set, opened and the transform fitted at the first use."""
        optional_package("litdata", "data.url", "streams")
        items = self._open(self.url)
        _ = items.like  # whose errors are those of options
        counts = items.store.index.counts
        if isinstance(self.held_out_from, str):
            others = self._open(self.held_out_from)
            items.check_like(others)
            stream = Stream(items, counts, HeldOutItems(others, last_items(others.store.index.counts)))
        else:
            number = self.held_out_from or share(sum(counts))
            if number >= sum(counts):
                raise UsageError(
                    f"Expected data.held_out to leave items to train on, but got {number} of {sum(counts)}. Lower it."
                )
            held_out = hold_out(counts, number, self.shuffle_chunks)
            rest = [count - last for count, last in zip(counts, held_out, strict=True)]
            stream = Stream(items, rest, HeldOutItems(items, last_items(counts, held_out)))
        if self.transform is not None:
            count = min(FITTED_TO, sum(stream.counts))
            self.transform.fit(partial(stream.first_items, count, self.shuffle_chunks), count)
        return stream

    def prepare_data(self) -> None:
        """Look whether the data set can be read, on one process per node."""
        _ = self.stream

    def setup(self, stage: str) -> None:
        """Read the index, decide which items are held out, and fit the transform."""
        _ = self.stream

    def sizes(self) -> dict[str, Any]:
        """Shapes of a sample and of a condition, as networks see them; how many classes there are is not known."""
        sample, *conditions = self.stream.items.like
        shape = list(sample.shape if self.transform is None else self.transform.network_shape(sample.shape))
        sizes: dict[str, Any] = {"data_shape": shape}
        if len(shape) > 1:
            sizes |= {"channels": shape[0], "image_size": shape[1:]}
        for condition in conditions:
            if condition.dtype != torch.int64:
                sizes |= {"shape": list(condition.shape), "condition_dim": condition.numel()}
        return sizes

    def num_samples(self, train: bool) -> int:
        """See :class:`AdversarialData`."""
        return sum(self.stream.counts) if train else len(self.stream.held_out)

    def source(self, rows: slice) -> MinibatchSource:
        """Minibatches of shuffled epochs; opened anew, for the processes that read them."""
        return StreamMinibatches(self._open(self.url), self._order(self.batch_size), rows)

    def held_out(self) -> tuple[HeldOutItems, HeldOutConditions | None]:
        """The held-out samples, images as bytes, and their conditions."""
        held_out = self.stream.held_out
        return held_out, None if self.condition_of is None else HeldOutConditions(held_out)

    def real_samples(self, n: int, train: bool) -> Minibatch:
        """``n`` samples ``(n, ...)`` in their own units and their conditions.

        Those of the training data are the first of the first epoch, for which few chunks are read.
        """
        self.check_there_are(n, train)
        if train:
            return self.own_units(self.stream.items.read(self._order(n)[0]))
        held_out = self.stream.held_out
        chosen = self.streams.permutation("data/real_samples", 0, len(held_out))[:n]
        return self.own_units(held_out.items.read(held_out.rows[chosen]))

    def training_conditions(self, n: int) -> Condition | None:
        """The conditions of :meth:`real_samples`, of all training items where they are fewer than ``n``."""
        if self.condition_of is None:
            return None
        return self.real_samples(min(n, self.num_samples(train=True)), train=True).condition

    def in_network_units(self, minibatch: Minibatch) -> Minibatch:
        """Samples through the transform, if there is one; bytes of images in ``[-1, 1]``."""
        own, transform = self.own_units(minibatch), self.system.transform
        return own if transform is None else Minibatch(transform.forward(own.real), own.condition)

    def own_units(self, minibatch: Minibatch) -> Minibatch:
        """Bytes of images in ``[-1, 1]``, those of samples that have a transform as they are; and all other numbers."""
        if self.transform is None:
            return minibatch.map(bytes_to_unit_range)
        return Minibatch(minibatch.real.float(), map_condition(bytes_to_unit_range, minibatch.condition))

    def _order(self, batch_size: int) -> ChunkOrder:
        return ChunkOrder(self.stream.counts, batch_size, self.shuffle_chunks, self.streams)

    def _open(self, url: str) -> Items:
        store = open_store(url, Remote(url, self.storage_options, self.timeout), self.cache_dir, self.max_cache)
        self._check_room(store)
        # the windows at whose border a minibatch lies, and the chunks of held-out items
        return Items(store, self.sample_of, self.condition_of, open_chunks=3 * self.shuffle_chunks)

    def _check_room(self, store: Store) -> None:
        """Raise a UsageError if the cache cannot hold the chunks that are in use."""
        largest = sorted(store.index.sizes)[-3 * self.shuffle_chunks :]
        if isinstance(store, FetchedStore) and sum(largest) > self.max_cache:
            raise UsageError(
                f"Expected data.max_cache_gb to hold three times data.shuffle_chunks={self.shuffle_chunks} chunks, "
                f"{sum(largest) / 1e9:.3g} GB, but got {self.max_cache / 1e9:g}. Raise it, or lower the other."
            )
