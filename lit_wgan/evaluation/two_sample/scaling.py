"""Samples in units of the reference's standard deviations."""

from torch import Tensor


class Scaling:
    """Subtracts the mean of reference samples and divides by their standard deviation.

    Each column of vectors ``(N, d)`` has its own mean and deviation, each channel of series ``(N, T, d)``, and each of
    fields ``(N, C, ...)``. A constant has none, and is only centred.

    Args:
        reference: shape ``(N, ...)``.
    """

    def __init__(self, reference: Tensor):
        x = reference.double()
        kept = {1: None, 2: 1, 3: 2}.get(x.ndim, 1)
        axes = [axis for axis in range(x.ndim) if axis != kept]
        self.mean = x.mean(axes, keepdim=True)
        deviation = (x - self.mean).square().mean(axes, keepdim=True).sqrt()
        # What is left of a constant is the rounding error of its mean.
        self.deviation = deviation.where(deviation > 1e-12 * self.mean.abs(), 1.0)

    def __call__(self, samples: Tensor) -> Tensor:
        """Samples ``(N, ...)`` in these units, float64; those of the reference have mean 0 and deviation 1."""
        return (samples.double() - self.mean) / self.deviation
