"""Layers that are told a condition: conditional norms, and the critic's projection and classifier."""

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from lit_wgan.errors import UsageError
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.initialisation import glorot
from lit_wgan.networks.normalisation import Norm, norm_layer


class ConditionedLayer(nn.Module):
    """A layer whose ``forward`` takes a condition second, or None in a network without one."""


def apply_layer(layer: nn.Module, x: Tensor, condition: Tensor | None) -> Tensor:
    """What a layer makes of ``x``, and of the condition if it is a :class:`ConditionedLayer`."""
    return layer(x, condition) if isinstance(layer, ConditionedLayer) else layer(x)


class ConditionedSequential(nn.Sequential, ConditionedLayer):
    """Layers one after another, of which those that are conditioned are told the condition."""

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """The output of the last layer."""
        for layer in self:
            x = apply_layer(layer, x, condition)
        return x


class ConditionEmbedding(nn.Module):
    """A learnt vector for each condition: ``weight[c]`` for class c, ``c @ weight + bias`` for a vector.

    Args:
        spec: classes or vectors.
        size: of the result.
        bias: of the linear map of a vector; a class has none.

    Class numbers ``(N,)`` or vectors ``(N, condition_dim)`` become ``(N, size)``. The weight, ``(num_classes or
    condition_dim, size)``, starts uniform with variance ``2 / (rows + columns)`` and the bias at 0: Glorot and Bengio
    2010, Eq. (16).
    """

    def __init__(self, spec: ConditionSpec, size: int, bias: bool = False):
        super().__init__()
        self.of_classes = spec.num_classes > 0
        self.weight = nn.Parameter(torch.empty(spec.size, size))
        self.bias = nn.Parameter(torch.zeros(size)) if bias and not self.of_classes else None
        bound = sqrt(6 / (spec.size + size))
        nn.init.uniform_(self.weight, -bound, bound)

    def constant_(self, value: float) -> "ConditionEmbedding":
        """Start at one value for all conditions, in place."""
        nn.init.constant_(self.weight, value if self.of_classes else 0)
        if self.bias is not None:
            nn.init.constant_(self.bias, value)
        return self

    def forward(self, condition: Tensor) -> Tensor:
        """Vectors ``(N, size)``."""
        if self.of_classes:
            return functional.embedding(condition, self.weight)
        return functional.linear(condition, self.weight.T, self.bias)


class ConditionalNorm(ConditionedLayer):
    """A norm whose gain and offset per channel depend on the condition; they start at 1 and 0 for all conditions.

    Args:
        norm: ``"batch"`` or ``"layer"``, see :func:`~lit_wgan.networks.normalisation.norm_layer`.
        channels: number of channels.
        spec: classes, each with a row of gains and of offsets; or vectors, of which gain and offset are affine.
        dims: axes beside N and that of the channels: 1, 2 or 3.

    Feature maps ``(N, channels, *sizes)`` keep their shape.

    Raises:
        UsageError: for ``"none"``, which has no gain and offset to depend on anything.

    Source: Dumoulin et al. 2017, arXiv:1610.07629, Section 2.2, for instance norm and classes; for batch norm, authors'
    code igul222/improved_wgan_training at fa66c57, tflib/ops/cond_batchnorm.py.
    """

    def __init__(self, norm: Norm, channels: int, spec: ConditionSpec, dims: int = 2):
        super().__init__()
        if norm == "none":
            raise UsageError(
                "Expected norm in {'batch', 'layer'} for a conditional generator, whose norms are told the condition, "
                "but got 'none'. Choose one of the two, or wrap a generator without num_classes and condition_dim in "
                "lit_wgan.networks.Concatenated."
            )
        self.norm = norm_layer(norm, channels, affine=False, dims=dims)
        self.gain = ConditionEmbedding(spec, channels, bias=True).constant_(1)
        self.offset = ConditionEmbedding(spec, channels, bias=True).constant_(0)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """``gain(c) * norm(x) + offset(c)``."""
        y = self.norm(x)
        ones = [1] * (y.ndim - 2)
        gain, offset = (of(condition).view(*y.shape[:2], *ones).to(y.dtype) for of in (self.gain, self.offset))
        return torch.addcmul(offset, gain, y)


def conditional_norm(norm: Norm, channels: int, spec: ConditionSpec, dims: int = 2) -> nn.Module:
    """A :class:`ConditionalNorm`, or the plain norm for a network without a condition."""
    return ConditionalNorm(norm, channels, spec, dims) if spec.size else norm_layer(norm, channels, dims=dims)


class Projection(nn.Linear, ConditionedLayer):
    """A score that depends on the condition by an inner product, ``psi(phi) + <embedding(c), phi>``, psi affine.

    Features phi of shape ``(N, features)`` become scores ``(N, 1)``. The embedding starts as
    :class:`ConditionEmbedding` says.

    Source: Miyato and Koyama 2018, arXiv:1802.05637, Section 3.
    """

    def __init__(self, features: int, bias: bool, spec: ConditionSpec):
        super().__init__(features, 1, bias)
        self.embedding = ConditionEmbedding(spec, features)

    def forward(self, phi: Tensor, condition: Tensor) -> Tensor:  # type: ignore[override]
        """Scores ``(N, 1)``."""
        return super().forward(phi) + (self.embedding(condition) * phi).sum(1, keepdim=True)


class ScoreAndLogits(nn.Linear):
    """A score and the logits of an auxiliary classifier, each affine in the features ``(N, features)``.

    Source: Odena et al. 2017, arXiv:1610.09585, Section 3; authors' code igul222/improved_wgan_training at fa66c57,
    gan_cifar_resnet.py, with ACGAN.
    """

    def __init__(self, features: int, bias: bool, num_classes: int):
        super().__init__(features, 1, bias)
        self.classifier = glorot(nn.Linear(features, num_classes))

    def forward(self, phi: Tensor) -> Tensor:
        """``(N, 1 + num_classes)``, the score first."""
        return torch.cat([super().forward(phi), self.classifier(phi)], 1)
