"""Deep convolutional networks for images of 8 to 128 pixels."""

from typing import Literal

from torch import Tensor, nn

from lit_wgan.errors import UsageError, check_positive
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.conditioning import ConditionedSequential, conditional_norm
from lit_wgan.networks.critic import ImageCritic
from lit_wgan.networks.initialisation import gulrajani_, radford_
from lit_wgan.networks.normalisation import Norm, norm_layer
from lit_wgan.networks.sizes import Auto, known

IMAGE_SIZES = (8, 16, 28, 32, 64, 128)

KernelSize = Literal[4, 5]


class DCGANGenerator(nn.Module):
    """A linear layer to 4x4 pixels, then transposed convolutions that double the size and halve the channels.

    Each is followed by norm and ReLU, the last by tanh alone. ``kernel_size`` picks whose details:

    * 4: Radford's and Arjovsky's. Weights from N(0, 0.02), and no biases beside a norm.
    * 5: Gulrajani's. Weights scaled by fan, and biases everywhere.

    The linear layer is Radford's 4x4 convolution of a 1x1 map: the same weights, the same function.

    Args:
        image_size: height and width of the images: 8, 16, 32, 64, 128, or 28 by way of 4, 7 and 14.
        channels: of the images.
        latent_dim: size of ``z``.
        width: channels at the finest hidden resolution, half of ``image_size``.
        norm: ``"batch"``, ``"layer"`` or ``"none"``, see :func:`~lit_wgan.networks.normalisation.norm_layer`.
        kernel_size: 4 or 5.
        extra_layers: 3x3 convolutions added at the finest hidden resolution.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, which sets gain and offset
            of all norms (:class:`~lit_wgan.networks.conditioning.ConditionalNorm`).
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, instead.

    Input ``z`` of shape ``(N, latent_dim)``, output ``(N, channels, image_size, image_size)`` in ``[-1, 1]``.

    Raises:
        UsageError: if ``image_size``, ``norm`` or ``kernel_size`` is not one of the values above; for a condition that
            is not this network's, and a missing one.

    Source: Radford et al. 2016, arXiv:1511.06434v2, Section 3 and Figure 1; authors' code martinarjovsky/WassersteinGAN
    at f7a01e8, models/dcgan.py, for 4; igul222/improved_wgan_training at fa66c57, gan_mnist.py and gan_cifar.py, for 5.

    Deviations: Arjovsky's nets without norm have no biases either; these have. Gulrajani's first batch norm has a gain
    per pixel in gan_cifar.py and per channel in gan_64x64.py; this one has it per channel. gan_mnist.py ends in a
    sigmoid, and crops 8 pixels to 7 where this one makes 7. None of them takes a condition.
    """

    def __init__(
        self,
        image_size: int,
        channels: int,
        latent_dim: int,
        width: int = 64,
        norm: Norm = "batch",
        kernel_size: KernelSize = 4,
        extra_layers: int = 0,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        check_positive(latent_dim=latent_dim, channels=channels, width=width)
        _check(image_size, norm, kernel_size)
        bias = _has_biases(norm, kernel_size)
        finest, *others = levels = _levels(image_size, channels, width)
        coarsest_width = levels[-1][2]

        def double(size: int, out_channels: int, in_channels: int) -> nn.ConvTranspose2d:
            padding, output_padding = _padding(size, kernel_size), (size - kernel_size) % 2
            return nn.ConvTranspose2d(in_channels, out_channels, kernel_size, 2, padding, output_padding, bias=bias)

        def normed(layer: nn.Module, out_channels: int) -> list[nn.Module]:
            return [layer, conditional_norm(norm, out_channels, self.spec), nn.ReLU()]

        layers: list[nn.Module] = [nn.Linear(latent_dim, coarsest_width * 4 * 4, bias=bias)]
        layers += normed(nn.Unflatten(1, (coarsest_width, 4, 4)), coarsest_width)
        for size, fine, coarse in reversed(others):
            layers += normed(double(size, fine, coarse), fine)
        for _ in range(extra_layers):
            layers += normed(nn.Conv2d(width, width, 3, padding=1, bias=bias), width)
        layers += [double(*finest), nn.Tanh()]
        self.layers = ConditionedSequential(*layers)
        _initialise_(self, kernel_size)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Images ``(N, C, H, W)`` in ``[-1, 1]`` for ``z`` of shape ``(N, latent_dim)`` under their conditions."""
        return self.layers(z, self.spec.checked(condition, z, self))


class DCGANCritic(ImageCritic):
    """Convolutions that halve the size and double the channels down to 4x4 pixels, then a linear layer to one score.

    Each is followed by norm and LeakyReLU(0.2), the first by LeakyReLU alone. The arguments, sources and deviations are
    :class:`DCGANGenerator`'s, but for ``norm``.

    Args:
        image_size: height and width of the images: 8, 16, 32, 64, 128, or 28 by way of 14, 7 and 4.
        channels: of the images.
        width: channels at the finest hidden resolution, half of ``image_size``.
        norm: ``"none"`` (Gulrajani) or ``"layer"`` for WGAN-GP, ``"batch"`` (Arjovsky) for WGAN.
        kernel_size: 4 or 5.
        extra_layers: 3x3 convolutions added at the finest hidden resolution.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, told by projection
            (:class:`~lit_wgan.networks.conditioning.Projection`).
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, instead.
        auxiliary_classifier: return ``(scores, logits)``, logits ``(N, num_classes)`` of a classifier on the same
            features, and take no notice of the condition: the critic of AC-GAN.
        condition_channels: makes it take images ``(N, condition_channels, h, w)``, floats of any size, instead, which
            are resized and stand beside the sample at the input.

    Input ``(N, channels, image_size, image_size)``, output scores ``(N,)``; with an auxiliary classifier, logits too.

    Raises:
        UsageError: if ``image_size``, ``norm`` or ``kernel_size`` is not one of the values above; for a condition that
            is not this network's, and a missing one.
    """

    def __init__(
        self,
        image_size: int,
        channels: int,
        width: int = 64,
        norm: Norm = "none",
        kernel_size: KernelSize = 4,
        extra_layers: int = 0,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
        auxiliary_classifier: bool = False,
        condition_channels: int = 0,
    ):
        sizes = known(num_classes=num_classes, condition_dim=condition_dim, condition_channels=condition_channels)
        super().__init__(ConditionSpec(*sizes), auxiliary_classifier)
        check_positive(channels=channels, width=width)
        _check(image_size, norm, kernel_size)
        bias = _has_biases(norm, kernel_size)
        finest, *others = levels = _levels(image_size, channels + condition_channels, width)
        coarsest_width = levels[-1][2]

        def halve(size: int, in_channels: int, out_channels: int) -> nn.Conv2d:
            return nn.Conv2d(in_channels, out_channels, kernel_size, 2, _padding(size, kernel_size), bias=bias)

        def normed(layer: nn.Module, out_channels: int) -> list[nn.Module]:
            return [layer, norm_layer(norm, out_channels), nn.LeakyReLU(0.2)]

        layers: list[nn.Module] = [halve(*finest), nn.LeakyReLU(0.2)]
        for _ in range(extra_layers):
            layers += normed(nn.Conv2d(width, width, 3, padding=1, bias=bias), width)
        for size, fine, coarse in others:
            layers += normed(halve(size, fine, coarse), coarse)
        layers += [nn.Flatten(), self._head(coarsest_width * 4 * 4, bias)]
        self.layers = ConditionedSequential(*layers)
        _initialise_(self, kernel_size)


def _check(image_size: int, norm: Norm, kernel_size: int) -> None:
    norm_layer(norm, 1)  # refuses an unknown norm even where the network is too small to have any
    if image_size not in IMAGE_SIZES:
        raise UsageError(f"Expected image_size in {IMAGE_SIZES}, but got {image_size}. Resize or pad the images.")
    if kernel_size not in (4, 5):
        raise UsageError(
            f"Expected kernel_size in (4, 5), but got {kernel_size}. "
            "Choose 4 for Arjovsky's networks or 5 for Gulrajani's."
        )


def _levels(image_size: int, channels: int, width: int) -> list[tuple[int, int, int]]:
    """From fine to coarse: a size, its channels, and those at half the size, as ``[(16, 3, w), (8, w, 2w)]``."""
    levels = []
    while image_size > 4:
        levels.append((image_size, channels, width))
        image_size, channels, width = (image_size + 1) // 2, width, 2 * width
    return levels


def _padding(size: int, kernel_size: int) -> int:
    """Padding with which stride 2 takes ``size`` pixels to half of them, rounded up."""
    return (kernel_size - 1 + size % 2) // 2


def _has_biases(norm: Norm, kernel_size: KernelSize) -> bool:
    # Without norm and biases a critic would be positively homogeneous, f(a x) = a f(x), whatever it learns.
    return kernel_size == 5 or norm == "none"


def _initialise_(network: nn.Module, kernel_size: KernelSize) -> None:
    if kernel_size == 5:
        gulrajani_(network)
    else:
        radford_(network)
