"""The residual networks of WGAN-GP, for 32x32 and 64x64 images.

A block is the sum of two branches, and the blocks below are written as the lists of layers they are. A 1x1 convolution
commutes with pooling and with repeating pixels, so shortcuts do it at the lower resolution, where it costs a quarter.
"""

from itertools import pairwise

from torch import Tensor, nn

from lit_wgan.errors import check_positive
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.conditioning import ConditionedLayer, ConditionedSequential, apply_layer, conditional_norm
from lit_wgan.networks.critic import ImageCritic
from lit_wgan.networks.initialisation import glorot, he
from lit_wgan.networks.normalisation import Norm, norm_layer


class CIFARResNetGenerator(nn.Module):
    """Three residual blocks from 4x4 to 32x32 pixels, all of the same width.

    Args:
        latent_dim: size of ``z``.
        channels: of the images.
        width: channels of the feature maps.
        norm: ``"batch"``, ``"layer"`` or ``"none"``, see :func:`~lit_wgan.networks.normalisation.norm_layer`.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, which sets gain and offset
            of the norms inside blocks (:class:`~lit_wgan.networks.conditioning.ConditionalNorm`).
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, instead.

    Input ``z`` of shape ``(N, latent_dim)``, output ``(N, channels, 32, 32)`` in ``[-1, 1]``.

    Raises:
        UsageError: if ``norm`` is none of the three; for a condition that is not this network's, and a missing one.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Section 5.4; authors' code
    igul222/improved_wgan_training at fa66c57, gan_cifar_resnet.py; with classes, its CONDITIONAL.
    """

    def __init__(
        self,
        latent_dim: int = 128,
        channels: int = 3,
        width: int = 128,
        norm: Norm = "batch",
        num_classes: int = 0,
        condition_dim: int = 0,
    ):
        super().__init__()
        check_positive(latent_dim=latent_dim, channels=channels, width=width)
        self.spec = ConditionSpec(num_classes, condition_dim)
        self.layers = ConditionedSequential(
            glorot(nn.Linear(latent_dim, width * 4 * 4)),
            nn.Unflatten(1, (width, 4, 4)),
            *[_up_block(width, width, norm, self.spec, bias=True) for _ in range(3)],
            norm_layer(norm, width),
            nn.ReLU(),
            glorot(_conv3x3(width, channels)),
            nn.Tanh(),
        )

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Images ``(N, C, 32, 32)`` in ``[-1, 1]`` for ``z`` of shape ``(N, latent_dim)`` under their conditions."""
        return self.layers(z, self.spec.checked(condition, z, self))


class CIFARResNetCritic(ImageCritic):
    """Four residual blocks from 32x32 to 8x8 pixels, all of the same width, then the mean over pixels.

    Args:
        channels: of the images.
        width: channels of the feature maps.
        norm: ``"none"``, ``"layer"`` or ``"batch"``; the first block has none.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, told by projection
            (:class:`~lit_wgan.networks.conditioning.Projection`).
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, instead.
        auxiliary_classifier: return ``(scores, logits)``, logits ``(N, num_classes)`` of a classifier on the same
            features, and take no notice of the condition: the critic of AC-GAN.

    Input ``(N, channels, 32, 32)``, output scores ``(N,)``; with an auxiliary classifier, logits too.

    Raises:
        UsageError: if ``norm`` is none of the three; for a condition that is not this network's, and a missing one.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Section 5.4; authors' code
    igul222/improved_wgan_training at fa66c57, gan_cifar_resnet.py; with an auxiliary classifier, its ACGAN.
    """

    def __init__(
        self,
        channels: int = 3,
        width: int = 128,
        norm: Norm = "none",
        num_classes: int = 0,
        condition_dim: int = 0,
        auxiliary_classifier: bool = False,
    ):
        super().__init__(ConditionSpec(num_classes, condition_dim), auxiliary_classifier)
        check_positive(channels=channels, width=width)
        self.layers = ConditionedSequential(
            _first_block(channels, width),
            _down_block(width, width, norm, bias=True),
            _plain_block(width, norm),
            _plain_block(width, norm),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            glorot(self._head(width)),
        )


class ResNet64Generator(nn.Module):
    """Four residual blocks from 4x4 to 64x64 pixels, from ``8 * width`` channels down to ``width``.

    Args:
        latent_dim: size of ``z``.
        channels: of the images.
        width: channels at 64x64 pixels.
        norm: ``"batch"``, ``"layer"`` or ``"none"``, see :func:`~lit_wgan.networks.normalisation.norm_layer`.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, which sets gain and offset
            of the norms inside blocks (:class:`~lit_wgan.networks.conditioning.ConditionalNorm`).
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, instead.

    Input ``z`` of shape ``(N, latent_dim)``, output ``(N, channels, 64, 64)`` in ``[-1, 1]``.

    Raises:
        UsageError: if ``norm`` is none of the three; for a condition that is not this network's, and a missing one.

    Source: authors' code igul222/improved_wgan_training at fa66c57, gan_64x64.py, ``GoodGenerator``.
    """

    def __init__(
        self,
        latent_dim: int = 128,
        channels: int = 3,
        width: int = 64,
        norm: Norm = "batch",
        num_classes: int = 0,
        condition_dim: int = 0,
    ):
        super().__init__()
        check_positive(latent_dim=latent_dim, channels=channels, width=width)
        self.spec = ConditionSpec(num_classes, condition_dim)
        widths = [8 * width, 8 * width, 4 * width, 2 * width, width]
        self.layers = ConditionedSequential(
            glorot(nn.Linear(latent_dim, 8 * width * 4 * 4)),
            nn.Unflatten(1, (8 * width, 4, 4)),
            *[_up_block(*pair, norm, self.spec, bias=False) for pair in pairwise(widths)],
            norm_layer(norm, width),
            nn.ReLU(),
            he(_conv3x3(width, channels)),
            nn.Tanh(),
        )

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Images ``(N, C, 64, 64)`` in ``[-1, 1]`` for ``z`` of shape ``(N, latent_dim)`` under their conditions."""
        return self.layers(z, self.spec.checked(condition, z, self))


class ResNet64Critic(ImageCritic):
    """Four residual blocks from 64x64 to 4x4 pixels, from ``width`` channels up to ``8 * width``.

    Args:
        channels: of the images.
        width: channels at 64x64 pixels.
        norm: ``"layer"`` for WGAN-GP, ``"batch"`` for WGAN and GAN, or ``"none"``.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, told by projection
            (:class:`~lit_wgan.networks.conditioning.Projection`).
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, instead.
        auxiliary_classifier: return ``(scores, logits)``, logits ``(N, num_classes)`` of a classifier on the same
            features, and take no notice of the condition: the critic of AC-GAN.

    Input ``(N, channels, 64, 64)``, output scores ``(N,)``; with an auxiliary classifier, logits too.

    Raises:
        UsageError: if ``norm`` is none of the three; for a condition that is not this network's, and a missing one.

    Source: authors' code igul222/improved_wgan_training at fa66c57, gan_64x64.py, ``GoodDiscriminator``.
    """

    def __init__(
        self,
        channels: int = 3,
        width: int = 64,
        norm: Norm = "layer",
        num_classes: int = 0,
        condition_dim: int = 0,
        auxiliary_classifier: bool = False,
    ):
        super().__init__(ConditionSpec(num_classes, condition_dim), auxiliary_classifier)
        check_positive(channels=channels, width=width)
        widths = [width, 2 * width, 4 * width, 8 * width, 8 * width]
        self.layers = ConditionedSequential(
            glorot(_conv3x3(channels, width)),
            *[_down_block(*pair, norm, bias=False) for pair in pairwise(widths)],
            nn.Flatten(),
            glorot(self._head(8 * width * 4 * 4)),
        )


class ResidualBlock(ConditionedLayer):
    """The sum of two branches, ``shortcut(x) + residual(x)``; the residual branch may be told a condition."""

    def __init__(self, residual: nn.Module, shortcut: nn.Module):
        super().__init__()
        self.residual = residual
        self.shortcut = shortcut

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """``shortcut(x) + residual(x)``."""
        return self.shortcut(x) + apply_layer(self.residual, x, condition)


def _up_block(in_channels: int, out_channels: int, norm: Norm, spec: ConditionSpec, bias: bool) -> ResidualBlock:
    """Twice the pixels; ``bias`` is that of the first convolution, which stands in front of a norm."""
    residual = ConditionedSequential(
        conditional_norm(norm, in_channels, spec),
        nn.ReLU(),
        nn.Upsample(scale_factor=2),
        he(_conv3x3(in_channels, out_channels, bias)),
        conditional_norm(norm, out_channels, spec),
        nn.ReLU(),
        he(_conv3x3(out_channels, out_channels)),
    )
    shortcut = nn.Sequential(glorot(nn.Conv2d(in_channels, out_channels, 1)), nn.Upsample(scale_factor=2))
    return ResidualBlock(residual, shortcut)


def _down_block(in_channels: int, out_channels: int, norm: Norm, bias: bool) -> ResidualBlock:
    """Half the pixels; ``bias`` as in :func:`_up_block`."""
    residual = nn.Sequential(
        norm_layer(norm, in_channels),
        nn.ReLU(),
        he(_conv3x3(in_channels, in_channels, bias)),
        norm_layer(norm, in_channels),
        nn.ReLU(),
        he(_conv3x3(in_channels, out_channels)),
        nn.AvgPool2d(2),
    )
    shortcut = nn.Sequential(nn.AvgPool2d(2), glorot(nn.Conv2d(in_channels, out_channels, 1)))
    return ResidualBlock(residual, shortcut)


def _plain_block(channels: int, norm: Norm) -> ResidualBlock:
    residual = nn.Sequential(
        norm_layer(norm, channels),
        nn.ReLU(),
        he(_conv3x3(channels, channels)),
        norm_layer(norm, channels),
        nn.ReLU(),
        he(_conv3x3(channels, channels)),
    )
    return ResidualBlock(residual, nn.Identity())


def _first_block(channels: int, width: int) -> ResidualBlock:
    """Half the pixels, without norm and ReLU in front: a ReLU would throw away half of the image's range."""
    residual = nn.Sequential(
        he(_conv3x3(channels, width)),
        nn.ReLU(),
        he(_conv3x3(width, width)),
        nn.AvgPool2d(2),
    )
    shortcut = nn.Sequential(nn.AvgPool2d(2), glorot(nn.Conv2d(channels, width, 1)))
    return ResidualBlock(residual, shortcut)


def _conv3x3(in_channels: int, out_channels: int, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=bias)
