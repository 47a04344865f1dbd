"""Tables: numbers through a transform of their own, categories as one-hot blocks."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from lit_wgan.data.transforms.base import Chunks, Transform


class TableTransform(Transform):
    """Rows of a table, ``(N, columns)`` with the codes of categories, and their encoding, blocks in the columns' order.

    A number is a block of one, a category of k a one-hot block of k. Back in the data's own units, a block's largest
    entry is its category.

    Args:
        names: of the columns.
        categories: of each column, in the order of their codes; empty for a column of numbers.
        numbers: the transform of all columns of numbers, ``(N, numbers)``; None to take them as they are.
        whole: for each column, whether it holds whole numbers alone, to which samples are rounded.
    """

    name = "table"

    def __init__(
        self,
        names: Sequence[str],
        categories: Sequence[Sequence[str]],
        numbers: Transform | None = None,
        whole: Sequence[bool] = (),
    ):
        super().__init__()
        self.names = list(names)
        self.categories = [list(each) for each in categories]
        self.of_numbers = numbers
        self.whole = list(whole) or [False] * len(self.names)
        self._numeric = [column for column, known in enumerate(self.categories) if not known]

    @property
    def columns(self) -> list[int]:
        """The sizes of the blocks: 1 for a number, k for a category of k."""
        return [len(known) or 1 for known in self.categories]

    def fit(self, chunks: Chunks, count: int) -> None:
        """Fit the transform of the numbers."""
        if self.of_numbers is not None and self._numeric:
            self.of_numbers.fit(lambda: (x[:, self._numeric] for x in chunks()), count)

    def forward(self, x: Tensor) -> Tensor:
        """Encoded rows ``(N, sum of columns)``."""
        numbers = x[:, self._numeric]
        numbers = iter((numbers if self.of_numbers is None else self.of_numbers.forward(numbers)).split(1, 1))
        blocks = [
            one_hot(x[:, column].long(), size).to(x.dtype) if self.categories[column] else next(numbers)
            for column, size in enumerate(self.columns)
        ]
        return torch.cat(blocks, 1)

    def inverse(self, x: Tensor) -> Tensor:
        """Rows ``(N, columns)``."""
        blocks = x.split(self.columns, 1)
        numbers = torch.cat([x[:, :0], *(blocks[column] for column in self._numeric)], 1)
        if self.of_numbers is not None and self._numeric:
            numbers = self.of_numbers.inverse(numbers)
        rows = [block.argmax(1, keepdim=True).to(x.dtype) for block in blocks]
        for column, values in zip(self._numeric, numbers.split(1, 1), strict=True):
            rows[column] = values.round() if self.whole[column] else values
        return torch.cat(rows, 1)

    def kind(self) -> list[Any]:
        """The columns, and the transform of numbers."""
        own = None if self.of_numbers is None else self.of_numbers.kind()
        return [self.name, self.names, self.categories, own]

    def in_words(self) -> str:
        """The first columns, and the transform of numbers."""
        names = ", ".join(self.names[:5]) + (", ..." if len(self.names) > 5 else "")
        numbers = "no transform" if self.of_numbers is None else self.of_numbers.in_words()
        return (
            f"a table of {len(self.names)} columns ({names}; {sum(self.columns)} numbers as networks see it), {numbers}"
        )

    def state(self) -> dict[str, Any]:
        """See :class:`Transform`."""
        own = None if self.of_numbers is None else self.of_numbers.state()
        parts = {"names": self.names, "categories": self.categories, "whole": self.whole, "of_numbers": own}
        return {"name": self.name, **parts}

    def network_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The width of an encoded row."""
        return (sum(self.columns),)
