"""Packages that only some files need."""

from importlib import import_module
from typing import Any

from lit_wgan.errors import UsageError


def optional_package(name: str, option: str) -> Any:
    """Import a package of the extra ``arrays``.

    Args:
        name: of the package.
        option: that needs it.

    Raises:
        UsageError: if it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise UsageError(
            f"Expected the package {name}, which {option} needs for such files, but it is not installed. "
            'Install it with pip install "lit-wgan[arrays]".'
        ) from error
