"""Open text files as samples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lit_wgan.data.held_out import trained_on
from lit_wgan.data.parts import Part, Parts
from lit_wgan.data.parts.column import Column
from lit_wgan.data.parts.splitting import rows_by_share
from lit_wgan.data.stored.base import Rows
from lit_wgan.data.stored.cached import cached_npy
from lit_wgan.data.stored.location import Location
from lit_wgan.data.stored.mapped import file_key
from lit_wgan.data.text.lines import code_points, text_files
from lit_wgan.data.text.survey import CODE_POINTS, Survey, surveyed
from lit_wgan.data.transforms import TextTransform
from lit_wgan.engine.notices import tell_once

Spec = str | list[str]


@dataclass(frozen=True)
class TextFiles:
    """What a user names: the arguments of :class:`~lit_wgan.data.text_data.TextData` that say what samples are."""

    files: Spec
    held_out: float | Spec
    length: int
    max_vocabulary: int
    padding: str
    num_train: int | None = None


def open_text(text: TextFiles, cache_dir: Path) -> Parts:
    """Open text files: their lines as codes, which a transform makes one-hot.

    Raises:
        UsageError: for files that cannot be read, hold no text, or too few lines.
    """
    named, survey, key = _named(text.files, "data.files", text, cache_dir)
    if text.padding in survey.characters:
        tell_once(
            f"data.padding, {text.padding!r}, is a character of the text too: at the end of a line it is taken for "
            "padding."
        )
    kept = survey.characters.replace(text.padding, "")[: text.max_vocabulary - 2]
    transform = TextTransform(kept, text.padding)
    column = _codes(named, survey, key, text, transform, cache_dir)
    others = np.arange(len(column))
    if isinstance(text.held_out, int | float):
        rows = rows_by_share(column, text.held_out, None)
        held_out, others = Part(column, (), rows), np.setdiff1d(others, rows, assume_unique=True)
    else:
        other = _codes(*_named(text.held_out, "data.held_out", text, cache_dir), text, transform, cache_dir)
        held_out = Part(other, (), np.arange(len(other)))
    chosen = trained_on(len(others), text.num_train)
    train = others if chosen is None else others[chosen]
    return Parts(Part(column, (), train), held_out, transform, len(others) - len(train))


def _named(spec: Spec, option: str, text: TextFiles, cache_dir: Path) -> tuple[list[Location], Survey, object]:
    """The files that a user names, what they hold, and what changes with them."""
    files = text_files(spec, option)
    key = [file_key(file.path) for file in files]
    return files, surveyed(files, text.length, key, cache_dir), key


def _codes(
    files: Sequence[Location], survey: Survey, key: object, text: TextFiles, transform: TextTransform, cache_dir: Path
) -> Column:
    """The codes of all lines ``(N, length)``, int16, mapped into memory from the cache."""
    own = ["codes of text", key, text.length, *transform.kind()]
    name = files[0].name + (f" and {len(files) - 1} more" if len(files) > 1 else "")
    chunks = partial(_coded, files, text, transform)
    shape = (survey.lines, text.length)
    return Column(cached_npy(cache_dir, own, name, "Reading", shape, np.dtype(np.int16), chunks))


def _coded(files: Sequence[Location], text: TextFiles, transform: TextTransform) -> Iterator[Rows]:
    codes = np.zeros(CODE_POINTS, dtype=np.int16)  # of all characters that are not known, 0
    for code, character in enumerate(transform.characters[1:], 1):
        codes[ord(character)] = code
    for some in code_points(files, text.length, text.padding):
        yield codes[some]
