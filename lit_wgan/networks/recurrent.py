"""Recurrent networks for series."""

from collections.abc import Sequence

from torch import Tensor, nn

from lit_wgan.errors import check_positive
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.series import Head, at_each_step, head_layer, series
from lit_wgan.networks.sizes import Auto, known


class GRUGenerator(nn.Module):
    """A GRU over the noise at each step, and a linear map of its state.

    Args:
        latent_dim: size k of ``z``, which each step gets; or ``[T, k]`` for noise of its own at each step.
        data_shape: shape of one sample, ``(T, d)`` for T steps of d numbers, or ``(T,)``.
        width: size of the state.
        depth: number of layers, one on another.
        head: ``"none"``, ``"tanh"`` for numbers in ``[-1, 1]``, or ``"softmax"`` for one-hot categories at each step.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, one-hot beside the noise.
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, beside the noise instead.

    Input ``z`` of shape ``(N, k)`` or ``(N, T, k)``, output ``(N, *data_shape)``.

    Raises:
        UsageError: for shapes that are no series, and an unknown head; for a condition that is not this network's, and
            a missing one.

    Source: Esteban et al. 2017, arXiv:1706.02633, Section 3: noise, and the condition, at each step of a recurrent
    network.

    Deviations: GRU layers (Cho et al. 2014, arXiv:1406.1078) in place of LSTM.
    """

    def __init__(
        self,
        latent_dim: int | Sequence[int],
        data_shape: int | Sequence[int] | Auto,
        width: int = 64,
        depth: int = 1,
        head: Head = "none",
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        check_positive(width=width, depth=depth)
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        self.series = series(data_shape)
        size = self.series.noise_features(latent_dim) + self.spec.size
        self.layers = nn.GRU(size, width, depth, batch_first=True)
        self.output = nn.Linear(width, self.series.features)
        self.head = head_layer(head)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Series ``(N, *data_shape)`` for ``z`` of shape ``(N, k)`` or ``(N, T, k)`` under their conditions."""
        steps = at_each_step(self.series.noise_at_steps(z), condition, self.spec, self)
        return self.series.from_steps(self.head(self.output(self.layers(steps)[0])))


class GRUCritic(nn.Module):
    """A GRU over the steps in both directions, and the mean over steps of a linear map of its states.

    Args:
        data_shape: shape of one sample, ``(T, d)`` or ``(T,)``.
        width: size of the state of each direction.
        depth: number of layers, one on another.
        num_classes: makes the network take class numbers ``(N,)``, int64, as its condition, one-hot beside each step.
        condition_dim: makes it take vectors ``(N, condition_dim)``, floats, beside each step instead.

    Input ``(N, *data_shape)``, output scores ``(N,)``. The penalties of lit-wgan differentiate it twice on any device;
    one of your own has to do without cuDNN for it, by ``torch.backends.cudnn.flags(enabled=False)``. ``model.compile``
    is not for recurrent networks.

    Raises:
        UsageError: for shapes that are no series; for a condition that is not this network's, and a missing one.

    Source: as :class:`GRUGenerator`; the second direction is ours.
    """

    def __init__(
        self,
        data_shape: int | Sequence[int] | Auto,
        width: int = 64,
        depth: int = 1,
        num_classes: int | Auto = 0,
        condition_dim: int | Auto = 0,
    ):
        super().__init__()
        check_positive(width=width, depth=depth)
        self.spec = ConditionSpec(*known(num_classes=num_classes, condition_dim=condition_dim))
        self.series = series(data_shape)
        size = self.series.features + self.spec.size
        self.layers = nn.GRU(size, width, depth, batch_first=True, bidirectional=True)
        self.output = nn.Linear(2 * width, 1)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Scores ``(N,)`` for series ``(N, *data_shape)`` under their conditions."""
        steps = at_each_step(self.series.to_steps(x), condition, self.spec, self)
        return self.output(self.layers(steps)[0].mean(1)).squeeze(1)
