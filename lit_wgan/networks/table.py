"""Networks for tables, whose rows are numbers and one-hot blocks side by side."""

from collections.abc import Sequence
from math import prod
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from lit_wgan.errors import UsageError, check_positive
from lit_wgan.networks.concatenation import beside
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.dropout import dropout_layer
from lit_wgan.networks.normalisation import Norm
from lit_wgan.networks.sizes import Auto, known, known_shape
from lit_wgan.networks.table_head import TableHead

Residual = Literal["concatenate", "add"]


class TableGenerator(nn.Module):
    """Residual blocks of a linear layer, norm and ReLU, then a linear layer to the blocks of the table's columns.

    Args:
        latent_dim: size of ``z``.
        columns: size of each column's block in an encoded row: 1 for a number, k > 1 for a category of k. An encoded
            row has the blocks in the order of the columns (:class:`~lit_wgan.networks.TableHead`).
        width: units of each block.
        depth: number of blocks; 0 leaves a linear map.
        residual: ``"concatenate"`` sets a block's output beside its input, so that rows grow by ``width``; ``"add"``
            adds it, after a first linear layer to ``width``.
        norm: ``"batch"``, ``"layer"`` or ``"none"``.
        dropout: share of a block's outputs that is left out at random in training.
        squash: let numbers go through tanh, for data in ``[-1, 1]``; standardised data are not bounded.
        tau: temperature of the Gumbel softmax by which categories are drawn.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, one-hot beside ``z``.
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, beside ``z`` instead.

    Input ``z`` of shape ``(N, latent_dim)``, output ``(N, sum of columns)``. In evaluation, categories are one-hot.

    Raises:
        UsageError: for numbers out of range and unknown choices; for a condition that is not this network's, and a
            missing one.

    Source: Xu et al. 2019, arXiv:1907.00503, Section 4.4: two blocks of 256 units with batch norm, concatenated.

    Deviations: numbers are not modelled as a mode and a place in it, but as the data's transform gives them.
    """

    def __init__(
        self,
        latent_dim: int,
        columns: Sequence[int] | Auto,
        width: int = 256,
        depth: int = 2,
        residual: Residual = "concatenate",
        norm: Norm = "batch",
        dropout: float = 0.0,
        squash: bool = False,
        tau: float = 0.2,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        check_positive(latent_dim=latent_dim, width=width)
        if residual not in get_args(Residual):
            raise UsageError(f"Expected residual in {get_args(Residual)}, but got {residual!r}. Choose one of the two.")
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        head = TableHead(columns, squash, tau)
        size, layers = latent_dim + self.spec.size, list[nn.Module]()
        if residual == "add":
            layers.append(nn.Linear(size, width))
            size = width
        for _ in range(depth):
            layers.append(_Block(size, width, residual, norm, dropout))
            size += width if residual == "concatenate" else 0
        self.layers = nn.Sequential(*layers, nn.Linear(size, sum(head.columns)), head)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Encoded rows ``(N, sum of columns)`` for ``z`` of shape ``(N, latent_dim)`` under their conditions."""
        return self.layers(beside(z, condition, self.spec, self))


class TableCritic(nn.Module):
    """Hidden layers with LeakyReLU(0.2) and dropout, then a linear layer to one score.

    Args:
        data_shape: size of an encoded row, the sum of the generator's ``columns``.
        width: units of each hidden layer.
        depth: number of hidden layers; 0 leaves a linear critic.
        norm: ``"layer"`` or ``"none"``; ``"batch"`` mixes samples, which a critic under gradient penalty must not.
        dropout: share of hidden units that is left out at random in training, in scores and penalty alike.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, one-hot beside the row.
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, beside the row instead.

    Input ``(N, *data_shape)``, output scores ``(N,)``.

    Raises:
        UsageError: for numbers out of range and an unknown norm; for a condition that is not this network's, and a
            missing one.

    Source: Xu et al. 2019, arXiv:1907.00503, Section 4.4: two layers of 256 units.

    Deviations: it judges single rows; theirs judges ten at once (PacGAN).
    """

    def __init__(
        self,
        data_shape: int | Sequence[int] | Auto,
        width: int = 256,
        depth: int = 2,
        norm: Norm = "none",
        dropout: float = 0.5,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        check_positive(width=width)
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        size, layers = prod(known_shape("data_shape", data_shape)) + self.spec.size, list[nn.Module]()
        for _ in range(depth):
            layers += [nn.Linear(size, width), _norm(norm, width), nn.LeakyReLU(0.2), dropout_layer(dropout)]
            size = width
        self.layers = nn.Sequential(nn.Flatten(), *layers, nn.Linear(size, 1))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Scores ``(N,)`` for encoded rows ``(N, *data_shape)`` under their conditions."""
        return self.layers(beside(x, condition, self.spec, self)).squeeze(1)


class _Block(nn.Module):
    def __init__(self, inputs: int, width: int, residual: Residual, norm: Norm, dropout: float):
        super().__init__()
        self.adds = residual == "add"
        self.layers = nn.Sequential(nn.Linear(inputs, width), _norm(norm, width), nn.ReLU(), dropout_layer(dropout))

    def forward(self, x: Tensor) -> Tensor:
        y = self.layers(x)
        return x + y if self.adds else torch.cat([y, x], 1)


def _norm(norm: Norm, size: int) -> nn.Module:
    """A norm of vectors ``(N, size)``, by the names of those of images."""
    kinds: dict[str, type[nn.Module]] = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm, "none": nn.Identity}
    if norm not in kinds:
        raise UsageError(f"Expected norm in {tuple(kinds)}, but got {norm!r}. Choose one of the three.")
    return kinds[norm](size)
