"""What the DCGAN generator and critic share: their levels and channels, biases and initial weights."""

from typing import Literal, NamedTuple

from torch import nn

from lit_wgan.errors import UsageError
from lit_wgan.networks.activations import Activation, activation_layer
from lit_wgan.networks.axes import Level, levels
from lit_wgan.networks.initialisation import gulrajani_, radford_
from lit_wgan.networks.normalisation import Norm, norm_layer

KernelSize = Literal[4, 5]
WIDEST = 16
"""Most channels, as a multiple of ``width``: those of 128x128 pixels at 4x4."""


class Stage(NamedTuple):
    """A level with its channels at both resolutions."""

    level: Level
    fine: int
    coarse: int


def stages_of(sizes: tuple[int, ...], channels: int, width: int, constant_width: bool = False) -> list[Stage]:
    """From fine to coarse, as ``[((16, 16) to (8, 8), 3, w), ((8, 8) to (4, 4), w, 2w)]``.

    Args:
        sizes: of a sample's axes beside that of the channels.
        channels: of the samples.
        width: channels w at the finest hidden resolution; they double at each coarser one, up to ``16 * width``.
        constant_width: let them be w at all.
    """
    halvings = levels(sizes)
    widths = [width if constant_width else width * min(2**number, WIDEST) for number in range(len(halvings))]
    return [Stage(*stage) for stage in zip(halvings, [channels, *widths[:-1]], widths, strict=True)]


def check_choices(norm: Norm, kernel_size: int, activation: Activation) -> None:
    """Raise a UsageError for an unknown choice, even where the network is too small to have any such layer."""
    norm_layer(norm, 1)
    activation_layer(activation)
    if kernel_size not in (4, 5):
        raise UsageError(
            f"Expected kernel_size in (4, 5), but got {kernel_size}. "
            "Choose 4 for Arjovsky's networks or 5 for Gulrajani's."
        )


def has_biases(norm: Norm, kernel_size: KernelSize) -> bool:
    """Whether layers have biases; without norm they always have."""
    # Without norm and biases a critic would be positively homogeneous, f(a x) = a f(x), whatever it learns.
    return kernel_size == 5 or norm == "none"


def initialise_(network: nn.Module, kernel_size: KernelSize) -> None:
    """Draw the initial weights, in place: Gulrajani's for 5, Radford's for 4."""
    if kernel_size == 5:
        gulrajani_(network)
    else:
        radford_(network)
