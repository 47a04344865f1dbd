"""Read the options in a YAML file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from lit_wgan.errors import UsageError

MOST_VALUES = 1_000_000
MOST_SIGNS = 2000
"""Signs that open a level, of which a file that libyaml reads may hold fewer."""
_OF_VALUES = (ValueError, LookupError, AttributeError, TypeError, RecursionError, OverflowError)
"""What PyYAML raises for values that are not of the type that they seem to have, such as a 13th month."""


def read_yaml(path: Path, what: str, remedy: str) -> dict[str, Any]:
    """Read the options in a YAML file.

    Args:
        path: of the file.
        what: was expected in its place, as messages tell it, such as ``a sweep file``.
        remedy: a sentence on what to do if it is something else.

    Raises:
        FileNotFoundError: if there is no such file.
        UsageError: for a file that is not YAML, or that holds no options.
    """
    if not path.is_file():
        raise FileNotFoundError(f"Expected {what}, but got {path}, which is no file. {remedy}")
    try:
        options = _load(path.read_text())
        _check_size(options)
    except (yaml.YAMLError, *_OF_VALUES) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(f"Expected {what}, but got {path}, which is not YAML: {reason}. {remedy}") from error
    if not isinstance(options, dict):
        raise UsageError(f"Expected {what}, but got {path}, which holds {_kind(options)} and no options. {remedy}")
    return options


def check_sections(options: dict[str, Any], names: Sequence[str], path: Path, what: str, remedy: str) -> None:
    """Raise a UsageError unless each of the named options in a YAML file holds options itself.

    Args:
        options: of the file.
        names: of those that must.
        path: of the file.
        what: see :func:`read_yaml`.
        remedy: likewise.
    """
    for name in names:
        if not isinstance(options.get(name), dict):
            raise UsageError(f"Expected {path} to be {what}, but got {name}={options.get(name)!r}. {remedy}")


def _load(text: str) -> Any:
    """Load by libyaml, which is seven times as fast, but for files so deeply nested that it would crash."""
    is_shallow = sum(text.count(sign) for sign in "[{-?:") < MOST_SIGNS
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader) if is_shallow else yaml.SafeLoader)


def _kind(contents: Any) -> str:
    return "nothing" if contents is None else f"a {type(contents).__name__}"


def _check_size(options: Any) -> None:
    """Raise a ValueError for more values than anyone writes: aliases of aliases make billions out of a few lines."""
    waiting, count = [options], 0
    while waiting:
        value = waiting.pop()
        count += 1
        if count + len(waiting) > MOST_VALUES:
            raise ValueError(f"its aliases stand for more than {MOST_VALUES} values")
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else []


def check_config_files(arguments: list[str]) -> None:
    """Raise an error that names the file if a ``--config`` among the arguments is no YAML file of options."""
    for option, following in zip(arguments, [*arguments, ""][1:], strict=True):
        name, _, value = option.partition("=")
        if name in ("-c", "--config"):
            read_yaml(Path(value or following), "--config to name a YAML file of options", "Copy one from configs/.")
