"""The gradient penalty of WGAN-GP."""

from typing import Literal, get_args

from torch import Tensor

from lit_wgan.errors import UsageError
from lit_wgan.functional.penalties import interpolate, joint_gradient_norm, norm_penalty
from lit_wgan.terms.base import Draws, Noise, Step
from lit_wgan.terms.gradient_norm import GradientNormTerm

Over = Literal["samples", "samples_and_condition"]
"""What the penalised gradient is taken with respect to."""


class GradientPenalty(GradientNormTerm):
    """``E[(||grad D(x_hat)||_2 - 1)^2]`` at random points between real and generated samples.

    Logged as ``gradient_penalty``, the mean norm as ``gradient_norm``.

    Args:
        weight: lambda.
        one_sided: penalise only norms above 1 (Appendix C).
        interval: see :class:`Term`.
        mixed_precision: see :class:`GradientNormTerm`.
        over: ``samples``, with the condition fixed; or ``samples_and_condition``, so that the critic is 1-Lipschitz in
            both, for conditions that are numbers, vectors or images (Ray et al. 2023, arXiv:2306.04895).

    Raises:
        UsageError: for numbers out of range and, when it is called, for conditions without a gradient.

    Source: Gulrajani et al. 2017, arXiv:1704.00028v3, Eq. (3), Algorithm 1, lines 4 to 7.
    """

    name = "gradient_penalty"
    stream = "eps"

    def __init__(
        self,
        weight: float = 10.0,
        one_sided: bool = False,
        interval: int = 1,
        mixed_precision: bool = False,
        over: Over = "samples",
    ):
        super().__init__(weight, interval, mixed_precision)
        if over not in get_args(Over):
            raise UsageError(f"Expected gp_over to be one of {', '.join(get_args(Over))}, but got {over}. Take one.")
        self.one_sided = one_sided
        self.over = over

    def draw(self, draws: Draws, real: Tensor) -> Noise:
        """Algorithm 1, line 4: ``eps ~ U[0, 1]``, one per sample, shape ``(m,)``."""
        return (draws.uniform(),)

    def points(self, step: Step, *noise: Tensor) -> Tensor:
        """Algorithm 1, line 6: ``x_hat = eps x + (1 - eps) x_tilde``."""
        (eps,) = noise
        return interpolate(step.real.samples, step.fake.samples, eps)

    def norms(self, step: Step, x: Tensor) -> Tensor:
        """The gradient's norms with respect to x, or to x and the condition."""
        if self.over == "samples":
            return super().norms(step, x)
        condition = step.condition if isinstance(step.condition, tuple) else (step.condition,)
        numbers = [part.to(x.dtype) for part in condition if isinstance(part, Tensor) and part.is_floating_point()]
        if len(numbers) < len(condition):
            raise UsageError(
                "Expected a condition of numbers for gp_over=samples_and_condition, but got "
                f"{'none' if step.condition is None else 'class numbers'}, which have no gradient. Take samples."
            )

        def critic(x: Tensor, *parts: Tensor) -> Tensor:
            return step.critic(x, parts if isinstance(step.condition, tuple) else parts[0])

        return joint_gradient_norm(critic, x, *numbers)

    def penalty(self, norms: Tensor) -> Tensor:
        """Eq. (3): ``E[(||grad|| - 1)^2]``."""
        return norm_penalty(norms, self.one_sided)
