"""Checks of options as they were given, before anything is made of them."""

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from pydoc import locate
from typing import Any, get_args, get_origin, get_type_hints

from jsonargparse import Namespace

from lit_wgan.commands.trainer_options import check_trainer_options
from lit_wgan.data import AdversarialData
from lit_wgan.errors import UsageError

MOST = 2**32 - 1
"""The highest seed that NumPy takes, which Lightning seeds too."""


def check_options(command: str, options: Namespace) -> None:
    """Raise a UsageError for the first option that is wrong by itself, or that would have no effect.

    Args:
        command: such as ``fit``.
        options: of the command; the callbacks become a list, and members of enumerations texts.
    """
    if options.trainer.callbacks is not None and not isinstance(options.trainer.callbacks, list):
        options.trainer.callbacks = [options.trainer.callbacks]
    make_plain_(options)
    check_seed_option(options.seed_everything)
    check_nulls(options)
    check_trainer_options(command, options.trainer, options.data.class_path)


def divided_among_devices(options: Namespace) -> tuple[str, int] | None:
    """Name and value of what the number of devices has to divide; None where only a user's own data know."""
    shards = options.model.get("init_args.shards")
    if shards is not None:
        return "model.shards", shards
    kind = locate(options.data.class_path)
    rows = options.data.get("init_args.batch_size")
    return ("data.batch_size", rows) if rows and isinstance(kind, type) and issubclass(kind, AdversarialData) else None


def check_seed_option(seed: bool | int | None) -> None:
    """Raise a UsageError for a seed out of range."""
    if seed is not None and not 0 <= seed <= MOST:
        raise UsageError(f"Expected seed_everything in [0, {MOST}], but got {seed}. Choose another number.")


def check_nulls(options: Namespace) -> None:
    """Raise a UsageError that names the first option of a class that is ``null`` and must not be.

    jsonargparse takes ``null`` for every option of a class that is given by its class path.
    """
    for name, class_path, arguments in _objects(options, ""):
        annotations = _annotations(class_path)
        for argument, value in arguments.items():
            if value is None and argument in annotations and not _takes_none(annotations[argument]):
                kind = annotations[argument]
                kind = "a class path" if get_origin(kind) is Callable else inspect.formatannotation(kind)
                raise UsageError(
                    f"Expected {name}.{argument} to be {kind}, but got null. Give a value, or leave it out."
                )


def make_plain_(options: Namespace) -> None:
    """Replace members of enumerations of texts, which defaults may be, by their texts, so that YAML can hold them."""
    for _, _, arguments in _objects(options, ""):
        for argument, value in arguments.items():
            if isinstance(value, Enum) and isinstance(value, str):
                arguments[argument] = value.value


def _objects(options: Any, name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The objects among options, nested ones included: name of the option, class path, arguments."""
    if isinstance(options, list):
        for number, item in enumerate(options):
            yield from _objects(item, f"{name}[{number}]")
    if not isinstance(options, Namespace):
        return
    inner = options.get("init_args") if "class_path" in options else options
    if "class_path" in options and isinstance(inner, Namespace):
        yield name, options["class_path"], vars(inner)
    for key, value in vars(inner).items() if isinstance(inner, Namespace) else ():
        yield from _objects(value, f"{name}.{key}".lstrip("."))


def _annotations(class_path: str) -> dict[str, Any]:
    """Types of the constructor's arguments, without those whose default is None; none where they cannot be found."""
    try:
        made: Any = locate(class_path)
        hints = get_type_hints(made.__init__)
        parameters = inspect.signature(made).parameters
    except (AttributeError, ImportError, NameError, TypeError, ValueError):
        return {}
    return {name: hints[name] for name, given in parameters.items() if name in hints and given.default is not None}


def _takes_none(annotation: Any) -> bool:
    return annotation is Any or annotation is None or type(None) in (annotation, *get_args(annotation))
