"""What a dataset is before it is opened."""

from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import Any, NamedTuple, Protocol

from torch.utils.data import Dataset

from lit_wgan.errors import UsageError


class MapStyleDataset(Protocol):
    """A data set whose items are counted and indexed, as most of torch's are; it need not derive from them."""

    def __len__(self) -> Any:
        """How many items there are."""

    def __getitem__(self, index: Any, /) -> Any:
        """The item of a number."""


def is_map_style(thing: object) -> bool:
    """Whether something is a :class:`MapStyleDataset`."""
    return hasattr(thing, "__len__") and hasattr(thing, "__getitem__")


class Source(NamedTuple):
    """A dataset before it is opened: a JSON-able ``key`` that changes when its images do, and what opens it.

    ``condition_of`` is the place in its items of the condition that it comes with; None if it comes with none.
    ``keeps_floats`` says whether its images of floats in [0, 1] stay floats instead of becoming bytes.
    """

    key: object
    open: Callable[[], Dataset[Any]]
    condition_of: int | None = None
    keeps_floats: bool = False


def make_dataset(class_path: str) -> Any:
    """Make a dataset of a user's own by its class path, such as ``my_module.MyDataset``, with no options.

    Raises:
        UsageError: if there is no such class, or it cannot be made without options.
    """
    return _made("dataset", "a name or the class path of a data set", class_path)


def make_condition_of(path: str) -> Any:
    """The function of a user's own of a path, such as ``my_module.label_of``, or an object of a class without options.

    Raises:
        UsageError: if there is no such function or class, or it cannot be made without options.
    """
    return _made("condition_of", "a place, a key, or the path of a function or class", path)


def named_by(path: str, expected: str) -> Any:
    """What a path such as ``my_module.name`` names.

    Args:
        path: of a function or class.
        expected: what messages begin with.

    Raises:
        UsageError: if there is no such module, or nothing of this name in it.
    """
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # out of that module
        raise UsageError(
            f"{expected}, and no module {error.name} is found. Run lit-wgan in the module's folder, or install it."
        ) from error
    except AttributeError as error:
        raise UsageError(f"{expected}, and {error}. Check its spelling.") from error


def _made(option: str, wanted: str, path: str) -> Any:
    expected = f"Expected data.{option} to be {wanted}, but got {path}"
    found = named_by(path, expected)
    if option == "condition_of" and not isinstance(found, type):
        return found
    try:
        signature(found).bind()
    except TypeError as error:
        raise UsageError(
            f"{expected}, and {error}. Give its options as --data.{option}.init_args.NAME VALUE."
        ) from error
    return found()
