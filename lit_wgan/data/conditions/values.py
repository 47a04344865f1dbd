"""Numbers, vectors, images and fields as conditions."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, cast

import torch
from torch import Tensor

from lit_wgan.data.conditions.given import as_tensor, in_words, one_tensor
from lit_wgan.data.conditions.source import ConditionSource
from lit_wgan.data.transforms import Transform, make_transform, restored_transform
from lit_wgan.engine.minibatches import Condition
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.networks.sizes import Auto, check_known


class Values(ConditionSource):
    """Floats ``(m, *shape)``: numbers, vectors, images in [-1, 1], or fields.

    Args:
        shape: of one condition: ``1`` for a number, ``3`` for a vector of three, ``(1, 8, 8)`` for an image.
        transform: through which the networks are told them, such as ``standardise``, or several in turn, fitted to the
            training conditions that are known (see :attr:`ConditionSource.known_rows`); None to tell them as they are.

    Raises:
        UsageError: for sizes that are not above 0, and unknown transforms.
    """

    def __init__(self, shape: int | Sequence[int] | Auto, transform: str | Sequence[str] | None = None):
        check_known(shape=shape)
        self.shape = (shape,) if isinstance(shape, int) else tuple(cast(Sequence[int], shape))
        for size in self.shape:
            check_positive(shape=size)
        self.transform = make_transform(transform)
        self._fitted_to: Tensor | None = None

    def of_batch(self, given: Any, rows: int) -> Tensor:
        """The numbers; where ``shape`` is 1, ``(m,)`` is taken for ``(m, 1)``.

        Raises:
            UsageError: for batches without conditions, and for those of other types or shapes.
        """
        shape = (rows, *self.shape)
        expected = f"Expected batches (samples, conditions) with conditions as floats of shape {shape}"
        given = one_tensor(given, expected)
        if self.shape == (1,) and given.shape == (rows,):
            given = given[:, None]
        if given.shape != shape:
            raise UsageError(
                f"{expected}, but got {given.dtype}, shape {tuple(given.shape)}. Set the shape of model.condition, or "
                "let the data give this one."
            )
        if not given.is_floating_point():
            raise UsageError(
                f"{expected}, but got {given.dtype}. Return floats, images scaled to [-1, 1], or give "
                "lit_wgan.ClassLabels for class numbers."
            )
        return given

    def asked(self, value: Any, rows: int) -> Tensor:
        """One condition for all samples, or one for each.

        Raises:
            UsageError: for other shapes, and for what is not finite.
        """
        values = as_tensor(value)
        fits = values is not None and values.shape in (self.shape, (rows, *self.shape), *self._short_shapes(rows))
        if values is None or not fits or not values.double().isfinite().all():
            one = "a number" if self.shape == (1,) else f"finite numbers of shape {self.shape}"
            raise UsageError(
                f"Expected as condition {one}, or {rows} of them, one for each sample, but got {in_words(value)}. Give "
                "what the networks were trained with."
            )
        if values.shape in ((), (rows,)) and self.shape == (1,) and values.shape != self.shape:
            values = values[..., None]
        return values.to(torch.get_default_dtype()).expand(rows, *self.shape).clone()

    def tell(self, condition: Condition) -> Tensor:
        """The numbers in the networks' units; as they are for as long as no condition of training data is known."""
        told, transform = cast(Tensor, condition), self._fitted()
        return told if transform is None else transform.forward(told)

    def _fitted(self) -> Transform | None:
        """The transform, fitted to what is known; None where there is none, or nothing that it could be fitted to."""
        known = cast(Tensor | None, self.known)
        if self.transform is not None and known is not None and self._fitted_to is not known:
            self.transform.fit(lambda: [known.double()], len(known))
            self._fitted_to = known
        return None if self._fitted_to is None else self.transform

    def exported(self) -> dict[str, Any]:
        """The fitted transform."""
        transform = self._fitted()
        return {"transform": None if transform is None else transform.state()}

    def restore_exported_(self, state: Mapping[str, Any]) -> None:
        """Take the transform; the conditions that it was fitted to are not known."""
        if state["transform"] is not None:
            self.transform, self._fitted_to = restored_transform(state["transform"]), torch.empty(0)

    def _short_shapes(self, rows: int) -> list[tuple[int, ...]]:
        return [(), (rows,)] if self.shape == (1,) else []

    def stand_in(self, rows: int) -> Tensor:
        """Numbers that differ from row to row."""
        count = prod(self.shape)
        return torch.linspace(-1, 1, rows * count).view(rows, *self.shape)

    def examples(self, count: int) -> Tensor:
        """Numbers spread evenly over the training set, in rising order; of vectors and images the first."""
        if self.shape != (1,) or self.known is None:
            return cast(Tensor, super().examples(count))
        ranked = cast(Tensor, self.known).sort(0).values
        return ranked[torch.linspace(0, len(ranked) - 1, min(count, len(ranked))).round().long()]
