"""Metrics of nearest neighbours: precision, recall, density, coverage, duplicates, and copies of training samples."""

from torch import Tensor

from lit_wgan.evaluation.distance import density_coverage, precision_recall
from lit_wgan.evaluation.two_sample.pairwise import nearest, nearest_others

ALIKE = 0.1
"""Of the usual distance between neighbours among real samples, up to which two samples are taken for the same."""


def prdc(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Return ``precision``, ``recall``, ``density`` and ``coverage``, in the space of the samples given.

    Args:
        real: shape ``(n, d)``, n above 5.
        fake: shape ``(m, d)``, likewise.

    Source: see :func:`precision_recall` and :func:`density_coverage`.
    """
    x, y = real.float(), fake.float()
    both = precision_recall(x, y) | density_coverage(x, y)
    return {name: both[name] for name in ("precision", "recall", "density", "coverage")}


def memorisation(train: Tensor, held_out: Tensor, fake: Tensor) -> float:
    """Return the share of generated samples that are nearer to the training than to the held-out samples.

    As many training as held-out samples are taken. Both are alike to whatever has not seen either, so 0.5 is expected
    without copying, whatever the quality of the samples. Where samples copy N training samples, of which n are given,
    it is about ``0.5 + n / (2 N)``. A tie counts as one half.

    Args:
        train: shape ``(n, d)`` or longer.
        held_out: shape ``(n, d)`` or longer.
        fake: shape ``(m, d)``.

    Returns:
        In ``[0, 1]``; 1 for copies of the training samples given.

    Source: Meehan et al. 2020, arXiv:2004.05675v1, which asks the same by the distances from training samples of
    generated and of held-out samples; here each generated sample is compared with both sets.
    """
    n = min(len(train), len(held_out))
    to_train, to_held_out = (nearest(fake.double(), part[:n].double()) for part in (train, held_out))
    ties = (to_train == to_held_out).double().mean().item()
    return (to_train < to_held_out).double().mean().item() + ties / 2


def duplicates(real: Tensor, fake: Tensor) -> float:
    """Return the share of generated samples that have a twin: another one, at most a tenth of the usual distance away.

    That is the median distance of a real sample from the nearest other real one. Where real samples are equal to each
    other, such as rows of a table with few columns, generated ones may be: compare with the floor.

    Args:
        real: shape ``(n, d)``.
        fake: shape ``(m, d)``, where m should be n: among more samples neighbours are nearer.

    Returns:
        In ``[0, 1]``; 1 if each sample is there twice. Of samples of the real distribution 1 - 2^(-10^-d) is expected:
        0.07 of numbers, 0.007 of points in the plane, next to nothing in more dimensions.

    Source: Arora and Zhang 2017, arXiv:1706.08224v2, Section 2, who look for duplicates among generated samples by eye.
    """
    usual = nearest_others(real.double()).median()
    return (nearest_others(fake.double()) <= ALIKE * usual).double().mean().item()
