"""The residual networks of WGAN-GP's character language model, for series of any kind."""

from collections.abc import Sequence

from torch import Tensor, nn

from lit_wgan.errors import check_positive
from lit_wgan.networks.concatenation import beside
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.initialisation import gulrajani_
from lit_wgan.networks.series import Head, at_each_step, head_layer, series
from lit_wgan.networks.sizes import Auto, known


class SeriesResNetGenerator(nn.Module):
    """A linear layer to all steps, residual blocks of two convolutions each, and a linear map of each step.

    Args:
        latent_dim: size of ``z``.
        data_shape: shape of one sample, ``(T, d)`` for T steps of d numbers, or ``(T,)``.
        width: channels of the feature maps.
        depth: number of residual blocks.
        head: ``"softmax"`` for one-hot characters or categories at each step, ``"tanh"`` for numbers in ``[-1, 1]``, or
            ``"none"``.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, one-hot beside ``z``.
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, beside ``z`` instead.

    Input ``z`` of shape ``(N, latent_dim)``, output ``(N, *data_shape)``.

    Raises:
        UsageError: for shapes that are no series, and an unknown head; for a condition that is not this network's, and
            a missing one.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Section 5.5; authors' code igul222/improved_wgan_training at
    fa66c57, gan_language.py, with ``head="softmax"``.
    """

    def __init__(
        self,
        latent_dim: int,
        data_shape: int | Sequence[int] | Auto,
        width: int = 512,
        depth: int = 5,
        head: Head = "none",
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        check_positive(latent_dim=latent_dim, width=width)
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        self.series = series(data_shape)
        self.layers = nn.Sequential(
            nn.Linear(latent_dim + self.spec.size, width * self.series.steps),
            nn.Unflatten(1, (width, self.series.steps)),
            *[_Block(width) for _ in range(depth)],
            nn.Conv1d(width, self.series.features, 1),
        )
        self.head = head_layer(head)
        gulrajani_(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Series ``(N, *data_shape)`` for ``z`` of shape ``(N, latent_dim)`` under their conditions."""
        maps: Tensor = self.layers(beside(z, condition, self.spec, self))
        return self.series.from_steps(self.head(maps.mT))


class SeriesResNetCritic(nn.Module):
    """A linear map of each step, residual blocks of two convolutions each, and a linear layer to one score.

    Args:
        data_shape: shape of one sample, ``(T, d)`` or ``(T,)``.
        width: channels of the feature maps.
        depth: number of residual blocks.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, one-hot beside each step.
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, beside each step instead.

    Input ``(N, *data_shape)``, output scores ``(N,)``.

    Raises:
        UsageError: for shapes that are no series; for a condition that is not this network's, and a missing one.

    Source: as :class:`SeriesResNetGenerator`.
    """

    def __init__(
        self,
        data_shape: int | Sequence[int] | Auto,
        width: int = 512,
        depth: int = 5,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        check_positive(width=width)
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        self.series = series(data_shape)
        self.layers = nn.Sequential(
            nn.Conv1d(self.series.features + self.spec.size, width, 1),
            *[_Block(width) for _ in range(depth)],
            nn.Flatten(),
            nn.Linear(width * self.series.steps, 1),
        )
        gulrajani_(self)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Scores ``(N,)`` for series ``(N, *data_shape)`` under their conditions."""
        steps = at_each_step(self.series.to_steps(x), condition, self.spec, self)
        return self.layers(steps.mT).squeeze(1)


class _Block(nn.Module):
    """``x + 0.3 residual(x)``, of feature maps ``(N, width, T)``."""

    def __init__(self, width: int):
        super().__init__()
        self.residual = nn.Sequential(
            nn.ReLU(),
            nn.Conv1d(width, width, 5, padding=2),
            nn.ReLU(),
            nn.Conv1d(width, width, 5, padding=2),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.3 * self.residual(x)
