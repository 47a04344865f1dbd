"""The zero-centred gradient penalties R1 and R2."""

from torch import Tensor

from lit_wgan.functional.penalties import zero_centred_penalty
from lit_wgan.terms.base import Step
from lit_wgan.terms.gradient_norm import GradientNormTerm


class R1(GradientNormTerm):
    """``1/2 E[||grad D(x)||^2]`` at the real samples x; the weight is the paper's gamma.

    Logged as ``r1``, the mean norm as ``gradient_norm_real``.

    Source: Mescheder et al. 2018, arXiv:1801.04406v4, Eq. (9).
    """

    name = "r1"
    norm_name = "gradient_norm_real"

    def __init__(self, weight: float = 10.0, interval: int = 1, mixed_precision: bool = False):
        super().__init__(weight, interval, mixed_precision)

    def points(self, step: Step, *noise: Tensor) -> Tensor:
        """The real samples."""
        return step.real.samples

    def penalty(self, norms: Tensor) -> Tensor:
        """Eq. (9) without gamma: half the mean squared norm."""
        return zero_centred_penalty(norms) / 2


class R2(R1):
    """``1/2 E[||grad D(x_tilde)||^2]`` at the generated samples; the weight is the paper's gamma.

    Logged as ``r2``, the mean norm as ``gradient_norm_fake``.

    Source: Mescheder et al. 2018, arXiv:1801.04406v4, Eq. (10).
    """

    name = "r2"
    norm_name = "gradient_norm_fake"

    def points(self, step: Step, *noise: Tensor) -> Tensor:
        """The generated samples."""
        return step.fake.samples
