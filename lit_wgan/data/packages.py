"""Packages that only some data need."""

from importlib import import_module
from typing import Any

from lit_wgan.errors import UsageError


def optional_package(name: str, user: str, extra: str = "arrays") -> Any:
    """Import a package of one of lit-wgan's extras.

    Args:
        name: of the package.
        user: what needs it, an option or a file.
        extra: that brings it.

    Raises:
        UsageError: if it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise UsageError(
            f"Expected the package {name}, which {user} needs, but it is not installed. "
            f'Install it with pip install "lit-wgan[{extra}]".'
        ) from error
