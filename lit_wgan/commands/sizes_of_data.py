"""Sizes that a configuration leaves to the data: every ``auto`` in it."""

from collections.abc import Iterator
from typing import Any, cast

from jsonargparse import ArgumentParser, Namespace
from lightning.pytorch import LightningDataModule

from lit_wgan.data import AdversarialData
from lit_wgan.engine.collectives import first_on_each_machine
from lit_wgan.errors import UsageError

AUTO = "auto"
SIZES = (
    "data_shape",
    "image_size",
    "channels",
    "columns",
    "num_classes",
    "condition_dim",
    "shape",
)
"""The arguments of networks and conditions that the data may tell."""


def fill_in_sizes_(options: Namespace) -> None:
    """Put sizes in the place of every ``auto`` among a system's arguments, of data that are made for it if need be.

    Args:
        options: of a run: ``model`` and ``data``, changed in place.

    Raises:
        UsageError: for what the data do not tell.
    """
    places = list(left_open(options.model))
    if not places:
        return
    data = made(options.data)
    sizes: dict[str, Any] = {}
    if isinstance(data, AdversarialData):
        first_on_each_machine(data.prepare_data)
        sizes = data.sizes()
    for group, name in places:
        if name not in sizes:
            raise UsageError(
                f"Expected data that tell the {name} for networks that leave it to them (auto), but "
                f"{type(data).__name__} tells {', '.join(sizes) or 'no sizes'}. Give {name} itself."
            )
        group[name] = sizes[name]


def left_open(group: Any) -> Iterator[tuple[Any, str]]:
    """Each argument that is ``auto``, as the group that it is in and its name."""
    if isinstance(group, Namespace | dict):
        for name, value in list(vars(group).items() if isinstance(group, Namespace) else group.items()):
            if name in SIZES and isinstance(value, str) and value == AUTO:
                yield group, name
            else:
                yield from left_open(value)
    elif isinstance(group, list | tuple):
        for each in group:
            yield from left_open(each)


def made(data: Namespace) -> LightningDataModule:
    """The data of a run."""
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(LightningDataModule, "data")
    return cast(LightningDataModule, parser.instantiate_classes(parser.parse_object({"data": data})).data)
