"""Several conditions at once."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from torch import Tensor

from lit_wgan.data.conditions.given import REMEDY, in_words
from lit_wgan.data.conditions.source import ConditionSource
from lit_wgan.engine.minibatches import Condition
from lit_wgan.errors import UsageError


class SeveralConditions(ConditionSource):
    """Several conditions at once, a tuple, each an argument of the networks: ``generator(z, a, b)``.

    Args:
        sources: of each.

    Raises:
        UsageError: for less than two sources, or labels for the generator that are drawn by themselves.
    """

    def __init__(self, sources: Sequence[ConditionSource]):
        if len(sources) < 2 or not all(
            isinstance(source, ConditionSource) and source.gives_pairs for source in sources
        ):
            raise UsageError(
                "Expected at least two sources of conditions, all of the minibatch, but got "
                f"{', '.join(type(source).__name__ for source in sources) or 'none'}. Give a single one by itself."
            )
        self.sources = tuple(sources)
        self.parts = len(self.sources)

    def of_batch(self, given: Any, rows: int) -> tuple[Tensor, ...]:
        """Each source's own, of what stands behind the samples.

        Raises:
            UsageError: for another number of conditions, and what a source refuses.
        """
        return self._each("of_batch", given, rows, f"Expected batches (samples, ...) with {self.parts} conditions each")

    def asked(self, value: Any, rows: int) -> tuple[Tensor, ...]:
        """What each source makes of its part.

        Raises:
            UsageError: for another number of parts, and what a source refuses.
        """
        return self._each("asked", value, rows, f"Expected as condition a list of {self.parts}")

    def _each(self, method: str, given: Any, rows: int, expected: str) -> tuple[Tensor, ...]:
        if given is None:
            raise UsageError(f"{expected}, but got none. {REMEDY}")
        if not isinstance(given, tuple | list) or len(given) != self.parts:
            raise UsageError(f"{expected}, but got {in_words(given)}. Give one for each of model.condition's sources.")
        pairs = zip(self.sources, given, strict=True)
        return tuple(cast(Tensor, getattr(source, method)(part, rows)) for source, part in pairs)

    def stand_in(self, rows: int) -> tuple[Tensor, ...]:
        """Each source's own."""
        return tuple(cast(Tensor, source.stand_in(rows)) for source in self.sources)

    def tell(self, condition: Condition) -> tuple[Tensor, ...]:
        """What each source tells of its part."""
        return tuple(cast(Tensor, source.tell(part)) for source, part in zip(self.sources, condition, strict=True))

    def learn_(self, conditions: Condition) -> None:
        """Each source knows its part, to which it may fit a transform."""
        super().learn_(conditions)
        self._share_known_()

    def restore_law_(self, law: Sequence[Tensor]) -> None:
        """As :meth:`learn_`."""
        super().restore_law_(law)
        self._share_known_()

    def _share_known_(self) -> None:
        for source, part in zip(self.sources, self.known or (), strict=False):
            source.known = part

    def exported(self) -> dict[str, Any]:
        """Each source's own."""
        return {"sources": [source.exported() for source in self.sources]}

    def restore_exported_(self, state: Mapping[str, Any]) -> None:
        """Each source's own."""
        for source, own in zip(self.sources, state["sources"], strict=True):
            source.restore_exported_(own)
