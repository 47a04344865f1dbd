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
    """A dataset before it is opened: a JSON-able ``key`` that changes when its images do, and what opens it."""

    key: object
    open: Callable[[], Dataset[Any]]


def make_dataset(class_path: str) -> Any:
    """Make a dataset of a user's own by its class path, such as ``my_module.MyDataset``, with no options.

    Raises:
        UsageError: if there is no such class, or it cannot be made without options.
    """
    module, _, name = class_path.rpartition(".")
    expected = f"Expected data.dataset to be a name or the class path of a data set, but got {class_path}"
    try:
        make = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # out of that module
        raise UsageError(
            f"{expected}, and no module {error.name} is found. Run lit-wgan in the module's folder, or install it."
        ) from error
    except AttributeError as error:
        raise UsageError(f"{expected}, and {error}. Check its spelling.") from error
    try:
        signature(make).bind()
    except TypeError as error:
        raise UsageError(
            f"{expected}, and {error}. Give its options as --data.dataset.init_args.NAME VALUE."
        ) from error
    return make()
