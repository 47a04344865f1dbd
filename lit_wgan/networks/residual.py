"""The residual blocks of WGAN-GP.

A block is the sum of two branches, and the blocks below are written as the lists of layers they are. A 1x1 convolution
commutes with pooling and with repeating pixels, so shortcuts do it at the lower resolution, where it costs a quarter.
"""

from torch import Tensor, nn

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


def up_block(in_channels: int, out_channels: int, norm: Norm, spec: ConditionSpec, bias: bool) -> ResidualBlock:
    """Twice the pixels; ``bias`` is that of the first convolution, which stands in front of a norm."""
    residual = ConditionedSequential(
        conditional_norm(norm, in_channels, spec),
        nn.ReLU(),
        nn.Upsample(scale_factor=2),
        he(conv3x3(in_channels, out_channels, bias)),
        conditional_norm(norm, out_channels, spec),
        nn.ReLU(),
        he(conv3x3(out_channels, out_channels)),
    )
    shortcut = nn.Sequential(glorot(nn.Conv2d(in_channels, out_channels, 1)), nn.Upsample(scale_factor=2))
    return ResidualBlock(residual, shortcut)


def down_block(in_channels: int, out_channels: int, norm: Norm, bias: bool) -> ResidualBlock:
    """Half the pixels; ``bias`` as in :func:`up_block`."""
    residual = nn.Sequential(
        norm_layer(norm, in_channels),
        nn.ReLU(),
        he(conv3x3(in_channels, in_channels, bias)),
        norm_layer(norm, in_channels),
        nn.ReLU(),
        he(conv3x3(in_channels, out_channels)),
        nn.AvgPool2d(2),
    )
    shortcut = nn.Sequential(nn.AvgPool2d(2), glorot(nn.Conv2d(in_channels, out_channels, 1)))
    return ResidualBlock(residual, shortcut)


def plain_block(channels: int, norm: Norm) -> ResidualBlock:
    """As many pixels and channels, added to the input."""
    residual = nn.Sequential(
        norm_layer(norm, channels),
        nn.ReLU(),
        he(conv3x3(channels, channels)),
        norm_layer(norm, channels),
        nn.ReLU(),
        he(conv3x3(channels, channels)),
    )
    return ResidualBlock(residual, nn.Identity())


def first_block(channels: int, width: int) -> ResidualBlock:
    """Half the pixels, without norm and ReLU in front: a ReLU would throw away half of the image's range."""
    residual = nn.Sequential(
        he(conv3x3(channels, width)),
        nn.ReLU(),
        he(conv3x3(width, width)),
        nn.AvgPool2d(2),
    )
    shortcut = nn.Sequential(nn.AvgPool2d(2), glorot(nn.Conv2d(channels, width, 1)))
    return ResidualBlock(residual, shortcut)


def conv3x3(in_channels: int, out_channels: int, bias: bool = True) -> nn.Conv2d:
    """A 3x3 convolution that keeps height and width."""
    return nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=bias)
