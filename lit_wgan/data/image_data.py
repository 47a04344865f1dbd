"""The DataModule for images."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.held_out import known_number, trained_on
from lit_wgan.data.image_minibatches import (
    ArraySlices,
    ImageMinibatches,
    IndexMinibatches,
    bytes_to_unit_range,
    fits,
    mirror,
    rows_of,
    take,
    to_device,
    to_unit_range,
)
from lit_wgan.data.images import open_arrays
from lit_wgan.data.item_conditions import described, sizes_of_conditions
from lit_wgan.data.sampler import InfiniteSampler
from lit_wgan.data.sources import MapStyleDataset, make_condition_of, make_dataset
from lit_wgan.data.transforms import PixelRange
from lit_wgan.data.value_range import OF_TYPE, known_bounds
from lit_wgan.engine.files import user_cache
from lit_wgan.engine.minibatches import Minibatch, MinibatchSource, map_condition
from lit_wgan.errors import UsageError


class ImageData(AdversarialData):
    """Images, decoded once into a memory-mapped array and sent to the device in the type that they have there.

    Images of 8 bits are in [-1, 1] everywhere. Those of more bits, and those with a ``value_range``, are in their own
    units, which :class:`~lit_wgan.data.transforms.PixelRange` turns into the networks'.

    Args:
        dataset: a name (``digits``, ``mnist``, ``fashion_mnist``, ``cifar10``, ``cifar100``, ``celeba``, ``lsun``,
            ``folder``), or images of one's own: an object with ``__len__`` and ``__getitem__``, such as a torch
            Dataset, or its class path, ``my_module.MyDataset``.
        root: folder of the data set; ``digits`` needs none.
        image_size: side, or height and width, to which images are cropped and resized; None leaves them as they are.
        batch_size: the global minibatch m.
        horizontal_flip: mirror half of the images, chosen anew for every minibatch, together with conditions of three
            axes ``(C, h, w)``.
        dequantise: spread each of the 256 levels evenly over the interval of width 1/128 that it stands for, as the
            authors of WGAN-GP do for CIFAR-10 (igul222/improved_wgan_training at fa66c57, gan_cifar_resnet.py).
        download: fetch the data set where torchvision can.
        cache_dir: folder of the decoded arrays; None for ``cache`` beside the data or, for ``folder``, which holds what
            is the user's, ``lit_wgan`` in the user's cache folder.
        num_workers: processes that decode, once, and that draw minibatches.
        num_generated: see :class:`AdversarialData`.
        on_device: keep all training images and conditions in the device's memory, so that the numbers of a minibatch
            are all that travels there; ``auto`` does so on GPUs where they take at most a quarter of the free memory.
        condition_of: what of a data set's item is its condition: its place (``1`` for what comes second), its key, or a
            function of the item, such as :class:`~lit_wgan.data.degrade.Downscaled`, or its path. None for what a named
            data set comes with: a class number, in a ``folder`` by class folders, or CelebA's 40 attributes; and for
            nothing where it is one's own. Whole numbers are classes, int64; bytes and Pillow images are images, told in
            ``[-1, 1]`` and in their own size; all other numbers are float32.
        value_range: the smallest and the largest value that images can have, which become -1 and 1. None for 0 to 255
            of 8 bits, 0 to 65535 of 16 bits, and [0, 1] of floats. Without it floats of a data set of one's own stand
            for bytes; those of files stay floats.
        num_train: train on so many images alone, of those that are not held out, by a fixed permutation; they are kept
            in memory. None for all.

    Raises:
        UsageError: for unknown names, numbers out of range, and images or conditions that do not fit together.
    """

    def __init__(
        self,
        dataset: MapStyleDataset | str = "digits",  # in this order: the command line takes a class path for one
        root: str = "data",
        image_size: int | Sequence[int] | None = None,
        batch_size: int = 64,
        horizontal_flip: bool = False,
        dequantise: bool = False,
        download: bool = False,
        cache_dir: str | None = None,
        num_workers: int = 0,
        num_generated: int = 64,
        on_device: bool | Literal["auto"] = "auto",
        condition_of: int | str | Callable[[Any], Any] | None = None,  # in this order, for the command line too
        value_range: Sequence[float] | None = None,
        num_train: int | None = None,
    ):
        super().__init__(batch_size, num_workers, num_generated)
        self.num_train = known_number(num_train)
        self.on_device = on_device
        self.resident: Minibatch | None = None
        self.horizontal_flip = horizontal_flip
        self.dequantise = dequantise
        self.asked_range = known_bounds(value_range)
        self._open = partial(
            open_arrays,
            make_dataset(dataset) if isinstance(dataset, str) and "." in dataset else dataset,
            root,
            image_size=image_size,
            value_range=value_range,
            condition_of=(
                make_condition_of(condition_of)
                if isinstance(condition_of, str) and "." in condition_of
                else condition_of
            ),
            cache_dir=Path(cache_dir or _default_cache(dataset, root)),
            download=download,
            num_workers=num_workers,
        )

    def prepare_data(self) -> None:
        """Download and decode, on one process per node."""
        for train in (True, False):
            self._open(train=train)

    def setup(self, stage: str) -> None:
        """Map the arrays of training and held-out data into memory; what there was to download is there by now."""
        arrays = {train: self._open(train=train, download=False) for train in (True, False)}
        chosen = trained_on(len(arrays[True].images), self.num_train)
        if chosen is not None:
            self.left_out = len(arrays[True].images) - len(chosen)
            arrays[True] = arrays[True].some(chosen)
        self.images = {train: each.images for train, each in arrays.items()}
        self.conditions = {train: each.conditions for train, each in arrays.items()}
        self.transform = self._transform()
        kinds = [None if each is None else described(each[0]) for each in self.conditions.values()]
        if kinds[0] != kinds[1]:
            raise UsageError(
                f"Expected the conditions of training and held-out images to be alike, but got {kinds[0]} and "
                f"{kinds[1]}. Let data.condition_of give the same type and shape for all."
            )

    transform: PixelRange | None = None

    def _transform(self) -> PixelRange | None:
        """That of images in their own units."""
        dtypes = {str(images.dtype) for images in self.images.values()}
        if len(dtypes) > 1:
            raise UsageError(
                f"Expected training and held-out images of one type, but got {' and '.join(sorted(dtypes))}. Convert "
                "them all to one."
            )
        dtype = dtypes.pop()
        if dtype == "uint8" and self.asked_range is None:
            return None
        if self.dequantise:
            raise UsageError(
                f"Expected images of 8 bits without data.value_range for data.dequantise, but got {dtype}. Leave "
                "data.dequantise out: values are told apart finely enough."
            )
        return PixelRange(self.asked_range or OF_TYPE[getattr(torch, dtype)], dtype)

    def sizes(self) -> dict[str, Any]:
        """Sizes of an image and of its condition."""
        arrays = [self._open(train=train, download=False) for train in (True, False)]
        channels, height, width = shape = list(arrays[0].images.shape[1:])
        sizes = {
            "image_size": height if height == width else [height, width],
            "channels": channels,
            "data_shape": shape,
        }
        return sizes | sizes_of_conditions([each.conditions for each in arrays])

    def num_samples(self, train: bool) -> int:
        """See :class:`AdversarialData`."""
        return len(self.images[train])

    def source(self, rows: slice) -> MinibatchSource:
        """Minibatches of shuffled epochs."""
        images, conditions = self.images[True], self.conditions[True]
        sampler = InfiniteSampler(len(images), self.batch_size, self.streams)
        device = self.system.device
        size = images.nbytes + (0 if conditions is None else conditions.nbytes)
        self.resident = None
        if not (fits(size, device) if self.on_device == "auto" else self.on_device):
            return ImageMinibatches(images, sampler, rows, conditions)
        self.resident = Minibatch(
            to_device(images, device), None if conditions is None else to_device(conditions, device)
        )
        return IndexMinibatches(sampler, rows)

    def held_out(self) -> tuple[ArraySlices, ArraySlices | None]:
        """The held-out images, as they are stored, and their conditions."""
        conditions = self.conditions[False]
        return ArraySlices(self.images[False]), None if conditions is None else ArraySlices(conditions)

    def real_samples(self, n: int, train: bool) -> Minibatch:
        """``n`` images ``(n, C, H, W)``, without flips or noise, and their conditions.

        In ``[-1, 1]``, or in their own units if there is a transform.
        """
        images, conditions = self.images[train], self.conditions[train]
        self.check_there_are(n, train)
        chosen = self._order(train)[:n]
        condition = None if conditions is None else bytes_to_unit_range(take(conditions, chosen))
        real = take(images, chosen)
        return Minibatch(to_unit_range(real) if self.transform is None else real.float(), condition)

    def training_conditions(self, n: int) -> Tensor | None:
        """The conditions of :meth:`real_samples`, of all training images where they are fewer than ``n``."""
        conditions = self.conditions[True]
        return None if conditions is None else bytes_to_unit_range(take(conditions, self._order(train=True)[:n]))

    def _order(self, train: bool) -> Tensor:
        return self.streams.permutation("data/real_samples", int(train), len(self.images[train]))

    def prepare(self, minibatch: Minibatch, number: int) -> Minibatch:
        """Training data of minibatch ``number`` in the networks' units: flipped and dequantised if asked for.

        Where the images are on the device already, their indices stand for them.
        """
        assert self.trainer is not None
        if self.resident is not None:
            minibatch = self.resident.map(partial(rows_of, indices=minibatch.real))
        shape = (len(minibatch.real) * self.trainer.world_size, *minibatch.real.shape[1:])
        if self.horizontal_flip:
            flip = self.streams.uniform("data/flip", number, shape[:1], self.rows, minibatch.real.device) < 0.5
            minibatch = minibatch.map(partial(mirror, flip=flip))
        if not self.dequantise:
            return self.in_network_units(minibatch)
        noise = self.streams.uniform("data/dequantise", number, shape, self.rows, minibatch.real.device)
        return Minibatch((minibatch.real + noise) / 128 - 1, map_condition(bytes_to_unit_range, minibatch.condition))

    def in_network_units(self, minibatch: Minibatch) -> Minibatch:
        """Images and conditions in [-1, 1], or through the transform."""
        transform, real = self.system.transform, minibatch.real
        real = to_unit_range(real) if transform is None else transform.forward(real.float())
        return Minibatch(real, map_condition(bytes_to_unit_range, minibatch.condition))


def _default_cache(dataset: MapStyleDataset | str, root: str) -> Path:
    photographs = isinstance(dataset, str) and dataset == "folder"
    return user_cache() if photographs else Path(root) / "cache"
