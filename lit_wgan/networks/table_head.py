"""The last layer of generators of tables: numbers, and categories by Gumbel softmax."""

from collections.abc import Sequence
from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn import functional

from lit_wgan.errors import UsageError, check_positive
from lit_wgan.networks.sizes import Auto, known_shape


class TableHead(nn.Module):
    """Encoded rows of a table from the outputs of a network, without weights of its own.

    An encoded row has a block for each column, in the order of the columns: one number, or for a category of k a
    one-hot block of k. A table of a number, a category of three and a number has ``columns=[1, 3, 1]``, rows of five.

    A category is drawn with the probabilities that the softmax of its block says. In training, its block is the Gumbel
    softmax, nearly one-hot and with a gradient; in evaluation it is one-hot, as in the data. The softmax itself would
    do for neither: its largest entry is always the likeliest category, and critics tell it from one-hot rows at once.
    The random numbers are those of torch's generator, which systems seed for each update.

    Args:
        columns: size of each column's block: 1 for a number, k > 1 for a category of k.
        squash: let numbers go through tanh, for data in ``[-1, 1]``; if not, they are not bounded.
        tau: temperature of the Gumbel softmax. The lower, the closer to one-hot, and the larger some gradients.

    Input and output ``(N, sum of columns)``; categories are computed in float32 at least.

    Raises:
        UsageError: for a table without columns, and for sizes or a temperature that are not above 0.

    Source: Jang et al. 2017, arXiv:1611.01144, Section 2; for tables, with ``tau=0.2``, Xu et al. 2019,
    arXiv:1907.00503, Section 4.4.
    """

    def __init__(self, columns: Sequence[int] | Auto, squash: bool = False, tau: float = 0.2):
        super().__init__()
        self.columns = known_shape("columns", columns)
        if not self.columns:
            raise UsageError("Expected columns of a table, but got none. Give the size of each column's block.")
        for size in self.columns:
            check_positive(columns=size)
        check_positive(tau=tau)
        self.squash = squash
        self.tau = tau
        # Neighbouring numbers are computed together.
        self._blocks = [
            (is_number, size)
            for is_number, run in groupby(self.columns, lambda size: size == 1)
            for size in ([len(list(run))] if is_number else run)
        ]

    def forward(self, x: Tensor) -> Tensor:
        """Encoded rows ``(N, sum of columns)``."""
        blocks = x.split([size for _, size in self._blocks], 1)
        made = [
            self._numbers(block) if is_number else self._category(block)
            for (is_number, _), block in zip(self._blocks, blocks, strict=True)
        ]
        return torch.cat(made, 1)

    def _numbers(self, block: Tensor) -> Tensor:
        return block.tanh() if self.squash else block

    def _category(self, logits: Tensor) -> Tensor:
        # In 16 bits, noise of this law would round to infinity.
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        return functional.gumbel_softmax(logits, self.tau, hard=not self.training)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"columns={list(self.columns)}, squash={self.squash}, tau={self.tau}"
