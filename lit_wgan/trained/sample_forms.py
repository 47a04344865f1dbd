"""The forms in which generated samples are written: a file for each, one array, an archive, a table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import IO
from zipfile import ZipFile

import numpy as np
import torch
from numpy.lib import format as npy
from torch import Tensor

from lit_wgan.callbacks.sample_files import as_array, as_text, image_ending, save_conditions, save_sample
from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.data.stored import write_columns
from lit_wgan.data.transforms import PixelRange, TableTransform, TextTransform, Transform
from lit_wgan.engine.files import atomic_write, writing
from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.errors import UsageError
from lit_wgan.systems import AdversarialSystem
from lit_wgan.trained.sample_tables import divided, is_tabular, names_of, table_of

BLOCK = 4096
"""Bytes of which a small file takes a multiple on most disks."""
CHARACTERS = 8
"""Of a number in a table, about."""


@dataclass(frozen=True)
class Drawn:
    """Generated samples that are made a batch at a time, as they are written.

    Args:
        system: that makes them.
        count: how many.
        asked: the condition of each; None for those of the system's samples of the same numbers.
        batch_size: how many at a time.
    """

    system: AdversarialSystem
    count: int
    asked: Condition | None
    batch_size: int

    def batches(self) -> Iterator[tuple[int, Tensor]]:
        """Samples ``(n, ...)`` in the data's own units, with the number of the first of each batch."""
        for first in range(0, self.count, self.batch_size):
            rows = slice(first, min(first + self.batch_size, self.count))
            told = map_condition(itemgetter(rows), self.asked)
            yield first, self.system.sample(rows, self.batch_size, told).cpu()

    def like(self) -> Tensor:
        """The first sample, ``(...)``."""
        return self.system.sample(slice(1), condition=map_condition(itemgetter(slice(1)), self.asked))[0].cpu()

    def conditions(self) -> Condition | None:
        """The condition of each in the data's own units; None without conditions."""
        return self.system.condition_of_samples(slice(self.count)) if self.asked is None else self.asked

    @property
    def transform(self) -> Transform | None:
        """Of the data."""
        return self.system.transform


@dataclass(frozen=True)
class Form:
    """A form of samples.

    Args:
        write: writes samples to a file or, in a form of a file for each, to a folder, and to another file their
            conditions, if the form does not hold them; returns that file, if there is one.
        suits: whether it is one for samples of a shape and a transform.
        of: the samples that it is for, in words.
        one_file: whether all samples are in one file.
    """

    write: Callable[[Drawn, Path, Path], Path | None]
    suits: Callable[[Sequence[int], Transform | None], bool]
    of: str
    one_file: bool = True


def usual_form(shape: Sequence[int], transform: Transform | None) -> str:
    """The form that samples of a shape are written in unless another is asked for."""
    if isinstance(transform, TableTransform):
        return "csv"
    if isinstance(transform, TextTransform):
        return "txt"
    ending = image_ending(shape, transform)
    return "npy" if ending is None else ending.removeprefix(".")


def check_form(form: str, like: Tensor, transform: Transform | None) -> None:
    """Raise a UsageError for a form that does not suit samples such as the given one."""
    if not FORMS[form].suits(like.shape, transform):
        others = [name for name, other in FORMS.items() if other.suits(like.shape, transform)]
        raise UsageError(
            f"Expected {FORMS[form].of} for --format {form}, but got samples of shape {tuple(like.shape)}. Take one of "
            f"{', '.join(others)}."
        )


def bytes_of(form: str, count: int, like: Tensor, transform: Transform | None) -> int:
    """About how many bytes samples such as the given one take in a form."""
    numbers, size = like.numel(), as_array(like).itemsize
    if FORMS[form].one_file:
        return count * numbers * (CHARACTERS if form in ("csv", "tsv") else size)
    size = np.dtype(transform.dtype).itemsize if isinstance(transform, PixelRange) else 1
    return count * -(-numbers * size // BLOCK) * BLOCK


# Writing.


def _write_images(ending: str, drawn: Drawn, folder: Path, conditions: Path) -> Path | None:
    for first, samples in drawn.batches():
        for number, each in enumerate(samples, first):
            save_sample(each, number, folder, drawn.transform, ending)
    return _write_conditions(drawn, conditions)


def _write_npy(drawn: Drawn, path: Path, conditions: Path) -> Path | None:
    with atomic_write(path) as file:
        _stream(drawn, file)
    return _write_conditions(drawn, conditions)


def _write_npz(drawn: Drawn, path: Path, conditions: Path) -> None:
    told = drawn.conditions()
    parts = () if told is None else as_tuple(told)
    with atomic_write(path) as file, ZipFile(file, "w") as archive:
        with archive.open("samples.npy", "w", force_zip64=True) as entry:
            _stream(drawn, entry)
        for name, part in zip(names_of("conditions", len(parts)), parts, strict=True):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                npy.write_array(entry, as_array(part))


def _stream(drawn: Drawn, file: IO[bytes]) -> None:
    """Write samples as one array, of which a batch at a time is in memory."""
    like = as_array(drawn.like())
    header = {"descr": npy.dtype_to_descr(like.dtype), "fortran_order": False, "shape": (drawn.count, *like.shape)}
    npy.write_array_header_2_0(file, header)
    for _, samples in drawn.batches():
        file.write(np.ascontiguousarray(as_array(samples)).tobytes())


def _write_conditions(drawn: Drawn, path: Path) -> Path | None:
    told = drawn.conditions()
    if told is not None:
        save_conditions(told, path)
    return None if told is None else path


def _write_text(drawn: Drawn, path: Path, conditions: Path) -> Path | None:
    assert isinstance(drawn.transform, TextTransform)
    with atomic_write(path) as file:
        for _, samples in drawn.batches():
            file.write(as_text(samples, drawn.transform))
    return _write_conditions(drawn, conditions)


def _write_table(drawn: Drawn, path: Path, conditions: Path) -> Path | None:
    samples, told = torch.cat([samples for _, samples in drawn.batches()]), drawn.conditions()
    short, long = ((), ()) if told is None else divided(as_tuple(told))
    columns = table_of(samples, drawn.transform, short)
    with writing(path):
        write_columns(path, columns)
    if not long:
        return None
    save_conditions(long, conditions)
    return conditions


FORMS = {
    "png": Form(
        partial(_write_images, ".png"),
        lambda shape, transform: image_ending(shape, transform) == ".png",
        "images of 8 bits, or grey ones of 16,",
        one_file=False,
    ),
    "tif": Form(
        partial(_write_images, ".tif"),
        lambda shape, transform: image_ending(shape, transform) is not None,
        "images",
        one_file=False,
    ),
    "npy": Form(_write_npy, lambda shape, transform: True, "samples"),
    "npz": Form(_write_npz, lambda shape, transform: True, "samples"),
    "txt": Form(_write_text, lambda shape, transform: isinstance(transform, TextTransform), "text (lit_wgan.TextData)"),
    **dict.fromkeys(("csv", "tsv", "parquet"), Form(_write_table, is_tabular, "rows of a table, vectors or series")),
}
"""By the name of the form, which is the ending of its files too."""
