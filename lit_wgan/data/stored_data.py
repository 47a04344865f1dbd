"""The base class of DataModules whose samples lie in files and are read row by row."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any, Literal

import torch
from torch import Tensor

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.floats import as_floats
from lit_wgan.data.held_out import Samples
from lit_wgan.data.image_minibatches import IndexMinibatches, fits
from lit_wgan.data.parts import Part, Parts
from lit_wgan.data.parts.part import PartMinibatches, Slices
from lit_wgan.data.sampler import InfiniteSampler, WeightedSampler
from lit_wgan.engine.minibatches import Condition, Minibatch, MinibatchSource

OnDevice = bool | Literal["auto"]


class StoredData(AdversarialData):
    """Minibatches of stored samples, through a transform; subclasses say how their files are opened.

    Args:
        opener: opens the files.
        on_device: keep all training samples in the device's memory; ``auto`` does so on GPUs where they take at most a
            quarter of the free memory.
        batch_size: the global minibatch m.
        num_workers: see :class:`AdversarialData`.
        num_generated: see :class:`AdversarialData`.
    """

    def __init__(
        self, opener: Callable[[], Parts], on_device: OnDevice, batch_size: int, num_workers: int, num_generated: int
    ):
        super().__init__(batch_size, num_workers, num_generated)
        self.on_device = on_device
        self.resident: Minibatch | None = None
        self._parts: Parts | None = None
        self._open = opener

    @property
    def parts(self) -> Parts:
        """Training and held-out samples, opened at the first use."""
        if self._parts is None:
            self._parts = self._open()
            self.transform, self.left_out = self._parts.transform, self._parts.left_out
        return self._parts

    def prepare_data(self) -> None:
        """Read, check and fit what is not known of the files yet, on one process per node."""
        _ = self.parts

    def setup(self, stage: str) -> None:
        """Open the files; what was computed of them lies in the cache folder by now."""
        _ = self.parts

    def sizes(self) -> dict[str, Any]:
        """Shapes of a sample and of a condition, as networks see them."""
        return self.parts.sizes()

    def num_samples(self, train: bool) -> int:
        """See :class:`AdversarialData`."""
        return len(self.parts.train if train else self.parts.held_out)

    def source(self, rows: slice) -> MinibatchSource:
        """Minibatches of shuffled epochs or, by weight, of samples drawn anew."""
        part, device = self.parts.train, self.system.device
        sampler: Any = InfiniteSampler(len(part), self.batch_size, self.streams)
        if part.weights is not None:
            sampler = WeightedSampler(part.weights, self.batch_size, self.streams)
        self.resident = None
        if not (fits(part.nbytes, device) if self.on_device == "auto" else self.on_device):
            return PartMinibatches(part, sampler, rows)
        self.resident = part.on(device)
        return IndexMinibatches(sampler, rows)

    def held_out(self) -> tuple[Samples, Samples | None]:
        """The held-out samples and their conditions, as they are stored; by weight, where there are weights."""
        part = self.parts.held_out
        order = torch.arange(len(part)) if part.weights is None else self._order(part, train=False)
        return Slices(part.take_samples, order), Slices(part.take_conditions, order) if part.conditions else None

    def real_samples(self, n: int, train: bool) -> Minibatch:
        """``n`` samples and their conditions, in the data's own units; by weight, where there are weights."""
        part = self.parts.train if train else self.parts.held_out
        self.check_there_are(n, train)
        real, condition = part.take(self._order(part, train)[:n])
        return Minibatch(as_floats(real), condition)

    def training_conditions(self, n: int) -> Condition | None:
        """See :class:`AdversarialData`; several conditions are a tuple."""
        part = self.parts.train
        return part.take_conditions(self._order(part, train=True)[:n])

    def _order(self, part: Part, train: bool) -> Tensor:
        if part.weights is not None:
            return WeightedSampler(part.weights, len(part), self.streams, "data/real_samples")[int(train)]
        return self.streams.permutation("data/real_samples", int(train), len(part))

    def prepare(self, minibatch: Minibatch, number: int) -> Minibatch:
        """Training data of a minibatch as the loader gives it: by index, where the device holds all samples."""
        resident = self.resident
        return self.in_network_units(minibatch if resident is None else resident.map(itemgetter(minibatch.real)))

    def in_network_units(self, minibatch: Minibatch) -> Minibatch:
        """Samples through the transform."""
        real, transform = as_floats(minibatch.real), self.system.transform
        return Minibatch(real if transform is None else transform.forward(real), minibatch.condition)
