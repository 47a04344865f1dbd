"""The residual networks of WGAN-GP, for 32x32 and 64x64 images."""

from itertools import pairwise

from torch import Tensor, nn

from lit_wgan.errors import check_positive
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.conditioning import ConditionedSequential
from lit_wgan.networks.critic import ImageCritic
from lit_wgan.networks.initialisation import glorot, he
from lit_wgan.networks.normalisation import Norm, norm_layer
from lit_wgan.networks.residual import ResidualBlock as ResidualBlock  # stays importable from here
from lit_wgan.networks.residual import conv3x3, down_block, first_block, plain_block, up_block
from lit_wgan.networks.sizes import Auto, known


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
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        check_positive(latent_dim=latent_dim, channels=channels, width=width)
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        self.layers = ConditionedSequential(
            glorot(nn.Linear(latent_dim, width * 4 * 4)),
            nn.Unflatten(1, (width, 4, 4)),
            *[up_block(width, width, norm, self.spec, bias=True) for _ in range(3)],
            norm_layer(norm, width),
            nn.ReLU(),
            glorot(conv3x3(width, channels)),
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
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
        auxiliary_classifier: bool = False,
    ):
        super().__init__(
            ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim)), auxiliary_classifier
        )
        check_positive(channels=channels, width=width)
        self.layers = ConditionedSequential(
            first_block(channels, width),
            down_block(width, width, norm, bias=True),
            plain_block(width, norm),
            plain_block(width, norm),
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
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        check_positive(latent_dim=latent_dim, channels=channels, width=width)
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        widths = [8 * width, 8 * width, 4 * width, 2 * width, width]
        self.layers = ConditionedSequential(
            glorot(nn.Linear(latent_dim, 8 * width * 4 * 4)),
            nn.Unflatten(1, (8 * width, 4, 4)),
            *[up_block(*pair, norm, self.spec, bias=False) for pair in pairwise(widths)],
            norm_layer(norm, width),
            nn.ReLU(),
            he(conv3x3(width, channels)),
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
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
        auxiliary_classifier: bool = False,
    ):
        super().__init__(
            ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim)), auxiliary_classifier
        )
        check_positive(channels=channels, width=width)
        widths = [width, 2 * width, 4 * width, 8 * width, 8 * width]
        self.layers = ConditionedSequential(
            glorot(conv3x3(channels, width)),
            *[down_block(*pair, norm, bias=False) for pair in pairwise(widths)],
            nn.Flatten(),
            glorot(self._head(8 * width * 4 * 4)),
        )
