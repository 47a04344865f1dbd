"""Whether a configuration names code in the working directory."""

import re
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

_PYTHON_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")


def needs_working_directory(config: Any) -> bool:
    """Whether options name a class or function in a module that only the working directory has.

    A configuration is code: who repeats a run runs what it names. Nothing else in a run's directory is, so a module
    beside it that it does not name must not take the place of an installed one.
    """
    return any(_is_in_working_directory(name) for name in _python_names(config))


def _python_names(options: Any) -> Iterator[str]:
    if isinstance(options, dict):
        options = list(options.values())
    if isinstance(options, list):
        for option in options:
            yield from _python_names(option)
    elif isinstance(options, str) and _PYTHON_NAME.fullmatch(options):
        yield options


def _is_in_working_directory(name: str) -> bool:
    first, second, *_ = name.split(".")
    here = Path.cwd()
    files = (here / f"{first}.py", here / first / "__init__.py", here / first / f"{second}.py")
    elsewhere = [folder for folder in sys.path if Path(folder).resolve() != here]
    return any(file.is_file() for file in files) and PathFinder.find_spec(first, elsewhere) is None
