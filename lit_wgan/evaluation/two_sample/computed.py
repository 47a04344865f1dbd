"""The functions that compute the metrics of samples, by what the option ``metrics`` asks for."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from lit_wgan.evaluation.two_sample.classifier import classifier_auc
from lit_wgan.evaluation.two_sample.correlations import autocorrelation_distance, correlation_distance
from lit_wgan.evaluation.two_sample.kernels import energy_distance, mmd
from lit_wgan.evaluation.two_sample.kinds import NGRAMS
from lit_wgan.evaluation.two_sample.neighbours import duplicates, memorisation, prdc
from lit_wgan.evaluation.two_sample.ngrams import ngram_jsd
from lit_wgan.evaluation.two_sample.parzen import parzen
from lit_wgan.evaluation.two_sample.spectrum import spectrum_distance
from lit_wgan.evaluation.two_sample.transport import sliced_w1, w1_per_feature
from lit_wgan.evaluation.wasserstein import exact_w1


class Sets(NamedTuple):
    """What is compared, in the units of the metric, each of shape ``(N, ...)``, on the CPU.

    Args:
        real: the reference.
        fake: the generated samples.
        train: training samples, for metrics that need them.
    """

    real: Tensor
    fake: Tensor
    train: Tensor

    def vectors(self) -> tuple[Tensor, Tensor]:
        """The reference and the generated samples as vectors ``(N, d)``."""
        return self.real.flatten(1), self.fake.flatten(1)


def _mean_and_max(distances: Tensor) -> dict[str, float]:
    return {"w1_feature_mean": distances.mean().item(), "w1_feature_max": distances.max().item()}


COMPUTE: dict[str, Callable[[Sets, int], float | dict[str, float]]] = {
    "w1": lambda sets, seed: exact_w1(sets.real, sets.fake),
    "sliced_w1": lambda sets, seed: sliced_w1(*sets.vectors(), seed=seed),
    "w1_per_feature": lambda sets, seed: _mean_and_max(w1_per_feature(*sets.vectors())),
    "mmd": lambda sets, seed: mmd(*sets.vectors()),
    "energy": lambda sets, seed: energy_distance(*sets.vectors()),
    "auc": lambda sets, seed: classifier_auc(*sets.vectors(), seed=seed),
    "correlation": lambda sets, seed: correlation_distance(*sets.vectors()),
    "spectrum": lambda sets, seed: spectrum_distance(sets.real, sets.fake),
    "autocorrelation": lambda sets, seed: autocorrelation_distance(sets.real, sets.fake),
    "prdc": lambda sets, seed: prdc(*sets.vectors()),
    "duplicates": lambda sets, seed: duplicates(*sets.vectors()),
    "memorisation": lambda sets, seed: memorisation(sets.train.flatten(1), *sets.vectors()),
    "parzen": lambda sets, seed: parzen(sets.real, sets.fake),
    "ngram_jsd": lambda sets, seed: {name: ngram_jsd(sets.real, sets.fake, n) for n, name in enumerate(NGRAMS, 1)},
}
"""Each is a function of the samples and of the seed of its random numbers."""
