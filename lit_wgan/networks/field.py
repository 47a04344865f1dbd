"""A generator from field to field, for downscaling and other tasks from image to image, series or volume alike."""

import torch
from torch import Tensor, nn

from lit_wgan.errors import UsageError, check_positive
from lit_wgan.networks.axes import conv3
from lit_wgan.networks.concatenation import resized
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.initialisation import glorot, he
from lit_wgan.networks.residual import ResidualBlock
from lit_wgan.networks.sample_shape import AXES, ChannelAxis, Dims, Layout


class FieldGenerator(nn.Module):
    """Residual blocks on noise maps and the condition beside them, both at the size of the samples.

    It is fully convolutional: samples are as large as the noise, of any height and width, which may differ between
    training and use. The condition is resized to them (:func:`~lit_wgan.networks.concatenation.resized`). Where samples
    and conditions have equally many channels, and without ``tanh``, the network learns what is to be added to the
    condition.

    Args:
        channels: of the samples.
        condition_channels: of the condition.
        noise_channels: of the noise; a system's ``latent_dim`` is then ``[noise_channels, H, W]``.
        width: channels of the feature maps.
        depth: number of residual blocks, of two 3x3 convolutions each.
        tanh: squash the samples into ``[-1, 1]``, for images.
        dims: 1 for series, 2 for images, 3 for volumes.
        channel_axis: where samples and conditions have their channels, as for
            :class:`~lit_wgan.networks.DCGANGenerator`; noise has them first.

    Input ``z`` of shape ``(N, noise_channels, H, W)`` and conditions ``(N, condition_channels, h, w)``, floats; output
    ``(N, channels, H, W)``; in one dimension T and in three D, H, W stand for H, W.

    Raises:
        UsageError: for noise or a condition of another shape.

    Source: after Harris et al. 2022, doi:10.1029/2022MS003120, authors' code ljharris23/public-downscaling-cgan at
    102d6c0, dsrnngan/models.py, ``generator``: noise maps beside the coarse fields, then residual blocks with
    LeakyReLU(0.2) and without norm.

    Deviations: all blocks work at the size of the samples, where theirs go up to it in steps; there is no softplus at
    the end, and there are no constant fields but those that are channels of the condition.
    """

    def __init__(
        self,
        channels: int,
        condition_channels: int,
        noise_channels: int = 1,
        width: int = 64,
        depth: int = 3,
        tanh: bool = False,
        dims: Dims = 2,
        channel_axis: ChannelAxis = "first",
    ):
        super().__init__()
        check_positive(noise_channels=noise_channels, width=width)
        layout = Layout(dims, channel_axis)
        layout.check_channels(channels=channels, condition_channels=condition_channels)
        self.spec = ConditionSpec(condition_channels=condition_channels, layout=layout)
        self.noise_channels = noise_channels
        self.adds_to_condition = channels == condition_channels and not tanh
        self.layers = nn.Sequential(
            glorot(conv3(dims, noise_channels + condition_channels, width)),
            *[_block(dims, width) for _ in range(depth)],
            nn.LeakyReLU(0.2),
            glorot(conv3(dims, width, channels)),
            nn.Tanh() if tanh else nn.Identity(),
        )

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Samples ``(N, channels, H, W)`` for ``z`` of shape ``(N, noise_channels, H, W)`` under their conditions."""
        layout = self.spec.layout
        if z.ndim != layout.dims + 2 or z.shape[1] != self.noise_channels:
            axes = AXES[layout.dims]
            raise UsageError(
                f"Expected noise of shape (N, {self.noise_channels}, {axes}) for {type(self).__name__}, but got "
                f"{tuple(z.shape)}. Set model.latent_dim to [{self.noise_channels}, {axes}], with the samples' {axes}."
            )
        field = resized(self.spec.required(condition, z, self), z.shape[2:])
        output: Tensor = self.layers(torch.cat([z, field], 1))
        return layout.from_maps(field + output if self.adds_to_condition else output)


def _block(dims: int, width: int) -> ResidualBlock:
    residual = nn.Sequential(
        nn.LeakyReLU(0.2),
        he(conv3(dims, width, width)),
        nn.LeakyReLU(0.2),
        he(conv3(dims, width, width)),
    )
    return ResidualBlock(residual, nn.Identity())
