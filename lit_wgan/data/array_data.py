"""The DataModule for arrays and tables of any kind."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lit_wgan.data.held_out import known_number
from lit_wgan.data.parts import open_parts
from lit_wgan.data.parts.opening import Files
from lit_wgan.data.stored_data import OnDevice, StoredData
from lit_wgan.data.transforms import Per
from lit_wgan.engine.files import user_cache


class ArrayData(StoredData):
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
        num_workers: see :class:`~lit_wgan.data.adversarial_data.AdversarialData`.
        num_generated: see :class:`~lit_wgan.data.adversarial_data.AdversarialData`.
        on_device: see :class:`~lit_wgan.data.stored_data.StoredData`.
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
        on_device: OnDevice = "auto",
        copy: bool = False,
        cache_dir: str | None = None,
        num_train: int | None = None,
    ):
        self.num_train = known_number(num_train)
        folder = Path(cache_dir).expanduser() if cache_dir else user_cache()
        files = Files(samples, conditions, held_out, held_out_conditions, groups, weights)
        opener = partial(open_parts, files, transform, per, folder if copy else None, folder, self.num_train)
        super().__init__(opener, on_device, batch_size, num_workers, num_generated)
