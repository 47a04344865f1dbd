"""Packages that only some data need."""

from importlib import import_module
from typing import Any

from lit_wgan.errors import UsageError


def optional_package(name: str, user: str, extra: str = "arrays", requirement: str | None = None) -> Any:
    """Import a package, or a module of it, that lit-wgan does not require.

    Args:
        name: of the package or module.
        user: what needs it, an option or a file.
        extra: of lit-wgan that brings it.
        requirement: for a package of no extra, what to tell pip.

    Raises:
        UsageError: if it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # out of that package
        raise UsageError(
            f"Expected the package {name}, which {user} needs, but it is not installed. "
            f'Install it with pip install "{requirement or f"lit-wgan[{extra}]"}".'
        ) from error
