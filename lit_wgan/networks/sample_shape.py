"""Shapes of samples of convolutional networks: sizes, channels, and where the channels are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor

from lit_wgan.errors import UsageError, check_positive
from lit_wgan.networks.sizes import Auto, known, known_shape

ChannelAxis = Literal["first", "last", "none"]
"""Samples are ``(N, channels, *sizes)``, ``(N, *sizes, channels)``, or ``(N, *sizes)`` with one channel."""
Dims = Literal[1, 2, 3]

KINDS = {1: "series", 2: "images", 3: "volumes"}
AXES = {1: "T", 2: "H, W", 3: "D, H, W"}


@dataclass(frozen=True)
class Layout:
    """The axes of samples outside the network, which computes with feature maps ``(N, channels, *sizes)``.

    Args:
        dims: number of axes beside N and that of the channels: 1, 2 or 3.
        channel_axis: where the channels are.

    Raises:
        UsageError: for any other.
    """

    dims: int = 2
    channel_axis: ChannelAxis = "first"

    def __post_init__(self) -> None:
        if self.dims not in get_args(Dims):
            raise UsageError(
                f"Expected samples of 1, 2 or 3 axes beside that of the channels, but got {self.dims}. Set "
                "channel_axis to first, last or none, where the data have their channels, or take MLP networks."
            )
        if self.channel_axis not in get_args(ChannelAxis):
            raise UsageError(
                f"Expected channel_axis in {get_args(ChannelAxis)}, but got {self.channel_axis!r}. Choose none for "
                "samples without an axis of channels."
            )

    def check_channels(self, **channels: int) -> None:
        """Raise a UsageError for a named number of channels that this layout cannot have."""
        check_positive(**channels)
        for name, number in channels.items():
            if self.channel_axis == "none" and number != 1:
                raise UsageError(
                    f"Expected {name}=1 with channel_axis=none, but got {number}. Set channel_axis to first or last."
                )

    def to_maps(self, samples: Tensor) -> Tensor:
        """Feature maps ``(N, channels, *sizes)`` of samples; a view of them."""
        match self.channel_axis:
            case "last":
                return samples.movedim(-1, 1)
            case "none":
                return samples.unsqueeze(1)
        return samples

    def from_maps(self, maps: Tensor) -> Tensor:
        """Samples of feature maps ``(N, channels, *sizes)``; a view of them."""
        match self.channel_axis:
            case "last":
                return maps.movedim(1, -1)
            case "none":
                return maps.squeeze(1)
        return maps

    def fits(self, shape: Sequence[int], channels: int) -> bool:
        """Whether a shape with N is one of so many channels."""
        if self.channel_axis == "none":
            return len(shape) == self.dims + 1 and channels == 1
        return len(shape) == self.dims + 2 and shape[1 if self.channel_axis == "first" else -1] == channels

    def in_words(self, rows: int | str, channels: int, sizes: str) -> str:
        """A shape such as ``(N, 3, H, W)``."""
        axes = {"first": [rows, channels, sizes], "last": [rows, sizes, channels], "none": [rows, sizes]}
        return f"({', '.join(map(str, axes[self.channel_axis]))})"


@dataclass(frozen=True)
class SampleShape:
    """The shape of one sample.

    Args:
        sizes: of its axes beside that of the channels: one of a series, two of an image, three of a volume.
        channels: their number, 1 for samples without an axis of channels.
        layout: where the axes are.
    """

    sizes: tuple[int, ...]
    channels: int
    layout: Layout


def sample_shape(
    image_size: int | Sequence[int] | Auto | None,
    channels: int | Auto | None,
    dims: Dims | None,
    data_shape: int | Sequence[int] | Auto | None,
    channel_axis: ChannelAxis,
) -> SampleShape:
    """The shape that the arguments of a network say, see :class:`~lit_wgan.networks.DCGANGenerator`.

    Raises:
        UsageError: for arguments that say no shape, or two.
    """
    if image_size is None and data_shape is not None:
        sizes, number = _split(known_shape("data_shape", data_shape), channel_axis)
        if channels is not None:
            raise UsageError(
                f"Expected data_shape to hold the channels, but got channels={channels} too. Leave it out."
            )
    elif image_size is not None and data_shape is None:
        sizes = known_shape("image_size", image_size) * ((dims or 2) if isinstance(image_size, int) else 1)
        if channels is None and channel_axis != "none":
            raise UsageError("Expected channels beside image_size, but got none. Set it to their number.")
        (number,) = known(channels=1 if channels is None else channels)
    else:
        got = "neither" if image_size is None else "both"
        raise UsageError(
            f"Expected the shape of samples as image_size with channels, or as data_shape, but got {got}. Give one of "
            "the two."
        )
    layout = Layout(len(sizes), channel_axis)
    layout.check_channels(channels=number)
    if dims not in (None, layout.dims):
        raise UsageError(f"Expected {dims} sizes, as dims says, but got {list(sizes)}. Leave dims out.")
    for axis, size in enumerate(sizes):
        check_positive(**{f"the size of axis {axis}": size})
    return SampleShape(sizes, number, layout)


def _split(shape: tuple[int, ...], channel_axis: ChannelAxis) -> tuple[tuple[int, ...], int]:
    match channel_axis:
        case "first":
            return shape[1:], shape[0]
        case "last":
            return shape[:-1], shape[-1]
    return shape, 1
