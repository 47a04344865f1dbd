"""The discriminator of the GAN paper: layers of linear functions of which the largest counts, with dropout."""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn

from lit_wgan.errors import check_positive
from lit_wgan.networks.concatenation import beside
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.dropout import dropout_layer
from lit_wgan.networks.sizes import Auto, known, known_shape


class MaxoutCritic(nn.Module):
    """Hidden layers of maxout units, then a linear layer to one score; before each, dropout.

    Args:
        data_shape: shape of one sample, such as ``2`` or ``(1, 28, 28)``.
        width: units of each hidden layer.
        pieces: linear functions of which each unit is the largest.
        depth: number of hidden layers; 0 leaves a linear critic.
        input_dropout: share of a sample's numbers that is left out at random in training.
        dropout: share of a hidden layer's units, likewise.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, one-hot beside the sample.
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, beside the sample instead.

    Input ``(N, *data_shape)``, output scores ``(N,)``.

    Raises:
        UsageError: for numbers out of range; for a condition that is not this network's, and for a missing one.

    Source: Goodfellow et al. 2014, arXiv:1406.2661v1, Section 5; authors' code goodfeli/adversarial at 1720041,
    mnist.yaml, the defaults. Maxout: Goodfellow et al. 2013, arXiv:1302.4389v4, Eq. (1).

    Deviations: weights start uniform in ``[-1, 1] / sqrt(inputs)``, as PyTorch's, theirs in ``[-0.005, 0.005]``.
    """

    def __init__(
        self,
        data_shape: int | Sequence[int] | Auto,
        width: int = 240,
        pieces: int = 5,
        depth: int = 2,
        input_dropout: float = 0.2,
        dropout: float = 0.5,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        check_positive(width=width, pieces=pieces)
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        size, layers = prod(known_shape("data_shape", data_shape)) + self.spec.size, list[nn.Module]()
        left_out = dropout_layer(input_dropout, "input_dropout")
        for _ in range(depth):
            layers += [left_out, nn.Linear(size, width * pieces), Largest(pieces)]
            size, left_out = width, dropout_layer(dropout)
        self.layers = nn.Sequential(nn.Flatten(), *layers, left_out, nn.Linear(size, 1))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Scores ``(N,)`` for samples ``(N, *data_shape)`` under their conditions."""
        return self.layers(beside(x, condition, self.spec, self)).squeeze(1)


class Largest(nn.Module):
    """The largest of every ``pieces`` neighbouring numbers, from ``(N, n pieces)`` to ``(N, n)``."""

    def __init__(self, pieces: int):
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        """Shape ``(N, n)``."""
        return torch.amax(x.unflatten(1, (-1, self.pieces)), 2)

    def extra_repr(self) -> str:
        """The number of pieces."""
        return str(self.pieces)
