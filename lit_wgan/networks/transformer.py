"""Small transformers for series."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lit_wgan.errors import UsageError, check_positive
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.series import Head, at_each_step, head_layer, series
from lit_wgan.networks.sizes import Auto, known


class TransformerGenerator(nn.Module):
    """A transformer encoder over the noise at each step, whose place is told by a learnt vector.

    Args:
        latent_dim: size k of ``z``, which each step gets; or ``[T, k]`` for noise of its own at each step.
        data_shape: shape of one sample, ``(T, d)`` for T steps of d numbers, or ``(T,)``.
        width: size of the vector of each step.
        depth: number of encoder layers, each with hidden layers of ``4 * width`` units.
        num_heads: attention heads, into which ``width`` is divided.
        dropout: share of what each layer computes that is left out at random in training.
        head: ``"none"``, ``"tanh"`` for numbers in ``[-1, 1]``, or ``"softmax"`` for one-hot categories at each step.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, one-hot beside the noise.
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, beside the noise instead.

    Input ``z`` of shape ``(N, k)`` or ``(N, T, k)``, output ``(N, *data_shape)``.

    Raises:
        UsageError: for shapes that are no series, and a width that its heads do not divide; for a condition that is not
            this network's, and a missing one.

    Source: encoder layers of Vaswani et al. 2017, arXiv:1706.03762, Section 3.1, with their norms in front (Xiong et
    al. 2020, arXiv:2002.04745) and GELU; the rest is ours.
    """

    def __init__(
        self,
        latent_dim: int | Sequence[int],
        data_shape: int | Sequence[int] | Auto,
        width: int = 64,
        depth: int = 2,
        num_heads: int = 4,
        dropout: float = 0.0,
        head: Head = "none",
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        self.series = series(data_shape)
        noise = self.series.noise_features(latent_dim)
        self.encoder = _Encoder(noise + self.spec.size, self.series.steps, width, depth, num_heads, dropout)
        self.output = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, self.series.features))
        self.head = head_layer(head)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Series ``(N, *data_shape)`` for ``z`` of shape ``(N, k)`` or ``(N, T, k)`` under their conditions."""
        steps = at_each_step(self.series.noise_at_steps(z), condition, self.spec, self)
        return self.series.from_steps(self.head(self.output(self.encoder(steps))))


class TransformerCritic(nn.Module):
    """A transformer encoder over the steps, and a linear layer from the mean over steps to one score.

    There is no norm behind the last layer, which would bound the scores.

    Args:
        data_shape: shape of one sample, ``(T, d)`` or ``(T,)``.
        width: as for :class:`TransformerGenerator`.
        depth: as there.
        num_heads: as there.
        dropout: as there, in scores and penalty alike.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, one-hot beside each step.
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, beside each step instead.

    Input ``(N, *data_shape)``, output scores ``(N,)``. The penalties of lit-wgan differentiate it twice on any device;
    one of your own has to choose ``torch.nn.attention.SDPBackend.MATH`` for it.

    Raises:
        UsageError: as :class:`TransformerGenerator`.
    """

    def __init__(
        self,
        data_shape: int | Sequence[int] | Auto,
        width: int = 64,
        depth: int = 2,
        num_heads: int = 4,
        dropout: float = 0.0,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        self.series = series(data_shape)
        size = self.series.features + self.spec.size
        self.encoder = _Encoder(size, self.series.steps, width, depth, num_heads, dropout)
        self.output = nn.Linear(width, 1)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Scores ``(N,)`` for series ``(N, *data_shape)`` under their conditions."""
        steps = at_each_step(self.series.to_steps(x), condition, self.spec, self)
        return self.output(self.encoder(steps).mean(1)).squeeze(1)


class _Encoder(nn.Module):
    """From steps ``(N, T, size)`` to ``(N, T, width)``, each told its place and what stands at the others."""

    def __init__(self, size: int, steps: int, width: int, depth: int, num_heads: int, dropout: float):
        super().__init__()
        check_positive(width=width, num_heads=num_heads)
        if width % num_heads:
            raise UsageError(
                f"Expected a width that num_heads divides, but got width={width} and num_heads={num_heads}. Choose a "
                "multiple, such as 64 and 4."
            )
        self.embedding = nn.Linear(size, width)
        # About as large as what stands at a step, so that steps differ from the start.
        self.places = nn.Parameter(torch.randn(steps, width) / 2)
        self.layers = nn.Sequential(
            *[
                nn.TransformerEncoderLayer(
                    width, num_heads, 4 * width, dropout, "gelu", batch_first=True, norm_first=True
                )
                for _ in range(depth)
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(self.embedding(x) + self.places)
