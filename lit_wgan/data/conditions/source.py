"""The interface of what tells both networks what a sample is a sample of."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import torch
from torch import Tensor

from lit_wgan.data.conditions.given import as_tensor, as_tuple, first_part, shapes_in_words, told_to
from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import RandomStreams


class Uniform(Protocol):
    """Draws uniform numbers in ``[0, 1)`` for this device's rows of the generator's minibatch."""

    def __call__(self, *shape: int) -> Tensor:
        """Numbers of the given shape for each row, ``(m, *shape)``; others at every call."""


class ConditionSource:
    """What the networks of a conditional system are told. Subclasses say what a condition is.

    In training it comes with each real minibatch; the generated samples carry the same, row by row. Sample number i is
    drawn under condition i of those that are known of the training set. They are kept in the checkpoint, so that the
    data set need not be at hand.
    """

    parts = 1
    """The number of tensors that make up a condition, each an argument of the networks."""
    gives_pairs = True
    """Whether the generator's update is made under the real minibatch's own conditions."""
    known_rows = 2048
    """As many conditions of the training set are kept, at most."""

    known: Condition | None = None
    """Conditions of training samples, on the CPU; None before training."""

    # What a subclass supplies.

    def of_batch(self, given: Any, rows: int) -> Condition:
        """The condition of ``rows`` samples, from what a loader gave beside them.

        Raises:
            UsageError: if that is no condition for so many samples.
        """
        raise NotImplementedError

    def stand_in(self, rows: int) -> Condition:
        """Conditions of the right shape, on the CPU, for as long as none is known."""
        raise NotImplementedError

    # What it may change.

    def asked(self, value: Any, rows: int) -> Condition:
        """The condition of ``rows`` samples that a user asks for: one for each or, where a subclass lets it, for all.

        Raises:
            UsageError: for what is no condition.
        """
        tensor = as_tensor(value) if self.parts == 1 else None
        return self.of_batch(value if tensor is None else tensor, rows)

    def tell(self, condition: Condition) -> Condition:
        """A condition in the networks' units, of one in the data's own."""
        return condition

    def of_generator(self, condition: Condition, uniform: Uniform) -> Condition:
        """What the samples of the generator's update are made under; the real minibatch has ``condition``.

        Both are in the networks' units.
        """
        return condition

    def of_samples(self, rows: slice, streams: RandomStreams, device: torch.device | str | None = None) -> Condition:
        """The conditions of the generated samples of the given numbers, always the same once those of data are known.

        Args:
            rows: the numbers, with an end.
            streams: the run's random numbers.
            device: for the conditions.
        """
        numbers = torch.arange(rows.stop)[rows]
        if self.known is None:
            return told_to(self.stand_in(len(numbers)), device)
        chosen = numbers % len(first_part(self.known))
        return told_to(cast(Condition, map_condition(lambda part: part[chosen], self.known)), device)

    def examples(self, count: int) -> Condition:
        """At most ``count`` conditions, on the CPU, that show what samples depend on: the columns of a picture."""
        known = self.stand_in(count) if self.known is None else self.known
        return cast(Condition, map_condition(lambda part: part[:count], known))

    def learn_(self, conditions: Condition) -> None:
        """Add conditions of training samples to those that are known, on the CPU."""
        new = told_to(conditions, "cpu")
        if self.known is not None:
            new = cast(Condition, map_condition(lambda *rows: torch.cat(rows), self.known, new))
        self.known = self._kept(new)

    @property
    def has_learnt(self) -> bool:
        """Whether as many conditions are known as are kept."""
        return self.known is not None and len(first_part(self.known)) >= self.known_rows

    def _kept(self, conditions: Condition) -> Condition:
        return cast(Condition, map_condition(lambda part: part[: self.known_rows].clone(), conditions))

    # In exports.

    def exported(self) -> dict[str, Any]:
        """What samples depend on, in plain types and tensors, without any condition of a training sample."""
        return {}

    def restore_exported_(self, state: Mapping[str, Any]) -> None:
        """Take what :meth:`exported` gave."""

    # In checkpoints.

    def law(self) -> list[Tensor]:
        """What is known of the training set's conditions, to be saved."""
        return [] if self.known is None else list(as_tuple(self.known))

    def restore_law_(self, law: Sequence[Tensor]) -> None:
        """Know again what :meth:`law` gave.

        Raises:
            UsageError: for the law of another kind of conditions.
        """
        if not law:
            return
        rows = law[0].shape[0] if law[0].ndim else 0
        try:
            if len(law) != self.parts or not rows:
                raise UsageError("not as many")
            self.known = self.of_batch(tuple(law) if self.parts > 1 else law[0], rows)
        except UsageError as error:
            raise UsageError(
                f"Expected a checkpoint with conditions as {type(self).__name__} takes them, but got "
                f"{shapes_in_words(law)}. Give the model.condition it was trained with."
            ) from error
