"""Conditions of a data set's items: what of an item it is, as a tensor, beside the item's image."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from lit_wgan.data.degrade import Degradation
from lit_wgan.data.pixels import Pixels, in_words, name_of, to_pixels
from lit_wgan.data.resizing import Size
from lit_wgan.data.value_range import OF_THEIR_TYPE, ValueRange
from lit_wgan.errors import UsageError

ConditionOf = int | str | Callable[[Any], Any]
"""What of an item is its condition: an element's place, a key, or a function of the item.

A :class:`~lit_wgan.data.degrade.Degradation` is a function of the item's image.
"""


def find_condition(condition_of: ConditionOf, item: Any, name: str, part: str = "condition") -> Any:
    """The condition that an item of a data set holds.

    Args:
        condition_of: what of the item it is.
        item: a tuple or list where that is a place, a mapping where it is a key.
        name: what error messages call the item.
        part: what they call the condition, which may be another part of the item.

    Raises:
        UsageError: if the item holds no such thing.
    """
    if callable(condition_of):
        return condition_of(item)
    if isinstance(condition_of, int) and isinstance(item, tuple | list):
        if -len(item) <= condition_of < len(item):
            return item[condition_of]
        remedy = f"Count from 0; what comes second is {min(1, len(item) - 1)}." if item else "Give null."
    elif isinstance(condition_of, str) and isinstance(item, Mapping):
        if condition_of in item:
            return item[condition_of]
        remedy = "Give one of its keys."
    elif isinstance(item, tuple | list):
        remedy = f"Give the place of the {part} in it, such as 1, or the class path of a function of the item."
    elif isinstance(item, Mapping):
        remedy = "Give one of its keys, or the class path of a function of the item."
    else:
        remedy = f"Let the data set's __getitem__ return (image, condition), or give null for no {part}."
    held = f"{type(item).__name__} of {len(item)}" if isinstance(item, tuple | list) else in_words(item)
    article = "an" if held[0] in "AEIOUaeiou" else "a"
    raise UsageError(
        f"Expected data.{part}_of to tell what of an item is its {part}, but got {condition_of!r} for {name}, "
        f"which is {article} {held}. {remedy}"
    )


def to_condition(value: Any, name: str = "item") -> Tensor:
    """A condition as a tensor: int64 for a class, uint8 ``(C, h, w)`` for an image, float32 for all other numbers.

    Args:
        value: a whole number, alone or in an array of one, which is a class; a number; an array, tensor or list of
            numbers of any shape; or a Pillow image, which bytes ``(h, w)``, ``(C, h, w)`` and, in a numpy array,
            ``(h, w, C)`` are too.
        name: what error messages call the item.

    Raises:
        UsageError: for anything else, for numbers that are not finite and for empty arrays.
    """
    called = f"the condition of {name}"
    if isinstance(value, Image.Image):
        return to_pixels(value, called)
    try:
        rows = torch.as_tensor(np.array(value) if isinstance(value, np.ndarray | np.generic) else value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        got = repr(value)[:60] if isinstance(value, str | bytes | None) else in_words(value)
        raise _no_condition(called, got) from error
    if rows.is_complex() or not rows.numel():
        raise _no_condition(called, in_words(rows))
    if rows.dtype == torch.uint8 and rows.ndim in (2, 3):
        return to_pixels(value, called)
    if rows.numel() == 1 and not rows.is_floating_point():
        return rows.reshape(()).long()
    numbers = rows.detach().float()
    if not numbers.isfinite().all():
        raise _no_condition(called, f"{in_words(rows)} with numbers that are not finite")
    return numbers


def _no_condition(called: str, got: str) -> UsageError:
    return UsageError(
        f"Expected {called} to be a whole number, such as that of a class, finite numbers or an image, but got {got}. "
        "Let data.condition_of be a function of the item that makes one of these, or change the data set."
    )


class Examples(Dataset[tuple[Tensor, ...]]):
    """The images of a dataset as :class:`~lit_wgan.data.pixels.Pixels` gives them and, if asked for, their conditions.

    Both come from the same reading of an item, since a data set may draw at random.

    Args:
        dataset: see ``Pixels``, as for ``size`` and ``values``.
        size: likewise.
        condition_of: what of an item is its condition; None for images alone.
        values: likewise.

    Raises:
        UsageError: as ``Pixels`` does, and for conditions that are none, or unlike that of the first item.
    """

    def __init__(
        self,
        dataset: Dataset[Any],
        size: Size | None,
        condition_of: ConditionOf | None,
        values: ValueRange = OF_THEIR_TYPE,
    ):
        self.images = Pixels(dataset, size, values=values)
        self.condition_of = condition_of
        pixels = torch.empty(self.images.shape, dtype=self.images.dtype)
        self.like: tuple[Tensor, ...] = (pixels,) if condition_of is None else self._read(0)
        """An example of the type and shape of all."""

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        example = self._read(index)
        if self.condition_of is not None and described(example[1]) != described(self.like[1]):
            raise UsageError(
                f"Expected every condition to be like that of the first item, {described(self.like[1])}, but got "
                f"{described(example[1])} for {name_of(self.images.dataset, index)}. Let data.condition_of give the "
                "same type and shape for all."
            )
        return example

    def _read(self, index: int) -> tuple[Tensor, ...]:
        item = self.images.dataset[index]
        pixels = self.images.pixels_of(item, index)
        if self.condition_of is None:
            return (pixels,)
        name = name_of(self.images.dataset, index)
        of_image = isinstance(self.condition_of, Degradation)
        return pixels, to_condition(find_condition(self.condition_of, pixels if of_image else item, name), name)


def described(condition: Tensor | np.ndarray) -> str:
    """The type and shape of one condition, in words."""
    dtype, shape = str(condition.dtype).removeprefix("torch."), tuple(condition.shape)
    if dtype == "int64":
        return "a whole number"
    return f"an image {shape}" if dtype == "uint8" else f"floats {shape}" if shape else "a number"


def sizes_of_conditions(conditions: Sequence[np.ndarray | None]) -> dict[str, Any]:
    """What networks and condition sources take from arrays of conditions, of training and of held-out items."""
    kept = [each for each in conditions if each is not None]
    if not kept:
        return {}
    shape = list(kept[0].shape[1:])
    if kept[0].dtype == np.int64:
        return {"num_classes": max(int(each.max()) for each in kept) + 1}
    if kept[0].dtype == np.uint8:
        return {"condition_channels": shape[0], "shape": shape}
    return {"shape": shape or [1]} | ({"condition_dim": (shape or [1])[0]} if len(shape) < 2 else {})
