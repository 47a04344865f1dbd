"""Terms that compare each generated sample with the real one of the same condition."""

from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss

from lit_wgan.errors import UsageError
from lit_wgan.terms.base import Metrics, Step, Term


class PairedTerm(Term):
    """The base of terms that compare ``G(z, c)`` with the real sample x that c belongs to.

    Args:
        weight: of the term.
        interval: see :class:`Term`.
    """

    networks = ("generator",)
    needs_pairs = True

    def __init__(self, weight: float = 1.0, interval: int = 1):
        super().__init__(weight, interval)


class L1(PairedTerm):
    """``E[|x - G(z, c)|]``, the mean over samples and their values; logged as ``l1``.

    Source: Isola et al. 2017, arXiv:1611.07004v3, Eq. (3), there with the weight 100.
    """

    name = "l1"

    def __call__(self, step: Step, *noise: Tensor) -> tuple[Tensor, Metrics]:
        """The mean absolute difference."""
        return l1_loss(step.fake.whole, step.real.whole), {}


class MSE(PairedTerm):
    """``E[(x - G(z, c))^2]``, the mean over samples and their values; logged as ``mse``."""

    name = "mse"

    def __call__(self, step: Step, *noise: Tensor) -> tuple[Tensor, Metrics]:
        """The mean squared difference."""
        return mse_loss(step.fake.whole, step.real.whole), {}


class FeatureMatching(PairedTerm):
    """``E[|f_k(x, c) - f_k(G(z, c), c)|]``, averaged over the critic's features f_k; logged as ``feature_matching``.

    The features are what the critic gives behind its scores. Those of real samples are taken as constants.

    Source: Wang et al. 2018, arXiv:1711.11585v2, Eq. (4), there with the weight 10.
    """

    name = "feature_matching"

    def __call__(self, step: Step, *noise: Tensor) -> tuple[Tensor, Metrics]:
        """The mean absolute difference of features.

        Raises:
            UsageError: for a critic that gives none.
        """
        if not step.fake.extras:
            raise UsageError(
                "Expected a critic that gives features behind its scores for FeatureMatching, but got scores alone. "
                "Let its forward return (scores, features, ...)."
            )
        pairs = zip(step.fake.extras, step.real.extras, strict=True)
        distances = [l1_loss(fake, real.detach()) for fake, real in pairs]
        return sum(distances[1:], distances[0]) / len(distances), {}
