"""The residual blocks of WGAN-GP.

A block is the sum of two branches, and the blocks below are written as the lists of layers they are. A 1x1 convolution
commutes with pooling and with repeating pixels, so shortcuts do it at the lower resolution, where it costs a quarter. A
block between two resolutions is told them as a :class:`~lit_wgan.networks.axes.Level`, of one, two or three axes.
"""

from torch import Tensor, nn

from lit_wgan.networks.axes import AVERAGE_POOLS, Level, conv1, conv3
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.conditioning import ConditionedLayer, ConditionedSequential, apply_layer, conditional_norm
from lit_wgan.networks.initialisation import glorot, he
from lit_wgan.networks.normalisation import Norm, norm_layer


class ResidualBlock(ConditionedLayer):
    """The sum of two branches, ``shortcut(x) + residual(x)``; the residual branch may be told a condition."""

    def __init__(self, residual: nn.Module, shortcut: nn.Module):
        super().__init__()
        self.residual = residual
        self.shortcut = shortcut

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """``shortcut(x) + residual(x)``."""
        return self.shortcut(x) + apply_layer(self.residual, x, condition)


def up_block(
    level: Level, in_channels: int, out_channels: int, norm: Norm, spec: ConditionSpec, bias: bool
) -> ResidualBlock:
    """From coarse to fine; ``bias`` is that of the first convolution, which stands in front of a norm."""
    dims = level.dims
    residual = ConditionedSequential(
        conditional_norm(norm, in_channels, spec, dims),
        nn.ReLU(),
        _repeat(level),
        he(conv3(dims, in_channels, out_channels, bias)),
        conditional_norm(norm, out_channels, spec, dims),
        nn.ReLU(),
        he(conv3(dims, out_channels, out_channels)),
    )
    shortcut = nn.Sequential(glorot(conv1(dims, in_channels, out_channels)), _repeat(level))
    return ResidualBlock(residual, shortcut)


def down_block(level: Level, in_channels: int, out_channels: int, norm: Norm, bias: bool) -> ResidualBlock:
    """From fine to coarse; ``bias`` as in :func:`up_block`."""
    dims = level.dims
    residual = nn.Sequential(
        norm_layer(norm, in_channels, dims=dims),
        nn.ReLU(),
        he(conv3(dims, in_channels, in_channels, bias)),
        norm_layer(norm, in_channels, dims=dims),
        nn.ReLU(),
        he(conv3(dims, in_channels, out_channels)),
        _mean(level),
    )
    shortcut = nn.Sequential(_mean(level), glorot(conv1(dims, in_channels, out_channels)))
    return ResidualBlock(residual, shortcut)


def plain_block(channels: int, norm: Norm) -> ResidualBlock:
    """Images of as many pixels and channels, added to the input."""
    residual = nn.Sequential(
        norm_layer(norm, channels),
        nn.ReLU(),
        he(conv3(2, channels, channels)),
        norm_layer(norm, channels),
        nn.ReLU(),
        he(conv3(2, channels, channels)),
    )
    return ResidualBlock(residual, nn.Identity())


def first_block(level: Level, channels: int, width: int) -> ResidualBlock:
    """From fine to coarse, without norm and ReLU in front: a ReLU would throw away half of the image's range."""
    residual = nn.Sequential(
        he(conv3(level.dims, channels, width)),
        nn.ReLU(),
        he(conv3(level.dims, width, width)),
        _mean(level),
    )
    shortcut = nn.Sequential(_mean(level), glorot(conv1(level.dims, channels, width)))
    return ResidualBlock(residual, shortcut)


def _repeat(level: Level) -> nn.Module:
    """Every number twice along each axis, the last once where the fine size is odd."""
    doubles = all(fine == 2 * coarse for fine, coarse in zip(level.fine, level.coarse, strict=True))
    return nn.Upsample(scale_factor=2) if doubles else nn.Upsample(level.fine)


def _mean(level: Level) -> nn.Module:
    """The mean of two neighbours along each axis that is halved; the last of an odd number stays alone."""
    odd = any(size % 2 for size, stride in zip(level.fine, level.strides, strict=True) if stride == 2)
    return AVERAGE_POOLS[level.dims](2 if set(level.strides) == {2} else level.strides, ceil_mode=odd)
