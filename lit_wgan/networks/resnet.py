"""The residual networks of WGAN-GP, for 32x32 and 64x64 images."""

from torch import Tensor, nn

from lit_wgan.errors import check_positive
from lit_wgan.networks.axes import conv3, levels
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.conditioning import ConditionedSequential
from lit_wgan.networks.critic import ImageCritic
from lit_wgan.networks.initialisation import glorot
from lit_wgan.networks.normalisation import Norm, norm_layer
from lit_wgan.networks.residual import ResidualBlock as ResidualBlock  # stays importable from here
from lit_wgan.networks.residual import down_block, first_block, plain_block, up_block
from lit_wgan.networks.resnet_any import ResNetCritic, ResNetGenerator
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
            *[up_block(level, width, width, norm, self.spec, bias=True) for level in reversed(levels((32, 32)))],
            norm_layer(norm, width),
            nn.ReLU(),
            glorot(conv3(2, width, channels)),
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
        first, second, _ = levels((32, 32))
        self.layers = ConditionedSequential(
            first_block(first, channels, width),
            down_block(second, width, width, norm, bias=True),
            plain_block(width, norm),
            plain_block(width, norm),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            glorot(self._head(width)),
        )


class ResNet64Generator(ResNetGenerator):
    """:class:`ResNetGenerator` of 64x64 pixels: four residual blocks, from ``8 * width`` channels down to ``width``.

    Args:
        latent_dim: size of ``z``.
        channels: of the images.
        width: channels at 64x64 pixels.
        norm: ``"batch"``, ``"layer"`` or ``"none"``, see :func:`~lit_wgan.networks.normalisation.norm_layer`.
        num_classes: as for :class:`ResNetGenerator`.
        condition_dim: likewise.

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
        super().__init__(64, channels, latent_dim, width, norm, num_classes, condition_dim)


class ResNet64Critic(ResNetCritic):
    """:class:`ResNetCritic` of 64x64 pixels: four residual blocks, from ``width`` channels up to ``8 * width``.

    Args:
        channels: of the images.
        width: channels at 64x64 pixels.
        norm: ``"layer"`` for WGAN-GP, ``"batch"`` for WGAN and GAN, or ``"none"``.
        num_classes: as for :class:`ResNetCritic`.
        condition_dim: likewise.
        auxiliary_classifier: likewise.

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
        super().__init__(64, channels, width, norm, num_classes, condition_dim, auxiliary_classifier)
