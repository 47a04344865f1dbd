"""The activations of the papers, by name."""

from typing import Literal, get_args

from torch import Tensor, nn

from lit_wgan.errors import UsageError

Activation = Literal["relu", "leaky_relu", "elu", "tanh", "softplus", "gated"]


class SmoothELU(nn.Softplus):
    """``softplus(2x + 2) / 2 - 1``, which is near ELU, between -1 and x, and has all derivatives.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Appendices B and D.
    """

    def __init__(self) -> None:
        super().__init__(beta=2)

    def forward(self, x: Tensor) -> Tensor:
        """The shape of ``x``."""
        return super().forward(x + 1) - 1


class Gate(nn.Module):
    """``sigmoid(a) * tanh(b)`` for channels a and b that take turns, so that half of the channels are left.

    Source: van den Oord et al. 2016, arXiv:1606.05328, Eq. (2); channels as in the authors' code
    igul222/improved_wgan_training at fa66c57, gan_64x64.py, ``pixcnn_gated_nonlinearity``.
    """

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, ...)`` for ``x`` of shape ``(N, 2C, ...)``."""
        return x[:, ::2].sigmoid() * x[:, 1::2].tanh()


def activation_layer(activation: Activation) -> nn.Module:
    """An activation of ``(N, C, ...)``.

    * ``"relu"``, ``"elu"``, ``"tanh"``; ``"leaky_relu"`` of slope 0.2.
    * ``"softplus"``: :class:`SmoothELU`.
    * ``"gated"``: :class:`Gate`, the one that leaves fewer channels than it is given.

    Raises:
        UsageError: if ``activation`` is none of these.
    """
    match activation:
        case "relu":
            return nn.ReLU()
        case "leaky_relu":
            return nn.LeakyReLU(0.2)
        case "elu":
            return nn.ELU()
        case "tanh":
            return nn.Tanh()
        case "softplus":
            return SmoothELU()
        case "gated":
            return Gate()
    raise UsageError(f"Expected activation in {get_args(Activation)}, but got {activation!r}. Choose one of them.")


def taken_channels(activation: Activation, channels: int) -> int:
    """How many channels an activation has to be given to leave so many."""
    return 2 * channels if activation == "gated" else channels
