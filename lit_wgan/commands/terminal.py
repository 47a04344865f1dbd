"""Keep what names and files hold from steering the terminal: control characters are written as escapes."""

import contextlib
import logging
import sys
import unicodedata
import warnings
from typing import Any


def printable(text: str) -> str:
    """The text with every character but printable ones, spaces, tabs and line feeds as in ``\\x1b``."""
    return "".join(each if _is_harmless(each) else ascii(each)[1:-1] for each in text)


def say(text: str) -> None:
    """Print a message at once."""
    print(printable(text), flush=True)


def complain(text: str) -> None:
    """Print a message to stderr at once."""
    print(printable(text), file=sys.stderr, flush=True)


def escape_messages() -> None:
    """Write control characters in logged messages and warnings as escapes; for the command alone, as it is global."""
    make_record, format_warning = logging.getLogRecordFactory(), warnings.formatwarning

    def escaped_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make_record(*args, **kwargs)
        with contextlib.suppress(Exception):  # a message that does not fit its arguments is left to logging
            record.msg, record.args = printable(record.getMessage()), ()
        return record

    def escaped_warning(*args: Any, **kwargs: Any) -> str:
        return printable(format_warning(*args, **kwargs))

    if not getattr(make_record, "escapes", False):
        escaped_record.escapes = True  # type: ignore[attr-defined]  # so that a second call adds nothing
        logging.setLogRecordFactory(escaped_record)
    if not getattr(format_warning, "escapes", False):
        escaped_warning.escapes = True  # type: ignore[attr-defined]
        warnings.formatwarning = escaped_warning


def _is_harmless(character: str) -> bool:
    return character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs"
