"""Options of the commands that are not Lightning's."""

import argparse
from typing import NoReturn

from lit_wgan.errors import UsageError


class Options(argparse.ArgumentParser):
    """Says what is wrong by an error, which the command shows as one line."""

    def error(self, message: str) -> NoReturn:
        """Raise a UsageError."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}. {self.prog} --help lists the options.")
