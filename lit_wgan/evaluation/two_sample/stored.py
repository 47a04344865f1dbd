"""Comparing samples that are stored in files."""

import numpy as np
import torch
from torch import Tensor

from lit_wgan.data.floats import as_floats
from lit_wgan.data.stored.base import StoredArray
from lit_wgan.data.stored.opening import open_array
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.two_sample.compare import Comparison
from lit_wgan.evaluation.two_sample.result import SampleProtocol, SampleResult


def _taken(array: StoredArray, rows: np.ndarray) -> Tensor:
    return as_floats(torch.from_numpy(array.take(rows)))


def compare_stored(
    comparison: Comparison, samples: str, reference: str | None, train: str | None, at_most: int
) -> SampleResult:
    """Compare samples in files.

    Args:
        comparison: what to compute.
        samples: file of the generated samples.
        reference: file of real ones, held out from training.
        train: file of training samples, of which the floors are; without it they are of one half of the reference
            against the other, and samples are compared with the first half alone.
        at_most: the number of samples; fewer where a file holds fewer.

    Raises:
        UsageError: for files that cannot be read or compared.
    """
    if reference is None:
        raise UsageError("Expected a --reference, a file of real samples (N, ...), but got none. Give one.")
    of_fake, of_real = open_array(samples, "--samples"), open_array(reference, "--reference")
    count = of_real.shape[0]
    rows, others = np.arange(count), np.arange(0)
    described, floor = f"{count} samples of {reference}", "the other half of the reference"
    if train is None:
        comparison.check_without_train()
        rows, others = np.split(np.random.RandomState(comparison.seed).permutation(count)[: count // 2 * 2], 2)
        of_train, described = of_real, f"one half of the {described}"
    else:
        of_train = open_array(train, "--train")
        others, floor = np.arange(of_train.shape[0]), f"{of_train.shape[0]} training samples of {train}"
    n = min(at_most, of_fake.shape[0], len(rows), len(others))
    if not n:
        raise UsageError(f"Expected at least 2 samples in {reference}, but got {count}. Add some, or give --train.")
    real, fake = _taken(of_real, rows[:n]), _taken(of_fake, np.arange(n))
    of_training = _taken(of_train, others[:n])
    found = comparison.measure(real, fake, of_training) | comparison.floors(real, of_training)
    protocol = SampleProtocol(
        samples=samples,
        reference=described,
        floor=floor,
        num_samples=n,
        shape=tuple(fake.shape[1:]),
        **comparison.of_protocol(),
    )
    return SampleResult(found, protocol)
