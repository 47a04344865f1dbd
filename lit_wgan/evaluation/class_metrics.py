"""Metrics of class-conditional generators: whether samples show the class that they were told, and FID by class."""

from dataclasses import replace
from statistics import fmean

import numpy as np
import torch
from torch import Tensor

from lit_wgan.evaluation.classes import LEAST, SampleClasses
from lit_wgan.evaluation.fid import fid, statistics
from lit_wgan.evaluation.reference import Reference
from lit_wgan.evaluation.sums import ClassHits
from lit_wgan.runs.metric_names import OF_CLASS


def accuracy(hits: ClassHits) -> dict[str, float]:
    """The share of samples that the extractor takes for the class they were told: of all, and of each class.

    Each is in ``[0, 1]``; a class without samples has none.
    """
    told, right = (counts.tolist() for counts in hits.compute())
    of_classes = {f"accuracy{OF_CLASS}{label}": right[label] / told[label] for label in range(len(told)) if told[label]}
    return {"accuracy": sum(right) / sum(told)} | of_classes


def intra_fid(
    features: Tensor, classes: SampleClasses, references: dict[int, Reference], compat: str
) -> dict[str, float]:
    """FID between the samples and the real images of each class, and the mean over classes.

    Args:
        features: of all samples, ``(N, D)``.
        classes: that the samples were told.
        references: the statistics of the real images of each class, of which there are at least two.
        compat: as the option of that name.

    Source: Miyato and Koyama 2018, arXiv:1802.05637, who call it intra FID
    """
    counts = classes.counts
    measured = [label for label in sorted(references) if label < classes.number and counts[label] >= LEAST]
    values = {label: fid(features[classes.labels == label], references[label], compat) for label in measured}
    return {"intra_fid": fmean(values.values())} | {f"intra_fid{OF_CLASS}{k}": value for k, value in values.items()}


def statistics_of_classes(
    features: Tensor, labels: np.ndarray, numbers: list[int], shape: tuple[int, ...], compat: str
) -> dict[int, Reference]:
    """The statistics of the real images of some classes.

    Args:
        features: of all real images, ``(N, D)``.
        labels: their classes, ``(N,)``.
        numbers: the classes wanted.
        shape: of an image.
        compat: as the option of that name.
    """
    found = {}
    for number in numbers:
        own = features[torch.from_numpy(labels == number)]
        found[number] = replace(statistics(own, compat), count=len(own), shape=shape)
    return found
