"""The mean of several samples of one condition against the truth."""

from torch import Tensor
from torch.nn.functional import mse_loss

from lit_wgan.errors import UsageError
from lit_wgan.terms.base import Draws, Metrics, Noise, Step
from lit_wgan.terms.paired import PairedTerm


class EnsembleMean(PairedTerm):
    """``E[(x - 1/k sum_i G(z_i, c))^2]``: the samples of a condition scatter around the truth, each need not meet it.

    Logged as ``ensemble_mean``. The first of the k samples is the one that the critic judges.

    Args:
        weight: of the term.
        samples: k, how many samples of each condition are averaged, at least 2.
        interval: see :class:`Term`.

    Raises:
        UsageError: for numbers out of range.

    Source: Harris et al. 2022, arXiv:2204.02028, the content loss, there with 8 samples.
    """

    name = "ensemble_mean"

    def __init__(self, weight: float = 1.0, samples: int = 8, interval: int = 1):
        super().__init__(weight, interval)
        if samples < 2:
            raise UsageError(f"Expected samples to be at least 2, but got {samples}. For one, take MSE.")
        self.samples = samples

    def draw(self, draws: Draws, real: Tensor) -> Noise:
        """The noise of all samples but the first, each ``(m, *latent_shape)``."""
        return tuple(draws.z() for _ in range(self.samples - 1))

    def __call__(self, step: Step, *noise: Tensor) -> tuple[Tensor, Metrics]:
        """The mean squared difference of the samples' mean."""
        others = [step.generator(z) for z in noise]
        return mse_loss(sum(others, step.fake.whole) / self.samples, step.real.whole), {}
