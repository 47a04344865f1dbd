"""The gradient penalty of DRAGAN."""

from torch import Tensor

from lit_wgan.engine.collectives import average_
from lit_wgan.functional.penalties import norm_penalty
from lit_wgan.terms.base import Draws, Noise, Step
from lit_wgan.terms.gradient_norm import GradientNormTerm


class DRAGAN(GradientNormTerm):
    """``E[(||grad D(x + delta)||_2 - 1)^2]`` around the real samples x.

    Logged as ``dragan``, the mean norm as ``gradient_norm_perturbed``. The perturbation is that of the authors' code,
    ``delta = alpha scale std(x) u`` with ``alpha ~ U[0, 1]`` for each sample and ``u ~ U[0, 1]`` for each of its
    numbers; the paper says ``N(0, c I)``.

    Args:
        weight: lambda.
        scale: of the perturbation, in standard deviations of the minibatch.
        interval: see :class:`Term`.
        mixed_precision: see :class:`GradientNormTerm`.

    Source: Kodali et al. 2017, arXiv:1705.07215; code of the authors, kodalinaveen3/DRAGAN.
    """

    name = "dragan"
    norm_name = "gradient_norm_perturbed"

    def __init__(self, weight: float = 10.0, scale: float = 0.5, interval: int = 1, mixed_precision: bool = False):
        super().__init__(weight, interval, mixed_precision)
        self.scale = scale

    def draw(self, draws: Draws, real: Tensor) -> Noise:
        """The perturbation delta, like ``real``. Its size is that of the global minibatch, the same on all devices."""
        moments = [real.mean(), real.square().mean()]
        average_(moments)
        mean, mean_square = moments
        std = (mean_square - mean.square()).clamp(min=0).sqrt()
        alpha = draws.uniform().view(-1, *[1] * (real.ndim - 1))
        return (self.scale * std * alpha * draws.uniform(*real.shape[1:]),)

    def points(self, step: Step, *noise: Tensor) -> Tensor:
        """``x + delta``."""
        (delta,) = noise
        return step.real.samples + delta

    def penalty(self, norms: Tensor) -> Tensor:
        """``E[(||grad|| - 1)^2]``."""
        return norm_penalty(norms)
