"""Options of the commands that are not Lightning's."""

import argparse
from typing import NoReturn


class Options(argparse.ArgumentParser):
    """Says what is wrong by an error, which the command shows as one line."""

    def error(self, message: str) -> NoReturn:
        """Raise a ValueError."""
        raise ValueError(f"{message[:1].upper()}{message[1:]}. {self.prog} --help lists the options.")
