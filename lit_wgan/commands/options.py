"""The parser of a command's own options."""

import re
from typing import Any, NoReturn

from jsonargparse import ArgumentParser

from lit_wgan.errors import UsageError


class Parser(ArgumentParser):
    """Parses the options of a command; a mistake in them is a UsageError, which is told in one line.

    Args:
        prog: the command, such as ``lit-wgan sweep``; jsonargparse makes parsers of an object's options without one.
        examples: command lines, one below the other, which the help ends in.
        kwargs: of jsonargparse's parser.
    """

    def __init__(self, prog: str | None = None, examples: str = "", **kwargs: Any):
        super().__init__(prog=prog, **kwargs)
        self.examples = examples

    def format_help(self, *args: Any, **kwargs: Any) -> str:
        """The help, with the examples as they are: an epilog would be filled like a paragraph."""
        text: str = super().format_help(*args, **kwargs)
        return f"{text}\nexamples:\n{self.examples}" if self.examples else text

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise a UsageError."""
        text = re.sub(r'Parser key "([^"]+)"', r"argument --\1", " ".join(message.split()))
        text = re.sub(r"Expected a <class '(\w+)'>\. Got value:", r"expected \1, but got", text)
        raise UsageError(f"{text[:1].upper()}{text[1:]}. {self.prog} --help lists the options.") from ex
