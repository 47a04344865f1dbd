"""The DataModule for arrays and tables of any kind."""

from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.floats import as_floats
from lit_wgan.data.held_out import Samples, known_number
from lit_wgan.data.image_minibatches import IndexMinibatches, fits
from lit_wgan.data.parts import Part, Parts, open_parts
from lit_wgan.data.parts.opening import Files
from lit_wgan.data.parts.part import PartMinibatches, Slices
from lit_wgan.data.sampler import InfiniteSampler, WeightedSampler
from lit_wgan.data.transforms import Per
from lit_wgan.engine.files import user_cache
from lit_wgan.engine.minibatches import Condition, Minibatch, MinibatchSource


class ArrayData(AdversarialData):
    """Samples and conditions from files of arrays or tables, read as they are needed and never loaded whole.

    Args:
        samples: ``x.npy``, ``x.npz:key``, ``x.h5:/path`` or ``x.zarr``, whose first axis counts samples; a table,
            ``x.csv`` or ``x.parquet``, of all columns that are no condition, weight or group, or ``x.csv:a,b`` of some;
            a pattern such as ``showers/*.npy``, or a list of files, taken for one array; or an array.
        conditions: of the samples, likewise; of a table the column or columns, ``x.csv:price``. A list gives several
            conditions. Whole numbers ``(N,)`` and categories are classes, int64; other numbers are float32.
        held_out: the share of samples that training never sees; or files of such samples; or one number for each
            sample, 1 for those to hold out, such as ``x.csv:is_test``.
        held_out_conditions: of the samples held out, where they have files of their own.
        groups: one number or category for each sample. Those of one group are held out together, or not at all.
        weights: one number for each sample, 0 or more: how often it is drawn, in proportion to the others.
        transform: of samples to the networks' units, fitted to the training samples: ``standardise``, ``minmax``,
            ``log1p``, ``quantile``, or several, one after another; None for none. Generated samples, metrics and
            pictures are in the data's own units. Categories become one-hot blocks in any case.
        per: what has statistics of its own, see :class:`~lit_wgan.data.transforms.Transform`.
        batch_size: the global minibatch m.
        num_workers: see :class:`AdversarialData`.
        num_generated: see :class:`AdversarialData`.
        on_device: keep all training samples in the device's memory; ``auto`` does so on GPUs where they take at most a
            quarter of the free memory.
        copy: copy an array whose chunks make random reads slow into an ``.npy`` file in ``cache_dir``, once.
        cache_dir: folder for what is computed of the files once; None for the user's cache folder.
        num_train: train on so many samples alone, of those that are not held out, by a fixed permutation; the transform
            is fitted to these. None for all.

    Raises:
        UsageError: for numbers out of range; when it is set up, for files that cannot be read, numbers that are not
            finite, and parts that do not fit together.
    """

    def __init__(
        self,
        samples: Any,
        conditions: Any = None,
        held_out: Any = 0.1,
        held_out_conditions: Any = None,
        groups: Any = None,
        weights: Any = None,
        transform: str | Sequence[str] | None = None,
        per: Per | None = None,
        batch_size: int = 64,
        num_workers: int = 0,
        num_generated: int = 64,
        on_device: bool | Literal["auto"] = "auto",
        copy: bool = False,
        cache_dir: str | None = None,
        num_train: int | None = None,
    ):
        super().__init__(batch_size, num_workers, num_generated)
        self.num_train = known_number(num_train)
        self.on_device = on_device
        self.resident: Minibatch | None = None
        self._parts: Parts | None = None
        folder = Path(cache_dir).expanduser() if cache_dir else user_cache()
        files = Files(samples, conditions, held_out, held_out_conditions, groups, weights)
        self._open = partial(open_parts, files, transform, per, folder if copy else None, folder, self.num_train)

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
