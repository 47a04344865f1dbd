"""Classes as conditions."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import torch
from torch import Tensor

from lit_wgan.data.conditions.given import as_tensor, in_words, one_tensor, shapes_in_words
from lit_wgan.data.conditions.source import ConditionSource, Uniform
from lit_wgan.data.sampler import by_weight
from lit_wgan.engine.minibatches import Condition
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.networks.sizes import Auto, check_known


class ClassLabels(ConditionSource):
    """Class numbers ``(m,)``, int64, from 0 on. Samples are drawn from the classes as often as data has them.

    Args:
        num_classes: how many classes there are.
        for_generator: the labels of the generator's update: those of the real ``minibatch``, or ``uniform`` ones, as
            the authors of WGAN-GP draw them for AC-GAN (igul222/improved_wgan_training at fa66c57,
            gan_cifar_resnet.py).

    Raises:
        UsageError: for a number that is not above 0, and an unknown ``for_generator``.
    """

    known_rows = 2**20

    def __init__(self, num_classes: int | Auto, for_generator: Literal["minibatch", "uniform"] = "minibatch"):
        check_known(num_classes=num_classes)
        num_classes = cast(int, num_classes)
        check_positive(num_classes=num_classes)
        if for_generator not in ("minibatch", "uniform"):
            raise UsageError(
                f"Expected for_generator to be minibatch or uniform, but got {for_generator}. Take one of them."
            )
        self.num_classes = num_classes
        self.for_generator = for_generator
        self.counts = torch.zeros(num_classes, dtype=torch.int64)
        """Training samples of each class, as far as they are known."""

    def of_batch(self, given: Any, rows: int) -> Tensor:
        """The labels as int64, from ``(m,)`` or ``(m, 1)``.

        Their range is checked where they are on a CPU, since a GPU would have to be waited for.

        Raises:
            UsageError: for batches without labels, other types or shapes, and labels out of range.
        """
        expected = f"Expected batches (samples, labels) with whole numbers from 0 to {self.num_classes - 1}"
        given = one_tensor(given, f"{expected} as labels")
        if given.shape == (rows, 1):
            given = given[:, 0]
        if given.is_floating_point() or given.is_complex() or given.shape != (rows,):
            raise UsageError(
                f"{expected}, shape ({rows},), but got labels of {given.dtype}, shape {tuple(given.shape)}. Return one "
                "class number per sample."
            )
        if given.device.type == "cpu" and rows and not 0 <= given.min() <= given.max() < self.num_classes:
            raise UsageError(
                f"{expected}, but got labels from {given.min()} to {given.max()}. Set num_classes, or number the "
                "classes from 0."
            )
        return given.long()

    def asked(self, value: Any, rows: int) -> Tensor:
        """One class number for all samples, or one for each.

        Raises:
            UsageError: for anything but whole numbers from 0 to ``num_classes`` - 1.
        """
        labels = as_tensor(value)
        if (
            labels is None
            or labels.is_floating_point()
            or labels.shape not in ((), (rows,))
            or not bool(((labels >= 0) & (labels < self.num_classes)).all())
        ):
            raise UsageError(
                f"Expected as condition a class from 0 to {self.num_classes - 1}, or {rows} of them, one for each "
                f"sample, but got {in_words(value)}. Give whole numbers in this range."
            )
        return labels.long().expand(rows).clone()

    @property
    def gives_pairs(self) -> bool:  # type: ignore[override]
        """Whether the labels of the generator's update are the minibatch's."""
        return self.for_generator == "minibatch"

    def of_generator(self, condition: Condition, uniform: Uniform) -> Condition:
        """The real minibatch's labels, or uniform ones."""
        return condition if self.gives_pairs else (uniform() * self.num_classes).long()

    def stand_in(self, rows: int) -> Tensor:
        """All classes in turn, from the last one on, which a network for fewer classes cannot take."""
        return (-1 - torch.arange(rows)) % self.num_classes

    def of_samples(self, rows: slice, streams: RandomStreams, device: torch.device | str | None = None) -> Tensor:
        """Labels drawn from the training set's law; as long as that is not known, from all classes alike."""
        counts = self.counts if self.counts.any() else torch.ones_like(self.counts)
        below = counts.double().cumsum(0)
        uniform = streams.uniform("condition/samples", 0, (rows.stop,), rows, dtype=torch.float64)
        return by_weight(below, uniform).to(device)

    def examples(self, count: int) -> Tensor:
        """The first classes."""
        return torch.arange(min(count, self.num_classes))

    def learn_(self, conditions: Condition) -> None:
        """Count labels."""
        self.counts += torch.bincount(cast(Tensor, conditions).cpu(), minlength=self.num_classes)

    @property
    def has_learnt(self) -> bool:
        """Whether so many labels have been counted that more would not matter."""
        return int(self.counts.sum()) >= ConditionSource.known_rows

    def exported(self) -> dict[str, Any]:
        """The counts."""
        return {"counts": self.counts.tolist()}

    def restore_exported_(self, state: Mapping[str, Any]) -> None:
        """Take the counts."""
        self.restore_law_([torch.tensor(state["counts"], dtype=torch.int64)])

    def law(self) -> list[Tensor]:
        """The counts."""
        return [self.counts.clone()] if self.counts.any() else []

    def restore_law_(self, law: Sequence[Tensor]) -> None:
        """Take the counts.

        Raises:
            UsageError: for counts of another number of classes.
        """
        if law:
            if len(law) != 1 or law[0].shape != self.counts.shape or law[0].dtype != torch.int64 or law[0].min() < 0:
                raise UsageError(
                    f"Expected a checkpoint with the counts of {self.num_classes} classes, but got "
                    f"{shapes_in_words(law)}. Give the num_classes it was trained with."
                )
            self.counts = law[0].clone()
