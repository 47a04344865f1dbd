"""The residual networks of WGAN-GP for 64x64 images, with samples of any other sizes."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from torch import Tensor, nn

from lit_wgan.errors import check_positive
from lit_wgan.networks.axes import conv3, levels
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.conditioning import ConditionedSequential
from lit_wgan.networks.critic import ImageCritic
from lit_wgan.networks.initialisation import glorot, he
from lit_wgan.networks.normalisation import Norm, norm_layer
from lit_wgan.networks.residual import down_block, up_block
from lit_wgan.networks.sample_shape import ChannelAxis, Dims, sample_shape
from lit_wgan.networks.sizes import Auto, known

WIDEST = 8
"""Most channels, as a multiple of ``width``: those of 64x64 pixels at 8x8 and 4x4."""


class ResNetGenerator(nn.Module):
    """A linear layer to 4x4 pixels, residual blocks that double the size, from ``8 * width`` channels to ``width``.

    Other sizes begin at 3 to 6 numbers along an axis, see :func:`~lit_wgan.networks.axes.levels`, and have a block for
    each level and at most ``8 * width`` channels.

    Args:
        image_size: ``64`` for square images; a size for each axis for all else: ``[96, 128]`` for images of this height
            and width, ``[1024]`` for series, ``[32, 32, 32]`` for volumes.
        channels: of the samples.
        latent_dim: size of ``z``.
        width: channels at the samples' own size.
        norm: ``"batch"``, ``"layer"`` or ``"none"``, see :func:`~lit_wgan.networks.normalisation.norm_layer`.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, which sets gain and offset
            of the norms inside blocks (:class:`~lit_wgan.networks.conditioning.ConditionalNorm`).
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, instead.
        dims: of a single ``image_size``, as for :class:`~lit_wgan.networks.DCGANGenerator`; and so are the others.
        data_shape: in place of ``image_size``, ``channels`` and ``dims``.
        channel_axis: ``"first"``, ``"last"`` or ``"none"``.
        tanh: squash the samples into ``[-1, 1]``; false for data in other units.

    Input ``z`` of shape ``(N, latent_dim)``, output ``(N, channels, image_size, image_size)`` in ``[-1, 1]``, or as
    ``channel_axis`` says.

    Raises:
        UsageError: for samples of which no axis is longer than 4, or more than three beside that of the channels are
            left; if ``norm`` is none of the three; for a condition that is not this network's, and a missing one.

    Source: at 64 pixels, authors' code igul222/improved_wgan_training at fa66c57, gan_64x64.py, ``GoodGenerator``;
    other sizes are ours.
    """

    def __init__(
        self,
        image_size: int | Sequence[int] | Auto | None = None,
        channels: int | Auto | None = None,
        latent_dim: int = 128,
        width: int = 64,
        norm: Norm = "batch",
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
        dims: Dims | None = None,
        data_shape: int | Sequence[int] | Auto | None = None,
        channel_axis: ChannelAxis = "first",
        tanh: bool = True,
    ):
        super().__init__()
        check_positive(latent_dim=latent_dim, width=width)
        shape = sample_shape(image_size, channels, dims, data_shape, channel_axis)
        self.layout, axes = shape.layout, shape.layout.dims
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        halvings = levels(shape.sizes)
        widths = _widths(width, len(halvings))
        coarsest = (widths[-1], *halvings[-1].coarse)
        steps = [(level, coarse, fine) for level, (fine, coarse) in zip(halvings, pairwise(widths), strict=True)]
        self.layers = ConditionedSequential(
            glorot(nn.Linear(latent_dim, prod(coarsest))),
            nn.Unflatten(1, coarsest),
            *[up_block(*step, norm, self.spec, bias=False) for step in reversed(steps)],
            norm_layer(norm, width, dims=axes),
            nn.ReLU(),
            he(conv3(axes, width, shape.channels)),
            nn.Tanh() if tanh else nn.Identity(),
        )

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Samples such as images ``(N, C, H, W)`` for ``z`` of shape ``(N, latent_dim)`` under their conditions."""
        return self.layout.from_maps(self.layers(z, self.spec.checked(condition, z, self)))


class ResNetCritic(ImageCritic):
    """Residual blocks that halve the size to 4x4 pixels, from ``width`` channels to ``8 * width``, then a linear layer.

    Args:
        image_size: ``64`` for square images; a size for each axis for all else, see :class:`ResNetGenerator`.
        channels: of the samples.
        width: channels at the samples' own size.
        norm: ``"layer"`` for WGAN-GP, ``"batch"`` for WGAN and GAN, or ``"none"``.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, told by projection
            (:class:`~lit_wgan.networks.conditioning.Projection`).
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, instead.
        auxiliary_classifier: return ``(scores, logits)``, logits ``(N, num_classes)`` of a classifier on the same
            features, and take no notice of the condition: the critic of AC-GAN.
        dims: of a single ``image_size``.
        data_shape: in place of ``image_size``, ``channels`` and ``dims``.
        channel_axis: ``"first"``, ``"last"`` or ``"none"``.

    Input ``(N, channels, image_size, image_size)``, or as ``channel_axis`` says, output scores ``(N,)``; with an
    auxiliary classifier, logits too.

    Raises:
        UsageError: as :class:`ResNetGenerator`.

    Source: at 64 pixels, authors' code igul222/improved_wgan_training at fa66c57, gan_64x64.py, ``GoodDiscriminator``;
    other sizes are ours.
    """

    def __init__(
        self,
        image_size: int | Sequence[int] | Auto | None = None,
        channels: int | Auto | None = None,
        width: int = 64,
        norm: Norm = "layer",
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
        auxiliary_classifier: bool = False,
        dims: Dims | None = None,
        data_shape: int | Sequence[int] | Auto | None = None,
        channel_axis: ChannelAxis = "first",
    ):
        shape = sample_shape(image_size, channels, dims, data_shape, channel_axis)
        sizes = known(num_classes=num_classes, condition_dim=condition_dim)
        super().__init__(ConditionSpec(*sizes, layout=shape.layout), auxiliary_classifier)
        check_positive(width=width)
        halvings = levels(shape.sizes)
        widths = _widths(width, len(halvings))
        steps = [(level, *pair) for level, pair in zip(halvings, pairwise(widths), strict=True)]
        self.layers = ConditionedSequential(
            glorot(conv3(shape.layout.dims, shape.channels, width)),
            *[down_block(*step, norm, bias=False) for step in steps],
            nn.Flatten(),
            glorot(self._head(prod((widths[-1], *halvings[-1].coarse)))),
        )


def _widths(width: int, levels: int) -> list[int]:
    """Channels at each resolution from fine to coarse, for four levels ``[w, 2w, 4w, 8w, 8w]``."""
    return [width * min(2**number, WIDEST) for number in range(levels + 1)]
