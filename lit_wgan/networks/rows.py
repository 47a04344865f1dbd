"""Given samples in the place of a generator."""

from torch import Tensor, nn


class Rows(nn.Module):
    """Gives samples of a set, each as likely as the others: a fixed generator, against which the critic trains alone.

    Args:
        samples: the set, ``(N, ...)``, floats.

    Input ``z`` of shape ``(m, 1)``, uniform on ``[-1, 1)``, output samples ``(m, ...)``.
    """

    def __init__(self, samples: Tensor):
        super().__init__()
        self.register_buffer("rows", samples, persistent=False)
        self.rows: Tensor

    def forward(self, z: Tensor) -> Tensor:
        """The samples of the numbers ``floor(N (z + 1) / 2)``."""
        count = len(self.rows)
        return self.rows[((z[:, 0] + 1) * (count / 2)).long().clamp(0, count - 1)]
