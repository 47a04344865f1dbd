"""The DataModule for toy distributions."""

from collections.abc import Callable
from functools import partial
from typing import cast

from torch import Tensor

from lit_wgan.data.adversarial_data import AdversarialData
from lit_wgan.data.toy import ToyDistribution, draw_minibatch, named
from lit_wgan.engine.minibatches import Minibatch, MinibatchSource
from lit_wgan.errors import UsageError, check_positive

__all__ = ["AdversarialData", "ToyData"]


class ToyData(AdversarialData):
    """Samples of a toy distribution, drawn anew for every minibatch.

    Args:
        distribution: ``eight_gaussians``, ``twenty_five_gaussians``, ``swiss_roll``, ``curves``, or
            ``standard_normal``, numbers of N(0, 1); or a :class:`~lit_wgan.data.toy.ToyDistribution` of your own, in
            YAML by its class path.
        batch_size: the global minibatch m.
        num_held_out: samples that validation sees.
        num_workers: see :class:`AdversarialData`.
        num_generated: see :class:`AdversarialData`.
        condition_of: what is told of a sample: for mixtures of Gaussians ``label``, the number of its mode, int64, or
            ``angle``, the cosine and sine of its mode's direction from the origin; for ``curves`` ``frequency``, one
            number in ``[-1, 1)``; None for nothing.

    Raises:
        UsageError: for unknown names or numbers out of range.
    """

    def __init__(
        self,
        distribution: str | ToyDistribution,
        batch_size: int = 256,
        num_held_out: int = 2048,
        num_workers: int = 0,
        num_generated: int = 2048,
        condition_of: str | None = None,
    ):
        super().__init__(batch_size, num_workers, num_generated)
        check_positive(**{"data.num_held_out": num_held_out})
        self.distribution = distribution if isinstance(distribution, ToyDistribution) else named(distribution)
        self.num_held_out = num_held_out
        self.condition_of = condition_of
        if condition_of is not None and condition_of not in self.distribution.conditions:
            raise UsageError(
                f"Expected data.condition_of to be {' or '.join([*self.distribution.conditions, 'null'])} for "
                f"{distribution if isinstance(distribution, str) else type(distribution).__name__}, but got "
                f"{condition_of}. Choose one of these."
            )

    def source(self, rows: slice) -> MinibatchSource:
        """New samples for every minibatch."""
        return ToyMinibatches(self._draw, self.batch_size, rows)

    def held_out(self) -> tuple[Tensor, Tensor | None]:
        """Samples that no minibatch holds."""
        return cast(tuple[Tensor, Tensor | None], self.real_samples(self.num_held_out, train=False))

    def real_samples(self, n: int, train: bool) -> Minibatch:
        """``n`` samples; those of the training data are new ones too, as it has no end."""
        return self._draw("toy/train" if train else "toy/held_out", 0, n)

    def training_conditions(self, n: int) -> Tensor | None:
        """The conditions of ``n`` samples."""
        return cast(Tensor | None, self.real_samples(n, train=True).condition)

    @property
    def _draw(self) -> Callable[..., Minibatch]:
        return partial(draw_minibatch, self.distribution, self.condition_of, self.streams)


class ToyMinibatches:
    """Minibatches of a toy distribution."""

    def __init__(self, draw: Callable[..., Minibatch], batch_size: int, rows: slice):
        self.draw = draw
        self.batch_size = batch_size
        self.rows = rows

    def minibatch(self, number: int) -> Minibatch:
        """This device's rows of minibatch ``number``, m / devices of them."""
        return self.draw("toy/minibatch", number, self.batch_size, self.rows)
