"""Items of a litdata data set as minibatches of samples and conditions."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lit_wgan.data.item_conditions import ConditionOf, described, find_condition, to_condition
from lit_wgan.data.pixels import in_words, to_pixels
from lit_wgan.data.streaming.store import Store
from lit_wgan.engine.batch_layouts import SAMPLE_KEYS
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.errors import UsageError


class Items:
    """Reads the items of a data set by chunk and place, in one process.

    Args:
        store: its chunks.
        sample_of: what of an item is its sample; None for what comes first or lies under a usual key.
        condition_of: what of an item is its condition; None for samples alone.
        open_chunks: how many chunks stay open, of those used last.
    """

    def __init__(self, store: Store, sample_of: int | str | None, condition_of: ConditionOf | None, open_chunks: int):
        self.store = store
        self.sample_of = sample_of
        self.condition_of = condition_of
        self.open_chunks = open_chunks
        counts = torch.tensor(store.index.counts)
        self.first = (counts.cumsum(0) - counts).tolist()

    def read(self, rows: Tensor) -> Minibatch:
        """The items of the given chunks and places ``(n, 2)``, row by row.

        Raises:
            UsageError: for a chunk that :meth:`Store.need` refuses, an item that cannot be read, one that is unlike the
                first of the data set, and numbers that are not finite.
        """
        self.store.expect(rows[:, 0].unique().tolist())
        found: list[tuple[Tensor, ...]] = [self.like] * len(rows)
        for row in rows[:, 0].argsort(stable=True).tolist():  # chunk by chunk
            found[row] = self._checked(*rows[row].tolist())
        samples, *conditions = (torch.stack(column) for column in zip(*found, strict=True))
        if not samples.isfinite().all():
            wrong = int((~samples.isfinite()).flatten(1).any(1).nonzero()[0])
            raise UsageError(
                f"Expected finite numbers, but got NaN or infinity in {self.name_of(*rows[wrong].tolist())}. Leave it "
                "out, or put a number there, when the data set is written."
            )
        return Minibatch(samples, conditions[0] if conditions else None)

    @cached_property
    def like(self) -> tuple[Tensor, ...]:
        """The first item, whose type and shape all others have."""
        return self._read(0, 0)

    def name_of(self, chunk: int, place: int) -> str:
        """What error messages call an item."""
        return f"item {place} of {self.store.index.names[chunk]} in {self.store.where}"

    def check_like(self, others: "Items") -> None:
        """Raise a UsageError if the first item of another data set is unlike this one's."""
        self._check(others.like, others.name_of(0, 0))

    def _checked(self, chunk: int, place: int) -> tuple[Tensor, ...]:
        read = self._read(chunk, place)
        self._check(read, self.name_of(chunk, place))
        return read

    def _check(self, read: tuple[Tensor, ...], name: str) -> None:
        for what, part, like in zip(("sample", "condition"), read, self.like, strict=False):
            if (part.dtype, part.shape) != (like.dtype, like.shape):
                raise UsageError(
                    f"Expected every {what} to be like the first, {described(like)}, but got {described(part)} in "
                    f"{name}. Give all the same type and shape when the data set is written."
                )

    def _read(self, chunk: int, place: int) -> tuple[Tensor, ...]:
        item, name = self._item(chunk, place), self.name_of(chunk, place)
        found = find_sample(self.sample_of, item, name)
        sample = to_sample(found, name).clone()  # out of the file, which may be closed
        if self.condition_of is None:
            return (sample,)
        return sample, to_condition(find_condition(self.condition_of, item, name), name).clone()

    def _item(self, chunk: int, place: int) -> Any:
        from litdata.streaming.sampler import ChunkedIndex

        self.store.need(chunk)
        try:
            return self._dataset[ChunkedIndex(self.first[chunk] + place, chunk)]
        except Exception as error:  # what damaged bytes are taken for can raise anything
            self.store.forget(chunk)
            raise UsageError(
                f"Expected to read {self.name_of(chunk, place)}, but got {type(error).__name__} ({error}). The chunk "
                "is damaged, or of another version of litdata: run the command again, or write the data set again."
            ) from error

    @cached_property
    def _dataset(self) -> Any:
        """What decodes items; opened where it is used, since it does not outlive a fork."""
        from litdata import StreamingDataset

        # one item at a time, since the next is from another chunk
        return StreamingDataset(str(self.store.folder), batch_decode=0, max_pre_download=self.open_chunks)


def find_sample(sample_of: int | str | None, item: Any, name: str) -> Any:
    """The sample of an item that may hold more: a place or a key; for None what comes first, or lies under a usual key.

    Raises:
        UsageError: if the item holds no such thing.
    """
    if sample_of is not None:
        return find_condition(sample_of, item, name, "sample")
    if isinstance(item, tuple | list) and item:
        return item[0]
    if not isinstance(item, dict):
        return item
    keys = [key for key in item if key in SAMPLE_KEYS]
    if len(keys) != 1:
        raise UsageError(
            f"Expected a sample under one of the keys {', '.join(SAMPLE_KEYS)}, but got {in_words(item)} for {name}. "
            "Let data.sample_of be its key."
        )
    return item[keys[0]]


def to_sample(value: Any, name: str = "item") -> Tensor:
    """A sample as a tensor: uint8 ``(C, H, W)`` for an image of 8 bits, float32 for all other numbers.

    Args:
        value: an array, tensor or list of numbers of any shape, or a number, which becomes ``(1,)``; or a Pillow image,
            which bytes ``(h, w)``, ``(C, h, w)`` and, in a numpy array, ``(h, w, C)`` are too.
        name: what error messages call the item.

    Raises:
        UsageError: for anything else.
    """
    if isinstance(value, Image.Image) or _is_image(value):
        return to_pixels(value, name)
    try:
        rows = torch.as_tensor(np.array(value) if isinstance(value, np.ndarray | np.generic | Sequence) else value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise _no_sample(name, in_words(value)) from error
    if rows.is_complex() or not rows.numel():
        raise _no_sample(name, in_words(rows))
    return rows.float().reshape(rows.shape or (1,))


def _is_image(value: Any) -> bool:
    return str(getattr(value, "dtype", "")).removeprefix("torch.") == "uint8" and value.ndim in (2, 3)


def _no_sample(name: str, got: str) -> UsageError:
    return UsageError(
        f"Expected the sample of {name} to be an image or real numbers, alone, first in a tuple or under a usual key, "
        f"but got {got}. Write the data set with one of these."
    )
