"""How a critic is trained to tell the distance between two sets of samples. Imports nothing heavy."""

from dataclasses import dataclass
from typing import Literal

from lit_wgan.errors import UsageError, check_positive

Network = Literal["auto", "mlp", "dcgan"]


@dataclass(frozen=True, kw_only=True)
class CriticOptions:
    """How the critic is trained.

    Args:
        updates: of the critic.
        gp_weight: the weight lambda of the gradient penalty.
        network: ``mlp``, ``dcgan`` for images ``(N, C, H, W)``, or ``auto`` for the one that suits the samples.
        width: of the network: units of each of its three hidden layers, or channels at its finest resolution.
        learning_rate: of Adam.
        batch_size: the minibatch m, or as many samples as there are.
        seed: of weights, minibatches and the choice of samples.

    Raises:
        UsageError: for numbers out of range.
    """

    updates: int = 2000
    gp_weight: float = 10.0
    network: Network = "auto"
    width: int = 64
    learning_rate: float = 1e-3
    batch_size: int = 256
    seed: int = 0

    def __post_init__(self) -> None:
        numbers = ("updates", "gp_weight", "width", "learning_rate", "batch_size")
        check_positive(**{f"--{name}": getattr(self, name) for name in numbers})
        if self.seed < 0:
            raise UsageError(f"Expected --seed to be at least 0, but got {self.seed}. Take another number.")
