"""Fully connected networks, for points in the plane and as the paper's deliberately poor image generator."""

from collections.abc import Sequence
from math import prod

from torch import Tensor, nn

from lit_wgan.errors import check_positive
from lit_wgan.networks.activations import Activation, activation_layer, taken_channels
from lit_wgan.networks.concatenation import beside
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.initialisation import glorot, he
from lit_wgan.networks.sizes import Auto, known, known_shape


class MLPGenerator(nn.Module):
    """Hidden layers without norm, by default of ReLUs, then a linear layer.

    Args:
        latent_dim: size of ``z``.
        data_shape: shape of one sample, such as ``2`` or ``(3, 64, 64)``.
        width: units of each hidden layer.
        depth: number of hidden layers; 0 leaves a linear map.
        tanh: squash the output into ``[-1, 1]``, for images.
        he_init: start from the authors' weights, :func:`~lit_wgan.networks.initialisation.he`; if not, from PyTorch's.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, one-hot beside ``z``.
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, beside ``z`` instead.
        activation: of the hidden layers, see :func:`~lit_wgan.networks.activations.activation_layer`; with ``"gated"``
            they have ``2 * width`` units in front of the gates.

    Input ``z`` of shape ``(N, latent_dim)``, output ``(N, *data_shape)``.

    Raises:
        UsageError: for an unknown activation; for a condition that is not this network's, and for a missing one.

    Source: authors' code igul222/improved_wgan_training at fa66c57, gan_toy.py, the defaults; with ``depth=4`` and
    ``tanh``, ``FCGenerator`` of its gan_64x64.py.
    """

    def __init__(
        self,
        latent_dim: int,
        data_shape: int | Sequence[int] | Auto,
        width: int = 512,
        depth: int = 3,
        tanh: bool = False,
        he_init: bool = True,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
        activation: Activation = "relu",
    ):
        super().__init__()
        check_positive(latent_dim=latent_dim, width=width)
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        shape = known_shape("data_shape", data_shape)
        self.layers = nn.Sequential(
            *_perceptron(latent_dim + self.spec.size, prod(shape), width, depth, he_init, activation),
            nn.Tanh() if tanh else nn.Identity(),
            nn.Unflatten(1, shape),
        )

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Samples ``(N, *data_shape)`` for ``z`` of shape ``(N, latent_dim)`` under their conditions."""
        return self.layers(beside(z, condition, self.spec, self))


class MLPCritic(nn.Module):
    """Hidden layers without norm, by default of ReLUs, then a linear layer to one score.

    Args:
        data_shape: shape of one sample, such as ``2`` or ``(3, 64, 64)``.
        width: units of each hidden layer.
        depth: number of hidden layers; 0 leaves the linear critic ``<w, x> + b``.
        he_init: as for :class:`MLPGenerator`.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, one-hot beside the sample.
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, beside the sample instead.
        activation: as for :class:`MLPGenerator`.

    Input ``(N, *data_shape)``, output scores ``(N,)``.

    Raises:
        UsageError: for an unknown activation; for a condition that is not this network's, and for a missing one.

    Source: authors' code igul222/improved_wgan_training at fa66c57, gan_toy.py.
    """

    def __init__(
        self,
        data_shape: int | Sequence[int] | Auto,
        width: int = 512,
        depth: int = 3,
        he_init: bool = True,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
        activation: Activation = "relu",
    ):
        super().__init__()
        check_positive(width=width)
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        inputs = prod(known_shape("data_shape", data_shape)) + self.spec.size
        self.layers = nn.Sequential(nn.Flatten(), *_perceptron(inputs, 1, width, depth, he_init, activation))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Scores ``(N,)`` for samples ``(N, *data_shape)`` under their conditions."""
        return self.layers(beside(x, condition, self.spec, self)).squeeze(1)


def _perceptron(
    in_features: int, out_features: int, width: int, depth: int, he_init: bool, activation: Activation
) -> list[nn.Module]:
    sizes = [in_features, *[width] * depth]
    hidden = [nn.Linear(size, taken_channels(activation, width)) for size in sizes[:-1]]
    last = nn.Linear(sizes[-1], out_features)
    if he_init:
        hidden, last = [he(layer) for layer in hidden], glorot(last)
    return [*(module for layer in hidden for module in (layer, activation_layer(activation))), last]
