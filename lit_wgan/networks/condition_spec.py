"""Which condition a network takes, and the check that it is given that one."""

import inspect
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from lit_wgan.errors import UsageError
from lit_wgan.networks.sample_shape import AXES, KINDS, Layout

SIZES = ("num_classes", "condition_dim", "condition_channels")


@dataclass(frozen=True)
class ConditionSpec:
    """A network's condition: class numbers, vectors or images, or with all sizes 0 none.

    Args:
        num_classes: takes class numbers ``(N,)``, int64, in ``[0, num_classes)``.
        condition_dim: takes float vectors ``(N, condition_dim)``; for 1 also ``(N,)``.
        condition_channels: takes float images ``(N, condition_channels, h, w)``, or what the layout says.
        layout: axes of such a condition, which are those of the samples, of any sizes.

    Raises:
        UsageError: for a negative size, and for more than one of them.
    """

    num_classes: int = 0
    condition_dim: int = 0
    condition_channels: int = 0
    layout: Layout = field(default=Layout(), kw_only=True)

    def __post_init__(self) -> None:
        sizes = {name: getattr(self, name) for name in SIZES if getattr(self, name)}
        for name, size in sizes.items():
            if size < 0:
                raise UsageError(f"Expected {name} of at least 0, but got {size}. Set it to 0 for no such condition.")
        if len(sizes) > 1:
            given = " and ".join(f"{name}={size}" for name, size in sizes.items())
            raise UsageError(
                f"Expected at most one kind of condition, but got {given}. "
                "Choose one, and give the network the others by lit_wgan.networks.Concatenated."
            )

    @property
    def size(self) -> int:
        """How many classes, numbers or channels; 0 for a network without a condition."""
        return self.num_classes + self.condition_dim + self.condition_channels

    def checked(self, condition: Tensor | None, x: Tensor, network: nn.Module) -> Tensor | None:
        """The condition of the rows of ``x``: classes as they are, vectors and feature maps in the type of ``x``.

        Of a condition on a GPU, type and shape alone are checked.

        Args:
            condition: what the network was given.
            x: noise or samples ``(N, ...)`` that it belongs to.
            network: named in the error.

        Raises:
            UsageError: for a condition that is not the network's, and for a missing one.
        """
        return None if condition is None and not self.size else self.required(condition, x, network)

    def required(self, condition: Tensor | None, x: Tensor, network: nn.Module) -> Tensor:
        """As :meth:`checked`, for a network that always has a condition."""
        if not isinstance(condition, Tensor) or not self._fits(condition, x.shape[0]):
            raise UsageError(self._complaint(condition, x.shape[0], network))
        if self.num_classes:
            check_range(condition, self.num_classes, network)
            return condition
        if self.condition_channels:
            condition = self.layout.to_maps(condition)
        return (condition.unsqueeze(1) if condition.ndim == 1 else condition).to(x.dtype)

    def _fits(self, condition: Tensor, rows: int) -> bool:
        if self.num_classes:
            return condition.dtype == torch.int64 and condition.shape == (rows,)
        if not condition.is_floating_point() or condition.ndim < 1 or condition.shape[0] != rows:
            return False
        if self.condition_channels:
            return self.layout.fits(condition.shape, self.condition_channels)
        is_number = self.condition_dim == 1 and condition.ndim == 1
        return self.condition_dim > 0 and (is_number or condition.shape == (rows, self.condition_dim))

    def _complaint(self, condition: object, rows: int, network: nn.Module) -> str:
        name, arguments = type(network).__name__, inspect.signature(type(network)).parameters
        options = " or ".join(option for option in SIZES if option in arguments)
        if self.num_classes:
            expected = f"class numbers of shape ({rows},), torch.int64, as {name}'s condition"
        elif self.condition_dim:
            expected = f"floats of shape ({rows}, {self.condition_dim}) as {name}'s condition"
        elif self.condition_channels:
            shape = self.layout.in_words(rows, self.condition_channels, AXES[self.layout.dims].lower())
            expected = f"{KINDS[self.layout.dims]} of floats, {shape}, as {name}'s condition"
        else:
            expected = f"no condition, since {name} is made without one"
        if isinstance(condition, Tensor):
            got = f"{condition.dtype}, shape {tuple(condition.shape)}"
        else:
            got = "none" if condition is None else f"a {type(condition).__name__}"
        if condition is None:
            remedy = f"Set model.condition, or leave out {name}'s {options}."
        else:
            remedy = f"Set {name}'s {options} to the size of model.condition, or remove both."
        return f"Expected {expected}, but got {got}. {remedy}"


def check_range(classes: Tensor, num_classes: int, network: nn.Module) -> None:
    """Raise a UsageError for class numbers out of range, where they are on a CPU: a GPU would have to be waited for."""
    if torch.compiler.is_compiling() or classes.device.type != "cpu" or not len(classes):
        return
    low, high = classes.aminmax()
    if low < 0 or high >= num_classes:
        raise UsageError(
            f"Expected class numbers from 0 to {num_classes - 1} for {type(network).__name__}, but got "
            f"{low} to {high}. Set its num_classes to that of model.condition, or number the classes from 0."
        )
