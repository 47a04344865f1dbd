"""What an object was made with, as plain values by name, as far as it tells."""

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import nn
from torch.nn.parameter import is_lazy

PACKAGES = ("lit_wgan.", "lightning.")


def settings(thing: object, of_users_too: bool = False) -> dict[str, Any]:
    """The arguments of an object's constructors that it kept as attributes of their names, where they are plain.

    Args:
        thing: any object.
        of_users_too: whether arguments count that a user's own class adds to those of this package and of Lightning.
            Its objects may differ between processes for good reasons, such as a share of the data each.

    Returns:
        Values by name as :func:`flat` gives them, such as ``{"n_critic.every": 500}``.
    """
    kept = getattr(thing, "__dict__", {})
    found: dict[str, Any] = {}
    for name in dict.fromkeys(_arguments(type(thing), of_users_too)):
        for attribute in (name, f"_{name}"):
            if attribute in kept:
                found |= flat(name, kept[attribute])
    return found


def flat(name: str, value: Any) -> dict[str, Any]:
    """The plain values in nested lists and dicts, by names such as ``terms[0].weight``.

    Plain are numbers, texts, paths and None. An object of this package counts by its class and :func:`settings`. All
    else is left out: functions, tensors, and objects of other classes.
    """
    found: dict[str, Any] = {}
    if isinstance(value, bool | int | float | str | Path | None):
        found[name] = str(value) if isinstance(value, Path) else value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            found |= flat(f"{name}.{key}".lstrip("."), item)
    elif isinstance(value, list | tuple) and all(isinstance(item, bool | int | float | str) for item in value):
        found[name] = list(value)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            found |= flat(f"{name}[{number}]", item)
    elif type(value).__module__.startswith(PACKAGES[0]):
        found |= {name: class_of(value)} | flat(name, settings(value))
    return found


def class_of(thing: object) -> str:
    """The path of an object's class."""
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def weight_shapes(network: nn.Module) -> dict[str, str]:
    """The type and shape of each of a network's weights and buffers, in words."""
    return {
        name: f"{tensor.dtype} {'lazy' if is_lazy(tensor) else tuple(tensor.shape)}"
        for name, tensor in network.state_dict(keep_vars=True).items()
    }


def _arguments(made: type, of_users_too: bool) -> Iterator[str]:
    for each in made.__mro__:
        if "__init__" in vars(each) and (of_users_too or each.__module__.startswith(PACKAGES)):
            yield from inspect.signature(each.__init__).parameters  # type: ignore[misc]  # of a class, not an instance
