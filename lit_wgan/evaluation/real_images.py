"""The real images of an evaluation and their statistics: from a file, from the cache, or by a pass over the images."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from lit_wgan.engine.collectives import on_rank_zero
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.cached_reference import CachedReference
from lit_wgan.evaluation.class_metrics import statistics_of_classes
from lit_wgan.evaluation.classes import class_numbers
from lit_wgan.evaluation.collect import collect
from lit_wgan.evaluation.extractors import Extractor, takes_floats
from lit_wgan.evaluation.image_sets import ImageSet, open_image_set
from lit_wgan.evaluation.images import StoredImages
from lit_wgan.evaluation.metrics import FROM_FEATURES, accumulator_for, reference_from
from lit_wgan.evaluation.options import EvaluationOptions
from lit_wgan.evaluation.reference import Reference, read_npz


class RealImages:
    """Opens the reference of an evaluation, and computes its statistics once.

    Args:
        options: of the evaluation.

    Raises:
        UsageError: for a reference that is missing, cannot be used, or does not suffice for the metrics.
    """

    def __init__(self, options: EvaluationOptions):
        self.options = options
        self.description = str(options.reference)
        self.images: ImageSet | None = None
        self.classes = np.zeros(0, np.int64)
        """The class of each image, if a metric needs it."""
        self._statistics: Reference | None = None
        metrics = sorted(set(options.metrics))
        if self.description.endswith(".npz"):
            need_images = {*FROM_FEATURES, "intra_fid"} & {*metrics}
            self._statistics = self._read_statistics(sorted(need_images))
        elif options.reference is not None:
            self.images = open_image_set(options.reference, floats=takes_floats(options.extractor))
            self.description = self.images.description
        elif not options.compares:
            self._statistics = Reference()
        else:
            raise UsageError(
                f"Expected a reference for {', '.join(metrics)}, but got none. Give the real images, or their "
                "statistics in an .npz file; isc and acc alone need neither."
            )
        if self.images is not None and "intra_fid" in metrics:
            self.classes = self._read_classes(len(self.images.images))

    @property
    def num_images(self) -> int | None:
        """The number of real images, or None if only their statistics are known."""
        return None if self.images is None else len(self.images.images)

    @property
    def class_counts(self) -> list[int]:
        """The number of images of each class, up to the last that has some."""
        return np.bincount(self.classes).tolist()

    def statistics(self, extractor: Extractor, device: torch.device, progress: bool) -> Reference:
        """The statistics, complete on rank 0, on other ranks without the large parts."""
        if not self.options.compares:
            return Reference()
        if self._statistics is None:
            self._statistics = self._cached(extractor) or self._computed(extractor, device, progress)
        return self._statistics

    def _read_classes(self, images: int) -> np.ndarray:
        if self.options.reference_classes is None:
            raise UsageError(
                "Expected reference_classes, the class numbers of the real images, for intra_fid, but got none. Give "
                "them, or leave out the reference, to take a training set with class labels."
            )
        return class_numbers(self.options.reference_classes, images, "reference_classes")

    def _read_statistics(self, need_images: list[str]) -> Reference:
        if need_images:
            raise UsageError(
                f"Expected real images as the reference of {' and '.join(need_images)}, but got the statistics "
                f"{self.description}. Give the images, or leave these metrics out."
            )
        return read_npz(Path(self.description))

    def _cached(self, extractor: Extractor) -> Reference | None:
        if FROM_FEATURES.keys() & set(self.options.metrics):  # no file holds every feature
            return None
        return _complete_on_rank_zero(self._cache(extractor).read)

    def _computed(self, extractor: Extractor, device: torch.device, progress: bool) -> Reference:
        assert self.images is not None
        source, layers = StoredImages(self.images.images), extractor.layers
        accumulator = accumulator_for(self.options, layers, len(source), reference=None)
        shape = collect(source, extractor, accumulator, device, None, "real images" if progress else "")

        def summarise() -> Reference:
            reference, cache = reference_from(accumulator, shape, layers), self._cache(extractor)
            if "intra_fid" in layers:
                features, compat = accumulator.kept[layers["intra_fid"]], self.options.compat
                of_classes = statistics_of_classes(features, self.classes, cache.labels, shape, compat)
                reference = replace(reference, by_class=of_classes)
            cache.write(reference)
            return reference

        reference = _complete_on_rank_zero(summarise)
        assert reference is not None
        return reference

    def _cache(self, extractor: Extractor) -> CachedReference:
        assert self.images is not None
        return CachedReference(self.options, extractor, self.images.key, self.classes)


def _complete_on_rank_zero(function: Callable[[], Reference | None]) -> Reference | None:
    """Run on rank 0; return the result there, and its summary on every other rank."""
    complete: list[Reference] = []

    def summary() -> Reference | None:
        found = function()
        complete.extend([found] if found else [])
        return found and found.summary()

    shared = on_rank_zero(summary)
    return complete[0] if complete else shared
