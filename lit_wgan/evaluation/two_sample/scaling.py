"""Samples in units that reference samples give: of their standard deviations, or of their range."""

from torch import Tensor


class Scaling:
    """Subtracts the mean of reference samples and divides by their standard deviation.

    Each column of vectors ``(N, d)`` has its own mean and deviation, each channel of series ``(N, T, d)``, and each of
    fields ``(N, C, ...)``. A constant has none, and is only centred.

    Args:
        reference: shape ``(N, ...)``.
    """

    def __init__(self, reference: Tensor):
        x, axes = reference.double(), _pooled(reference)
        self.mean = x.mean(axes, keepdim=True)
        deviation = (x - self.mean).square().mean(axes, keepdim=True).sqrt()
        # What is left of a constant is the rounding error of its mean.
        self.deviation = deviation.where(deviation > 1e-12 * self.mean.abs(), 1.0)

    def __call__(self, samples: Tensor) -> Tensor:
        """Samples ``(N, ...)`` in these units, float64; those of the reference have mean 0 and deviation 1."""
        return (samples.double() - self.mean) / self.deviation


class UnitRange:
    """Maps the range of reference samples to [0, 1].

    Each column of vectors, channel of series and channel of fields has a range of its own, as for :class:`Scaling`. A
    constant has none, and becomes 0.

    Args:
        reference: shape ``(N, ...)``.
    """

    def __init__(self, reference: Tensor):
        x, axes = reference.double(), _pooled(reference)
        self.least = x.amin(axes, keepdim=True)
        span = x.amax(axes, keepdim=True) - self.least
        self.span = span.where(span > 0, 1.0)

    def __call__(self, samples: Tensor) -> Tensor:
        """Samples ``(N, ...)`` in these units, float64; those of the reference are in ``[0, 1]``."""
        return (samples.double() - self.least) / self.span


def _pooled(samples: Tensor) -> list[int]:
    """The axes over which statistics of samples ``(N, ...)`` are taken: all but that of columns or channels."""
    kept = {1: None, 2: 1, 3: 2}.get(samples.ndim, 1)
    return [axis for axis in range(samples.ndim) if axis != kept]
