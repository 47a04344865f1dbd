"""The DataModule for text."""

from functools import partial
from pathlib import Path

from lit_wgan.data.held_out import known_number
from lit_wgan.data.stored_data import OnDevice, StoredData
from lit_wgan.data.text import TextFiles, open_text
from lit_wgan.engine.files import user_cache
from lit_wgan.errors import UsageError, check_positive

LARGEST_VOCABULARY = 2**15
"""Codes are kept in 16 bits."""


class TextData(StoredData):
    """The lines of text files, each a sequence of characters, one-hot for the networks: ``(length, V)``.

    Lines are cut, or filled with padding, to one length; empty ones are left out. The vocabulary of V characters is the
    unknown one, the padding, and the most common others of all lines. In the data's own units a sample is the codes of
    its characters, ``(length,)``; files and pictures show it as text.

    Args:
        files: a text file in UTF-8, a pattern such as ``books/*.txt``, or a list of these.
        length: characters of a line.
        max_vocabulary: the most that V may be; all rarer characters become the unknown one.
        padding: the character that fills short lines, best one that the text does not hold. Where it ends a line, text
            is shown without it.
        held_out: the share of lines that training never sees; or files of such lines.
        batch_size: the global minibatch m.
        num_workers: see :class:`~lit_wgan.data.adversarial_data.AdversarialData`.
        num_generated: see :class:`~lit_wgan.data.adversarial_data.AdversarialData`.
        on_device: see :class:`~lit_wgan.data.stored_data.StoredData`.
        cache_dir: folder for the codes of the lines, which are made once; None for the user's cache folder.
        num_train: train on so many lines alone, of those that are not held out, by a fixed permutation; None for all.

    Raises:
        UsageError: for numbers out of range and a padding that is no single character; when it is set up, for files
            that cannot be read, hold no text in UTF-8, or too few lines.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Section 5.5; authors' code igul222/improved_wgan_training at
    fa66c57, language_helpers.py.
    """

    def __init__(
        self,
        files: str | list[str],
        length: int = 32,
        max_vocabulary: int = 2048,
        padding: str = "`",
        held_out: float | str | list[str] = 0.1,
        batch_size: int = 64,
        num_workers: int = 0,
        num_generated: int = 64,
        on_device: OnDevice = "auto",
        cache_dir: str | None = None,
        num_train: int | None = None,
    ):
        check_positive(**{"data.length": length})
        if not 3 <= max_vocabulary <= LARGEST_VOCABULARY:
            raise UsageError(
                f"Expected data.max_vocabulary from 3 to {LARGEST_VOCABULARY}, the unknown character and padding "
                f"included, but got {max_vocabulary}. Take 2048, as the paper does."
            )
        if len(padding) != 1 or padding in "\n\0\ufffd":
            raise UsageError(
                f"Expected data.padding to be one character that can stand in a line, but got {padding!r}. Take one "
                "that the text does not hold, such as '`' or '~'."
            )
        self.num_train = known_number(num_train)
        folder = Path(cache_dir).expanduser() if cache_dir else user_cache()
        opener = partial(open_text, TextFiles(files, held_out, length, max_vocabulary, padding, num_train), folder)
        super().__init__(opener, on_device, batch_size, num_workers, num_generated)
