"""Training or held-out samples of a DataModule by index, with their conditions: a reference, or to learn from."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import default_collate

from lit_wgan.data.datamodules import ToyData
from lit_wgan.data.image_data import ImageData
from lit_wgan.data.image_minibatches import bytes_to_unit_range, take
from lit_wgan.data.sources import is_map_style
from lit_wgan.data.stored_data import StoredData
from lit_wgan.data.streaming import StreamingData
from lit_wgan.data.streaming.held_out import last_items
from lit_wgan.data.toy import draw_minibatch
from lit_wgan.engine.batch_layouts import parts_of
from lit_wgan.engine.digests import array_sha256, describe, text_sha256
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.conditions import are_class_numbers, shape_in_words
from lit_wgan.evaluation.float_rows import FloatRows, finite_floats
from lit_wgan.evaluation.image_sets import ImageSet, key_of_array
from lit_wgan.functional.streams import RandomStreams

ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class DataPart:
    """Samples by index.

    Args:
        count: how many there are.
        take: gives those of some indices with their conditions: images of 8 bits as bytes, all else as floats in the
            data's own units.
        key: identifies them in a cache; can be written as JSON.
        name: of the data.
    """

    count: int
    take: Callable[[Tensor], Minibatch]
    key: object
    name: str

    def some(self, most: int, seed: int) -> Minibatch:
        """All samples and their conditions in a random order, or the first of them if there are more than ``most``."""
        return self.take(RandomStreams(seed).permutation("extractor/samples", 0, self.count)[:most])

    def as_reference(self) -> ImageSet:
        """All samples as floats, images of 8 bits in [-1, 1]."""
        rows = FloatRows(self.count, lambda rows: bytes_to_unit_range(self.take(_indices(rows)).real))
        return ImageSet(rows, self.key, f"{self.count} samples of {self.name}")

    def classes(self) -> np.ndarray:
        """The class number of each sample, ``(N,)``.

        Raises:
            UsageError: for conditions that are none.
        """
        told = [self.take(indices).condition for indices in torch.arange(self.count).split(ROWS_AT_ONCE)]
        numbers = [condition for condition in told if are_class_numbers(condition)]
        if len(numbers) < len(told):
            got = "none" if told[0] is None else shape_in_words(told[0])
            raise UsageError(
                f"Expected training samples with class numbers for intra_fid, but {self.name} has {got}. Give "
                "reference and reference_classes, or leave intra_fid out."
            )
        return torch.cat(numbers).numpy()


def part_of_data(data: Any, loader: Callable[[], Any], train: bool, most: int, seed: int) -> DataPart:
    """Training or held-out samples of a DataModule that is set up.

    Args:
        data: a DataModule.
        loader: gives the loader of these samples, if the data is a user's own.
        train: the training samples if true, else those held out.
        most: number of samples of a distribution without end.
        seed: of these.

    Raises:
        UsageError: for data whose samples cannot be indexed.
    """
    if isinstance(data, ImageData):
        return _of_images(data, train)
    if isinstance(data, StoredData):
        return _of_arrays(data, train)
    if isinstance(data, StreamingData):
        return _of_stream(data, train)
    if isinstance(data, ToyData):
        drawn = (RandomStreams(seed), "toy/train" if train else "toy/held_out", 0, most)
        samples = draw_minibatch(data.distribution, data.condition_of, *drawn)
        return DataPart(most, lambda indices: samples.map(lambda rows: rows[indices]), [describe(drawn)], "ToyData")
    return _of_dataset(getattr(loader(), "dataset", None), data)


def _of_images(data: ImageData, train: bool) -> DataPart:
    images, conditions = data.images[train], data.conditions[train]

    def read(indices: Tensor) -> Minibatch:
        found = take(images, indices)
        told = None if conditions is None else bytes_to_unit_range(take(conditions, indices))
        return Minibatch(found if found.dtype == torch.uint8 and data.transform is None else found.float(), told)

    return DataPart(len(images), read, ["own units", key_of_array(images)], type(data).__name__)


def _of_arrays(data: StoredData, train: bool) -> DataPart:
    part = data.parts.train if train else data.parts.held_out
    key = [part.samples.array.key(), array_sha256(part.rows)]

    def read(indices: Tensor) -> Minibatch:
        real, told = part.take(indices)
        return Minibatch(finite_floats(real, part.samples.array.name), told)

    return DataPart(len(part), read, key, part.samples.array.name)


def _of_stream(data: StreamingData, train: bool) -> DataPart:
    stream = data.stream
    rows = last_items(stream.counts) if train else stream.held_out.rows
    items = stream.items if train else stream.held_out.items
    key = [data.url, str(data.held_out_from), array_sha256(rows.numpy())]
    return DataPart(len(rows), lambda indices: data.own_units(items.read(rows[indices])), key, data.url)


def _of_dataset(dataset: Any, data: Any) -> DataPart:
    if not is_map_style(dataset) or not len(dataset):
        raise UsageError(
            "Expected samples with __len__ and __getitem__, but got those of "
            f"{type(dataset or data).__name__}. Give them as lit_wgan.ArrayData, or as the reference."
        )
    key = [len(dataset), text_sha256(describe(dataset))]
    return DataPart(len(dataset), partial(_items, dataset), key, type(dataset).__name__)


def _items(dataset: Any, indices: Tensor) -> Minibatch:
    samples, told = parts_of(default_collate([dataset[int(index)] for index in indices]))
    return Minibatch(samples if samples.dtype == torch.uint8 else samples.float(), told)


def _indices(rows: slice) -> Tensor:
    return torch.arange(rows.start, rows.stop)
