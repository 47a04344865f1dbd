"""Reads the lines of text files, some at a time, all of one length."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lit_wgan.data.stored.location import Location, locate
from lit_wgan.errors import UsageError

LINES_AT_ONCE = 2**16
ENCODING = "utf-8-sig"  # with or without the mark that some editors write at the beginning
CodePoints = npt.NDArray[np.uint32]


def text_files(spec: str | Path | Sequence[str | Path], option: str) -> list[Location]:
    """The files of a path, a pattern or a list of these.

    Raises:
        UsageError: if there are none, or one is a folder.
    """
    specs = [spec] if isinstance(spec, str | Path) else spec
    files = [location for each in specs for location in locate(each, option)]
    for file in files:
        if file.path.is_dir():
            raise unreadable(file, "which is a folder", f"Name its files, such as '{file.path / '*.txt'}'")
        if file.inner:
            raise unreadable(file, "and a text file holds nothing but lines", f"Give {file.path} alone")
    return files


def code_points(files: Sequence[Location], length: int, padding: str) -> Iterator[CodePoints]:
    """The characters of all lines in order, some lines at a time.

    Args:
        files: of text.
        length: of a line, to which longer ones are cut.
        padding: the character that shorter ones are filled with.

    Returns:
        Arrays ``(n, length)`` of Unicode's code points. Lines of nothing but white space are left out.

    Raises:
        UsageError: for a file that cannot be read, or that is no text in UTF-8.
    """
    for file in files:
        lines = _lines(file, length)
        while some := list(islice(lines, LINES_AT_ONCE)):
            filled = "".join(line.ljust(length, padding) for line in some)
            yield np.frombuffer(filled.encode("utf-32-le"), "<u4").reshape(len(some), length)


def _lines(file: Location, length: int) -> Iterator[str]:
    try:
        with file.path.open(encoding=ENCODING) as text:
            for line in text:
                if "\0" in line:
                    raise unreadable(file, "which is no text: it holds bytes of 0", "Is it another kind of file?")
                if line.strip():
                    yield line.rstrip("\n")[:length]
    except UnicodeDecodeError as error:
        remedy = "Unpack it if it is compressed; else write it as UTF-8 (iconv -t utf-8)"
        raise unreadable(file, f"which is no text in UTF-8 ({error.reason})", remedy) from error
    except OSError as error:
        raise file.damaged(error) from error


def unreadable(file: Location, reason: str, remedy: str) -> UsageError:
    """A UsageError about a file that is no text."""
    return file.error(reason, remedy, "a text file")
