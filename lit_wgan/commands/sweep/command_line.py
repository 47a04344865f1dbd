"""Build a trial's command: that of the sweep file, with its ``${...}`` replaced as W&B's agent replaces them."""

import itertools
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import lit_wgan
from lit_wgan.commands.sweep.choices import check_choice
from lit_wgan.commands.sweep.file import SweepFile
from lit_wgan.commands.sweep.parameters import Value
from lit_wgan.errors import UsageError
from lit_wgan.runs.environment import REPEATABLE

_PYTHON = re.compile(r"python(3(\.\d+)?)?")  # by the path of programs, as env finds it
_FLAGS = frozenset({"-B", "-E", "-I", "-O", "-P", "-s", "-u"})
_MAIN = Path(lit_wgan.__file__).with_name("__main__.py")
_SCRIPT = Path(sys.executable).with_name("lit-wgan")
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
    options = _options_of_fit(words)
    if options is None:
        raise UsageError(
            f"Expected the command of {file.path} to run lit_wgan fit and nothing before it but python or env, but got "
            f"{' '.join(file.command)}. Copy that of configs/sweeps/clip_value.yaml."
        )
    return options


def _options_of_fit(words: list[str]) -> list[str] | None:
    """The words after ``fit`` of ``[env [NAME=VALUE ...]] [python [flags]] lit_wgan fit``; None for another command.

    A sweep file from somewhere else must not run a shell on the way: hence a grammar, and not a search for the words.
    """
    left = list(words)
    if left[:1] in (["env"], ["/usr/bin/env"]):
        left = list(itertools.dropwhile(_is_harmless_variable, left[1:]))
    if left and (left[0] == sys.executable or _PYTHON.fullmatch(left[0])):
        left = list(itertools.dropwhile(_FLAGS.__contains__, left[1:]))
        is_program = left[:2] == ["-m", "lit_wgan"] or (bool(left) and _is_same_file(left[0], _MAIN))
        left = left[2:] if left[:1] == ["-m"] else left[1:]
    else:
        is_program = bool(left) and (left[0] == "lit-wgan" or _is_same_file(left[0], _SCRIPT))
        left = left[1:]
    return left[1:] if is_program and left[:1] == ["fit"] else None


def _is_harmless_variable(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name in {*REPEATABLE, "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES"}


def _is_same_file(word: str, file: Path) -> bool:
    try:
        return file.samefile(word)
    except (OSError, ValueError):
        return False
