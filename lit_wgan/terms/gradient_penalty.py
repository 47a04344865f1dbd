"""The gradient penalty of WGAN-GP."""

from torch import Tensor

from lit_wgan.functional.penalties import interpolate, norm_penalty
from lit_wgan.terms.base import Draws, Noise, Step
from lit_wgan.terms.gradient_norm import GradientNormTerm


class GradientPenalty(GradientNormTerm):
    """``E[(||grad D(x_hat)||_2 - 1)^2]`` at random points between real and generated samples.

    Logged as ``gradient_penalty``, the mean norm as ``gradient_norm``.

    Args:
        weight: lambda.
        one_sided: penalise only norms above 1 (Appendix C).
        interval: see :class:`Term`.
        mixed_precision: see :class:`GradientNormTerm`.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Eq. (3), Algorithm 1, lines 4 to 7.
    """

    name = "gradient_penalty"
    stream = "eps"

    def __init__(self, weight: float = 10.0, one_sided: bool = False, interval: int = 1, mixed_precision: bool = False):
        super().__init__(weight, interval, mixed_precision)
        self.one_sided = one_sided

    def draw(self, draws: Draws, real: Tensor) -> Noise:
        """Algorithm 1, line 4: ``eps ~ U[0, 1]``, one per sample, shape ``(m,)``."""
        return (draws.uniform(),)

    def points(self, step: Step, *noise: Tensor) -> Tensor:
        """Algorithm 1, line 6: ``x_hat = eps x + (1 - eps) x_tilde``."""
        (eps,) = noise
        return interpolate(step.real.samples, step.fake.samples, eps)

    def penalty(self, norms: Tensor) -> Tensor:
        """Eq. (3): ``E[(||grad|| - 1)^2]``."""
        return norm_penalty(norms, self.one_sided)
