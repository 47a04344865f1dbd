"""Deep convolutional networks for images of any height and width, for series and for volumes."""

from collections.abc import Sequence
from functools import partial
from math import prod

from torch import Tensor, nn

from lit_wgan.errors import check_positive
from lit_wgan.networks.activations import Activation, activation_layer, taken_channels
from lit_wgan.networks.axes import CONVOLUTIONS, TRANSPOSED, conv3
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.conditioning import ConditionedSequential, conditional_norm
from lit_wgan.networks.critic import ImageCritic
from lit_wgan.networks.dcgan_stages import KernelSize, Stage, check_choices, has_biases, initialise_, stages_of
from lit_wgan.networks.normalisation import Norm, norm_layer
from lit_wgan.networks.sample_shape import ChannelAxis, Dims, sample_shape
from lit_wgan.networks.sizes import Auto, known


class DCGANGenerator(nn.Module):
    """A linear layer to 4x4 pixels, then transposed convolutions that double the size and halve the channels.

    Other sizes begin at 3 to 6 numbers along an axis: 96x128 pixels at 3x4, see
    :func:`~lit_wgan.networks.axes.levels`; an axis so short already stays, with a kernel of 3 and stride 1.

    Each is followed by norm and activation, the last by tanh alone. ``kernel_size`` picks whose details:

    * 4: Radford's and Arjovsky's. Weights from N(0, 0.02), and no biases beside a norm.
    * 5: Gulrajani's. Weights scaled by fan, and biases everywhere.

    The linear layer is Radford's 4x4 convolution of a 1x1 map: the same weights, the same function.

    Args:
        image_size: ``64`` for square images; a size for each axis for all else: ``[96, 128]`` for images of this height
            and width, ``[1024]`` for series, ``[32, 32, 32]`` for volumes.
        channels: of the samples.
        latent_dim: size of ``z``.
        width: channels at the finest hidden resolution, half of ``image_size``; they double at each coarser one, up to
            ``16 * width``.
        norm: ``"batch"``, ``"layer"`` or ``"none"``, see :func:`~lit_wgan.networks.normalisation.norm_layer`.
        kernel_size: 4 or 5.
        extra_layers: 3x3 convolutions added at the finest hidden resolution. At 32 pixels the network has 4 layers
            without them.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, which sets gain and offset
            of all norms (:class:`~lit_wgan.networks.conditioning.ConditionalNorm`).
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, instead.
        dims: of a single ``image_size``: ``dims=3`` makes ``32`` a cube, 1 a series.
        data_shape: the whole shape of a sample, in place of ``image_size``, ``channels`` and ``dims``: with
            ``channel_axis="last"``, ``[1024, 2]`` are series of two channels.
        channel_axis: samples are ``(N, channels, *sizes)`` for ``"first"``, ``(N, *sizes, channels)`` for ``"last"``,
            and ``(N, *sizes)`` with one channel for ``"none"``.
        tanh: squash the samples into ``[-1, 1]``; false for data in other units.
        activation: of the hidden layers, see :func:`~lit_wgan.networks.activations.activation_layer`; with ``"gated"``
            they have twice the filters in front of the gates.
        constant_width: have ``width`` channels at the coarser resolutions too, as the generator of Arjovsky et al.
            2017, arXiv:1701.07875v3, Figure 6, which has no norm either.

    Input ``z`` of shape ``(N, latent_dim)``, output ``(N, channels, image_size, image_size)`` in ``[-1, 1]``, or as
    ``channel_axis`` says.

    Raises:
        UsageError: for samples of which no axis is longer than 4, or more than three beside that of the channels are
            left; if ``norm``, ``kernel_size`` or ``activation`` is not one of the known values; for a condition that
            is not this network's, and a missing one.

    Source: Radford et al. 2016, arXiv:1511.06434v2, Section 3 and Figure 1; authors' code martinarjovsky/WassersteinGAN
    at f7a01e8, models/dcgan.py, for 4; igul222/improved_wgan_training at fa66c57, gan_mnist.py and gan_cifar.py, for 5;
    its gan_64x64.py has constant width (``WGANPaper_CrippledDCGANGenerator``), tanh, and gates (``Multiplicative...``).

    Deviations: Arjovsky's nets without norm have no biases either; these have. Gulrajani's first batch norm has a gain
    per pixel in gan_cifar.py and per channel in gan_64x64.py; this one has it per channel. gan_mnist.py ends in a
    sigmoid, and crops 8 pixels to 7 where this one makes 7. None of them takes a condition, or other sizes than 28, 32
    or 64.
    """

    def __init__(
        self,
        image_size: int | Sequence[int] | Auto | None = None,
        channels: int | Auto | None = None,
        latent_dim: int = 128,
        width: int = 64,
        norm: Norm = "batch",
        kernel_size: KernelSize = 4,
        extra_layers: int = 0,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
        dims: Dims | None = None,
        data_shape: int | Sequence[int] | Auto | None = None,
        channel_axis: ChannelAxis = "first",
        tanh: bool = True,
        activation: Activation = "relu",
        constant_width: bool = False,
    ):
        super().__init__()
        shape = sample_shape(image_size, channels, dims, data_shape, channel_axis)
        self.layout, axes = shape.layout, shape.layout.dims
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        check_positive(latent_dim=latent_dim, width=width)
        check_choices(norm, kernel_size, activation)
        bias, taken = has_biases(norm, kernel_size), partial(taken_channels, activation)
        finest, *others = stages = stages_of(shape.sizes, shape.channels, width, constant_width)

        def double(stage: Stage, out_channels: int) -> nn.Module:
            return TRANSPOSED[axes](stage.coarse, out_channels, **stage.level.doubling(kernel_size), bias=bias)

        def activated(layer: nn.Module, out_channels: int) -> list[nn.Module]:
            norm_of_taken = conditional_norm(norm, taken(out_channels), self.spec, axes)
            return [layer, norm_of_taken, activation_layer(activation)]

        coarsest = (taken(stages[-1].coarse), *stages[-1].level.coarse)
        layers: list[nn.Module] = [nn.Linear(latent_dim, prod(coarsest), bias=bias)]
        layers += activated(nn.Unflatten(1, coarsest), stages[-1].coarse)
        for stage in reversed(others):
            layers += activated(double(stage, taken(stage.fine)), stage.fine)
        for _ in range(extra_layers):
            layers += activated(conv3(axes, width, taken(width), bias), width)
        layers += [double(finest, finest.fine), nn.Tanh() if tanh else nn.Identity()]
        self.layers = ConditionedSequential(*layers)
        initialise_(self, kernel_size)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Samples such as images ``(N, C, H, W)`` for ``z`` of shape ``(N, latent_dim)`` under their conditions."""
        return self.layout.from_maps(self.layers(z, self.spec.checked(condition, z, self)))


class DCGANCritic(ImageCritic):
    """Convolutions that halve the size and double the channels down to 4x4 pixels, then a linear layer to one score.

    Each is followed by norm and activation, the first by the activation alone. The arguments, other sizes, sources and
    deviations are :class:`DCGANGenerator`'s, but for ``norm``.

    Args:
        image_size: ``64`` for square images; a size for each axis for all else.
        channels: of the samples.
        width: channels at the finest hidden resolution, half of ``image_size``; up to ``16 * width`` at coarser ones.
        norm: ``"none"`` (Gulrajani) or ``"layer"`` for WGAN-GP, ``"batch"`` (Arjovsky) for WGAN.
        kernel_size: 4 or 5.
        extra_layers: 3x3 convolutions added at the finest hidden resolution.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, told by projection
            (:class:`~lit_wgan.networks.conditioning.Projection`).
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, instead.
        auxiliary_classifier: return ``(scores, logits)``, logits ``(N, num_classes)`` of a classifier on the same
            features, and take no notice of the condition: the critic of AC-GAN.
        condition_channels: makes it take images ``(N, condition_channels, h, w)``, floats of any size, instead, which
            are resized and stand beside the sample at the input; series or volumes beside such, with the channels
            where ``channel_axis`` says.
        dims: of a single ``image_size``.
        data_shape: in place of ``image_size``, ``channels`` and ``dims``.
        channel_axis: ``"first"``, ``"last"`` or ``"none"``.
        activation: of the hidden layers; with ``"gated"`` they have twice the filters in front of the gates.

    Input ``(N, channels, image_size, image_size)``, or as ``channel_axis`` says, output scores ``(N,)``; with an
    auxiliary classifier, logits too.

    Raises:
        UsageError: as :class:`DCGANGenerator`.
    """

    def __init__(
        self,
        image_size: int | Sequence[int] | Auto | None = None,
        channels: int | Auto | None = None,
        width: int = 64,
        norm: Norm = "none",
        kernel_size: KernelSize = 4,
        extra_layers: int = 0,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
        auxiliary_classifier: bool = False,
        condition_channels: int = 0,
        dims: Dims | None = None,
        data_shape: int | Sequence[int] | Auto | None = None,
        channel_axis: ChannelAxis = "first",
        activation: Activation = "leaky_relu",
    ):
        shape = sample_shape(image_size, channels, dims, data_shape, channel_axis)
        axes = shape.layout.dims
        sizes = known(num_classes=num_classes, condition_dim=condition_dim, condition_channels=condition_channels)
        super().__init__(ConditionSpec(*sizes, layout=shape.layout), auxiliary_classifier)
        check_positive(width=width)
        check_choices(norm, kernel_size, activation)
        bias, taken = has_biases(norm, kernel_size), partial(taken_channels, activation)
        finest, *others = stages = stages_of(shape.sizes, shape.channels + condition_channels, width)
        coarsest = (stages[-1].coarse, *stages[-1].level.coarse)

        def halve(stage: Stage) -> nn.Module:
            return CONVOLUTIONS[axes](stage.fine, taken(stage.coarse), **stage.level.halving(kernel_size), bias=bias)

        def activated(layer: nn.Module, out_channels: int) -> list[nn.Module]:
            return [layer, norm_layer(norm, taken(out_channels), dims=axes), activation_layer(activation)]

        layers: list[nn.Module] = [halve(finest), activation_layer(activation)]
        for _ in range(extra_layers):
            layers += activated(conv3(axes, width, taken(width), bias), width)
        for stage in others:
            layers += activated(halve(stage), stage.coarse)
        layers += [nn.Flatten(), self._head(prod(coarsest), bias)]
        self.layers = ConditionedSequential(*layers)
        initialise_(self, kernel_size)
