"""What is computed of all samples once, and kept in the cache folder: a check, and the fit of the transform."""

import hashlib
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lit_wgan.data.cache_folder import REMEDY, make_cache_folder
from lit_wgan.data.floats import as_floats
from lit_wgan.data.parts.part import Part
from lit_wgan.data.stored import check_finite
from lit_wgan.data.transforms import TableTransform, Transform, restored_transform
from lit_wgan.engine.digests import json_sha256
from lit_wgan.engine.files import atomic_write
from lit_wgan.engine.notices import tell_once

CHUNK_BYTES = 2**26
LARGE = 2**30
"""Bytes of which it is told that reading them takes a while."""
VERSION = 1
"""Raise it when a fit would give other numbers."""


def fitted_once(train: Part, held_out: Part, transform: Transform | None, cache_dir: Path) -> Transform | None:
    """The transform, fitted to training samples whose numbers are all finite, as are those of all that is told.

    For a table it encodes categories too. The result lies in ``cache_dir``, keyed by the files' names, sizes and times
    of modification, so that the next run need not read everything again.

    Raises:
        UsageError: for numbers that are not finite, and for samples that the transform cannot take.
    """
    table = train.samples.table
    if table is not None:
        transform = TableTransform(table.names, table.categories, transform, table.whole)
    columns = {id(column): column for part in (train, held_out) for column in (part.samples, *part.conditions)}
    rows = hashlib.sha256(train.rows.tobytes()).hexdigest()
    asked = None if transform is None else transform.kind()
    key = json_sha256([VERSION, asked, rows, *(column.array.key() for column in columns.values())])[:16]
    path = cache_dir / f"fit-{key}.pt"
    known = read_fit(path)
    if known is None:
        read_all(train, held_out, transform)
        known = {"transform": None if transform is None else transform.state()}
        write_fit(path, known)
    return None if known["transform"] is None else restored_transform(known["transform"])


def read_all(train: Part, held_out: Part, transform: Transform | None) -> None:
    """Fit a transform to training samples, and check all numbers on the way, so that files are read once."""
    size = train.nbytes + held_out.nbytes
    if size > LARGE:
        tell_once(f"Reading {train.samples.array.name}, {size / 1e9:.1f} GB, once, to check and to fit it.")
    for told in {*train.conditions, *held_out.conditions}:
        check_finite(told.array)
    if transform is not None:
        transform.fit(lambda: finite_chunks(train), len(train))
    of_train = [train] if transform is None or isinstance(transform, TableTransform) else []  # not looked at as a whole
    for part in (*of_train, held_out):
        for _ in finite_chunks(part):
            pass


def finite_chunks(part: Part) -> Iterator[Tensor]:
    """All samples of a part, some at a time, float64.

    Raises:
        UsageError: for the first number that is infinite or none.
    """
    rows = max(1, CHUNK_BYTES // (8 * math.prod(part.samples.shape)))
    for indices in torch.arange(len(part)).split(rows):
        samples = as_floats(part.take_samples(indices)).double()
        if not samples.isfinite().all():
            check_finite(part.samples.array)  # which names the place
        yield samples


def read_fit(path: Path) -> dict[str, Any] | None:
    """What was computed before; None where there is nothing, or a damaged file."""
    try:
        known = torch.load(path, weights_only=True)
        if known["transform"] is not None:
            restored_transform(known["transform"])
    except Exception:  # torch raises many kinds for a damaged file; computing anew is right for all of them
        return None
    return known


def write_fit(path: Path, known: dict[str, Any]) -> None:
    """Keep what was computed.

    Raises:
        UsageError: if the folder cannot be written.
    """
    contents = io.BytesIO()
    torch.save(known, contents)
    make_cache_folder(path.parent)
    with atomic_write(path, REMEDY) as file:
        file.write(contents.getvalue())
