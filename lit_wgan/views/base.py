"""The interface of a view: what the critic sees in place of samples."""

from torch import Tensor

from lit_wgan.errors import UsageError
from lit_wgan.terms.base import Draws, Noise


class View:
    """What the critic sees in place of samples ``(m, ...)``: a function of them and of random numbers.

    Real and generated samples are seen alike: row i of both with the same random numbers, so that pairs remain pairs
    and the points between them are views too. The expected loss is that of independent numbers. A penalty is taken at
    what is seen, with one coefficient and one norm for each row of it.

    A subclass supplies ``__call__`` and, if it takes random numbers, :meth:`draw`. Its n rows of what is seen are those
    of one device: where ``n`` is not ``m``, as in :class:`~lit_wgan.views.Pack`, row i of device r of W has to be row
    ``r + i W`` of what one device alone would see.
    """

    group: int = 1
    """How many samples make up one row of what is seen; every minibatch of a device holds a multiple of it."""

    def draw(self, draws: Draws, x: Tensor) -> Noise:
        """The random numbers of one update, each tensor with m rows; drawn where nothing is compiled."""
        return ()

    def __call__(self, x: Tensor, *noise: Tensor) -> Tensor:
        """What is seen of samples ``(m, ...)``, shape ``(n, ...)``, with gradients to them; compiled."""
        raise NotImplementedError

    def condition(self, c: Tensor, *noise: Tensor) -> Tensor:
        """What the critic is told with it, ``n`` rows, of one tensor ``(m, ...)`` of the samples' condition."""
        return c


def check_group(view: View, samples: int, devices: int) -> None:
    """Raise a UsageError unless a device's ``samples`` of a minibatch can be grouped as the view wants them."""
    if samples % view.group:
        multiple = f"{view.group * devices}{f' for {devices} devices' if devices > 1 else ''}"
        raise UsageError(
            f"Expected minibatches of a multiple of {multiple}, since {type(view).__name__} shows {view.group} samples "
            f"as one, but got {samples * devices}. Set data.batch_size to such a number; give a loader of your own "
            "drop_last=True."
        )
