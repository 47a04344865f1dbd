"""Build a trial's command: that of the sweep file, with its ``${...}`` replaced as W&B's agent replaces them."""

import itertools
import os
import re
import sys
from collections.abc import Mapping

from lit_wgan.commands.sweep.choices import check_choice
from lit_wgan.commands.sweep.file import SweepFile
from lit_wgan.commands.sweep.parameters import Value
from lit_wgan.errors import UsageError

_VARIABLE = re.compile(r"\$\{envvar:([A-Z0-9_]*)\}")


def command_line(file: SweepFile, values: Mapping[str, Value]) -> list[str]:
    """The command that runs a trial.

    The interpreter is the one that runs the sweep, where W&B's agent takes the first ``python`` on the path.

    Args:
        file: the sweep file.
        values: of the trial, by parameter.

    Raises:
        UsageError: for a ``${...}`` that W&B's agent does not know.
    """
    macros = {
        "${env}": ["/usr/bin/env"],
        "${interpreter}": [sys.executable],
        "${program}": [file.program],
        "${args}": [f"--{name}={value}" for name, value in values.items()],
        "${args_no_equals}": [word for name, value in values.items() for word in (f"--{name}", str(value))],
    }
    words: list[str] = []
    for part in file.command:
        part = _VARIABLE.sub(lambda match: os.environ.get(match[1], match[1]), part)
        if part.startswith("${") and part.endswith("}"):
            check_choice(f"{part} in the command of {file.path}", part, macros)
        words += macros.get(part, [part])
    return words


def fit_options(file: SweepFile, words: list[str]) -> list[str]:
    """The options of ``lit-wgan fit`` in a trial's command.

    Raises:
        UsageError: for a command that runs something else, or that leaves the parameters out.
    """
    if not {"${args}", "${args_no_equals}"} & set(file.command):
        raise UsageError(
            f"Expected the command of {file.path} to have ${{args}} where the parameters belong, but got none. Add it."
        )
    for at, (program, subcommand) in enumerate(itertools.pairwise(words)):
        if os.path.basename(program) in ("lit_wgan", "lit-wgan", "__main__.py") and subcommand == "fit":
            return words[at + 2 :]
    raise UsageError(
        f"Expected the command of {file.path} to run lit_wgan fit, but got {' '.join(file.command)}. Copy that of "
        "configs/sweeps/clip_value.yaml."
    )
