"""The drift penalty, which keeps scores near 0."""

from torch import Tensor

from lit_wgan.terms.base import Metrics, Step, Term


class Drift(Term):
    """``E[D(x)^2]`` over real samples: a Wasserstein critic's offset is arbitrary, and would wander.

    Source: Karras et al. 2018, arXiv:1710.10196v3, Appendix A.1, epsilon_drift = 0.001.
    """

    name = "drift"

    def __init__(self, weight: float = 0.001, interval: int = 1):
        super().__init__(weight, interval)

    def __call__(self, step: Step, *noise: Tensor) -> tuple[Tensor, Metrics]:
        """The mean squared score of real samples."""
        return step.real.scores.square().mean(), {}
