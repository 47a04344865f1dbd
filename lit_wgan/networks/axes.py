"""Layers over one, two or three axes, and the resolutions at which networks apply them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import nn

from lit_wgan.errors import UsageError

Convolution = nn.Conv1d | nn.Conv2d | nn.Conv3d
TransposedConvolution = nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d

CONVOLUTIONS: dict[int, Callable[..., Convolution]] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED: dict[int, Callable[..., TransposedConvolution]] = {
    1: nn.ConvTranspose1d,
    2: nn.ConvTranspose2d,
    3: nn.ConvTranspose3d,
}
BATCH_NORMS: dict[int, Callable[..., nn.Module]] = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
AVERAGE_POOLS: dict[int, Callable[..., nn.Module]] = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}

COARSEST = 6
"""Longest axis of the coarsest feature maps, at most."""
STAYS = 4
"""Axes that are no longer stay as they are: half of them would be less than 3."""


@dataclass(frozen=True)
class Level:
    """Two neighbouring resolutions.

    Args:
        fine: sizes of the axes.
        coarse: half of them, rounded up, but for axes that stay.
    """

    fine: tuple[int, ...]
    coarse: tuple[int, ...]

    @property
    def dims(self) -> int:
        """Number of axes."""
        return len(self.fine)

    @property
    def strides(self) -> tuple[int, ...]:
        """Of each axis, 2 or, where it stays, 1."""
        return tuple(1 if fine == coarse else 2 for fine, coarse in zip(self.fine, self.coarse, strict=True))

    def halving(self, kernel_size: int) -> dict[str, tuple[int, ...]]:
        """Options of a convolution from fine to coarse; along an axis that stays, its kernel is 3."""
        axes = list(zip(self.fine, self.strides, strict=True))
        return {
            "kernel_size": tuple(kernel_size if stride == 2 else 3 for _, stride in axes),
            "stride": self.strides,
            "padding": tuple((kernel_size - 1 + size % 2) // 2 if stride == 2 else 1 for size, stride in axes),
        }

    def doubling(self, kernel_size: int) -> dict[str, tuple[int, ...]]:
        """Options of the transposed convolution, from coarse to fine."""
        axes = zip(self.fine, self.strides, strict=True)
        unread = tuple((size - kernel_size) % 2 if stride == 2 else 0 for size, stride in axes)
        return {**self.halving(kernel_size), "output_padding": unread}


def levels(sizes: Sequence[int]) -> list[Level]:
    """The levels of samples of these sizes, from fine to coarse: at least one, until no axis is longer than 6.

    28x28 becomes 14x14, 7x7 and 4x4; 100x16 becomes 50x8, 25x4, 13x4, 7x4 and 4x4.

    Raises:
        UsageError: for sizes none of which can be halved.
    """
    if max(sizes) <= STAYS:
        shape = " x ".join(map(str, sizes))
        raise UsageError(
            f"Expected samples with an axis of {STAYS + 1} or more, which can be halved, but got {shape}. Pad one to "
            f"{STAYS + 1}, or take lit_wgan.networks.MLPGenerator and MLPCritic."
        )
    found: list[Level] = []
    fine = tuple(sizes)
    while not found or max(fine) > COARSEST:
        coarse = tuple(size if size <= STAYS else (size + 1) // 2 for size in fine)
        found.append(Level(fine, coarse))
        fine = coarse
    return found


def conv3(dims: int, in_channels: int, out_channels: int, bias: bool = True) -> Convolution:
    """A convolution of 3 numbers along each axis, 3x3 for images, that keeps all sizes."""
    return CONVOLUTIONS[dims](in_channels, out_channels, 3, padding=1, bias=bias)


def conv1(dims: int, in_channels: int, out_channels: int) -> Convolution:
    """A linear map of the channels, at each place alike."""
    return CONVOLUTIONS[dims](in_channels, out_channels, 1)
