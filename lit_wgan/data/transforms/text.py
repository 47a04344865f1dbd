"""Text: codes of characters, one-hot for the networks."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from lit_wgan.data.transforms.base import Chunks, Transform

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""What is shown of code 0, which stands for every character that is not in the vocabulary."""


class TextTransform(Transform):
    """Codes of characters ``(N, T)``, and one-hot characters ``(N, T, V)``, of which the largest entry counts.

    Code 0 is the unknown character, code 1 the padding, which fills the ends of short lines.

    Args:
        characters: the others, in the order of their codes.
        padding: one character.
    """

    name = "text"

    def __init__(self, characters: str, padding: str):
        super().__init__()
        self.padding = padding
        self.characters = UNKNOWN + padding + characters

    def fit(self, chunks: Chunks, count: int) -> None:
        """Nothing: the characters are given."""

    def forward(self, x: Tensor) -> Tensor:
        """One-hot characters ``(N, T, V)``."""
        made = x.new_zeros(*x.shape, len(self.characters))
        return made.scatter_(-1, x.long()[..., None], 1)

    def inverse(self, x: Tensor) -> Tensor:
        """Codes ``(N, T)``."""
        return x.argmax(-1).to(x.dtype)

    def lines(self, codes: Tensor) -> list[str]:
        """The text of samples ``(N, T)``, a line each, without the padding at its end."""
        rows = codes.long().tolist()
        return ["".join(self.characters[code] for code in row).rstrip(self.padding) for row in rows]

    def kind(self) -> list[Any]:
        """The vocabulary."""
        return [self.name, self.characters]

    def in_words(self) -> str:
        """The size of the vocabulary, and its most common characters."""
        return f"text of {len(self.characters)} characters ({self.characters[2:12]!r}, ...), padding {self.padding!r}"

    def state(self) -> dict[str, Any]:
        """See :class:`Transform`."""
        return {"name": self.name, "characters": self.characters[2:], "padding": self.padding}

    def network_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """``(T, V)``."""
        return (*shape, len(self.characters))
