"""Residual networks of 101 layers and of other depths, whose blocks are bottlenecks."""

from collections.abc import Sequence
from math import prod

from torch import Tensor, nn

from lit_wgan.errors import UsageError, check_positive
from lit_wgan.networks.axes import CONVOLUTIONS, TRANSPOSED, Level, conv1, conv3, levels
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.conditioning import ConditionedSequential
from lit_wgan.networks.critic import ImageCritic
from lit_wgan.networks.initialisation import Layer, glorot, he
from lit_wgan.networks.normalisation import Norm, norm_layer
from lit_wgan.networks.residual import ResidualBlock
from lit_wgan.networks.sample_shape import sample_shape
from lit_wgan.networks.sizes import Auto

WIDEST = 16
"""Most channels, as a multiple of ``width``: those of 64x64 pixels at 4x4."""


class BottleneckResNetGenerator(nn.Module):
    """A linear layer to 4x4 pixels, bottleneck blocks that keep or double the size, and a 1x1 convolution.

    A block is ``x + 0.3 f(x)``, where f is ReLU and 1x1 convolution to half of the channels, ReLU and 3x3 convolution,
    ReLU and 1x1 convolution to all channels, and the block's only norm. There is one block from each resolution to the
    next; the others keep the size, as many at each resolution, the coarser ones first.

    Args:
        image_size: ``64`` for square images, ``[96, 128]`` for others; they begin at 3 to 6 pixels along an axis, see
            :func:`~lit_wgan.networks.axes.levels`.
        channels: of the images.
        latent_dim: size of ``z``.
        width: channels at the images' own size, an even number; they double at each coarser one, up to ``16 * width``.
        norm: ``"batch"``, ``"layer"`` or ``"none"``, see :func:`~lit_wgan.networks.normalisation.norm_layer`.
        depth: number of layers, 2 and 3 for each block. Shortcuts are not counted.

    Input ``z`` of shape ``(N, latent_dim)``, output ``(N, channels, image_size, image_size)`` in ``[-1, 1]``.

    Raises:
        UsageError: for an odd width, and a depth that is not of whole blocks or has too few for the doublings; for
            images of which no side is longer than 4; if ``norm`` is none of the three.

    Source: the network (7) of Gulrajani et al. 2017, arXiv:1704.00028v3, Figure 2 and Appendix H; authors' code
    igul222/improved_wgan_training at fa66c57, gan_64x64.py, ``ResnetGenerator``: 64 pixels and these defaults.

    Deviations: the shortcut from one size to the next is a transposed convolution of kernel 2, the same function as the
    authors' 1x1 convolution to four times the channels, of which it shares the biases. Other sizes and depths are ours.
    """

    def __init__(
        self,
        image_size: int | Sequence[int] | Auto,
        channels: int | Auto,
        latent_dim: int = 128,
        width: int = 32,
        norm: Norm = "batch",
        depth: int = 101,
    ):
        super().__init__()
        check_positive(latent_dim=latent_dim)
        shape = sample_shape(image_size, channels, 2, None, "first")
        halvings = levels(shape.sizes)
        keeping, widths = _keeping(depth, len(halvings)), _widths(width, len(halvings))
        coarsest = (widths[-1], *halvings[-1].coarse)
        layers: list[nn.Module] = [glorot(nn.Linear(latent_dim, prod(coarsest))), nn.Unflatten(1, coarsest)]
        layers += [_keep(widths[-1], norm) for _ in range(keeping[-1])]
        for number in reversed(range(len(halvings))):
            layers.append(_double(halvings[number], widths[number + 1], widths[number], norm))
            layers += [_keep(widths[number], norm) for _ in range(keeping[number])]
        layers += [glorot(conv1(2, width, shape.channels)), Scaled(1 / 5), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        """Images ``(N, C, H, W)`` in ``[-1, 1]`` for ``z`` of shape ``(N, latent_dim)``."""
        return self.layers(z)


class BottleneckResNetCritic(ImageCritic):
    """A 1x1 convolution, bottleneck blocks that keep or halve the size down to 4x4 pixels, and a linear layer.

    The mirror image of :class:`BottleneckResNetGenerator`, whose blocks, sizes and sources it has; the score is divided
    by 5.

    Args:
        image_size: ``64`` for square images, ``[96, 128]`` for others.
        channels: of the images.
        width: channels at the images' own size, an even number; they double at each coarser one, up to ``16 * width``.
        norm: ``"layer"`` for WGAN-GP, ``"batch"`` for the others, or ``"none"``.
        depth: number of layers, 2 and 3 for each block.

    Input ``(N, channels, image_size, image_size)``, output scores ``(N,)``.

    Raises:
        UsageError: as :class:`BottleneckResNetGenerator`.
    """

    def __init__(
        self,
        image_size: int | Sequence[int] | Auto,
        channels: int | Auto,
        width: int = 32,
        norm: Norm = "layer",
        depth: int = 101,
    ):
        super().__init__(ConditionSpec(), auxiliary_classifier=False)
        shape = sample_shape(image_size, channels, 2, None, "first")
        halvings = levels(shape.sizes)
        keeping, widths = _keeping(depth, len(halvings)), _widths(width, len(halvings))
        layers: list[nn.Module] = [glorot(conv1(2, shape.channels, width))]
        for number, level in enumerate(halvings):
            layers += [_keep(widths[number], norm) for _ in range(keeping[number])]
            layers.append(_halve(level, widths[number], widths[number + 1], norm))
        layers += [_keep(widths[-1], norm) for _ in range(keeping[-1])]
        features = prod((widths[-1], *halvings[-1].coarse))
        self.layers = ConditionedSequential(*layers, nn.Flatten(), glorot(self._head(features)), Scaled(1 / 5))


class Scaled(nn.Module):
    """Its input, times a constant."""

    def __init__(self, factor: float):
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """The shape of ``x``."""
        return self.factor * x

    def extra_repr(self) -> str:
        """The argument."""
        return f"factor={self.factor:g}"


def _keep(channels: int, norm: Norm) -> ResidualBlock:
    return ResidualBlock(_residual(channels, channels, conv3(2, channels // 2, channels // 2), norm), nn.Identity())


def _double(level: Level, in_channels: int, out_channels: int, norm: Norm) -> ResidualBlock:
    doubling = TRANSPOSED[2](in_channels // 2, out_channels // 2, **level.doubling(3))
    shortcut = TRANSPOSED[2](in_channels, out_channels, **level.doubling(2))
    return ResidualBlock(_residual(in_channels, out_channels, doubling, norm), glorot(shortcut))


def _halve(level: Level, in_channels: int, out_channels: int, norm: Norm) -> ResidualBlock:
    halving = CONVOLUTIONS[2](in_channels // 2, out_channels // 2, **level.halving(3))
    shortcut = CONVOLUTIONS[2](in_channels, out_channels, **level.halving(1))
    return ResidualBlock(_residual(in_channels, out_channels, halving, norm), glorot(shortcut))


def _residual(in_channels: int, out_channels: int, middle: Layer, norm: Norm) -> nn.Module:
    return nn.Sequential(
        nn.ReLU(),
        he(conv1(2, in_channels, in_channels // 2)),
        nn.ReLU(),
        he(middle),
        nn.ReLU(),
        he(CONVOLUTIONS[2](out_channels // 2, out_channels, 1, bias=False)),
        norm_layer(norm, out_channels),
        Scaled(0.3),
    )


def _keeping(depth: int, halvings: int) -> list[int]:
    """How many blocks keep each of the sizes, from fine to coarse: ``[5, 6, 6, 6, 6]`` of 33 with 4 halvings."""
    blocks, rest = divmod(depth - 2, 3)
    if rest or blocks < halvings:
        raise UsageError(
            f"Expected depth of 2 + 3 k with k of at least {halvings}, a block of 3 layers for each halving of the "
            f"size, but got {depth}. Choose {2 + 3 * max(blocks, halvings)}."
        )
    each, more = divmod(blocks - halvings, halvings + 1)
    return [each + (number > halvings - more) for number in range(halvings + 1)]


def _widths(width: int, halvings: int) -> list[int]:
    """Channels at each resolution, from fine to coarse."""
    check_positive(width=width)
    if width % 2:
        raise UsageError(f"Expected an even width, which bottlenecks halve, but got {width}. Choose {width + 1}.")
    return [width * min(2**number, WIDEST) for number in range(halvings + 1)]
