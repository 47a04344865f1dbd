"""Several transforms, one after another."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torch import Tensor

from lit_wgan.data.transforms.base import Chunks, Transform


class Chain(Transform):
    """Transforms in the order in which they are taken; each is fitted to what those before it make.

    Args:
        steps: of the chain.
    """

    name = "chain"

    def __init__(self, steps: Sequence[Transform]):
        super().__init__()
        self.steps = list(steps)

    def fit(self, chunks: Chunks, count: int) -> None:
        """Fit one step after another."""
        for number, step in enumerate(self.steps):
            step.fit(self._after(number, chunks), count)

    def _after(self, number: int, chunks: Chunks) -> Callable[[], Iterable[Tensor]]:
        def transformed() -> Iterable[Tensor]:
            for x in chunks():
                for step in self.steps[:number]:
                    x = step.forward(x)
                yield x

        return transformed

    def forward(self, x: Tensor) -> Tensor:
        """All steps."""
        for step in self.steps:
            x = step.forward(x)
        return x

    def inverse(self, x: Tensor) -> Tensor:
        """All steps back, the last one first."""
        for step in reversed(self.steps):
            x = step.inverse(x)
        return x

    def kind(self) -> list[Any]:
        """Those of the steps."""
        return [self.name, *(step.kind() for step in self.steps)]

    def in_words(self) -> str:
        """Those of the steps."""
        return ", ".join(step.in_words() for step in self.steps)

    def state(self) -> dict[str, Any]:
        """See :class:`Transform`."""
        return {"name": self.name, "steps": [step.state() for step in self.steps]}
