"""The commands of ``lit-wgan``, one module or package each."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

MODULES = {"list": "list_runs", "figures": "paper_figures"}
"""Of commands whose names are taken by something else; the module of all others has the command's name."""


def module_of(command: str) -> ModuleType:
    """Import the module or package of a command with a parser of its own."""
    return import_module(f"lit_wgan.commands.{MODULES.get(command, command)}")


def function_of(command: str) -> Callable[[list[str]], int | None]:
    """Import the function that runs such a command, which has the name of its module."""
    function: Callable[[list[str]], int | None] = getattr(module_of(command), MODULES.get(command, command))
    return function
