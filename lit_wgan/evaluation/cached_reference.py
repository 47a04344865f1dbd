"""The files in which the statistics of one reference are cached: of all its images, and of the images of each class."""

from dataclasses import replace

import numpy as np

from lit_wgan.engine.digests import array_sha256
from lit_wgan.evaluation.classes import LEAST
from lit_wgan.evaluation.extractors import Extractor
from lit_wgan.evaluation.options import EvaluationOptions
from lit_wgan.evaluation.reference import Reference, ReferenceCache


class CachedReference:
    """Reads and writes the statistics that FID and FID by class need.

    Args:
        options: name the metrics and the folder.
        extractor: of the features.
        images: identifies the real images; can be written as JSON.
        classes: of each of them, ``(N,)``; ``(0,)`` if no metric needs them.
    """

    def __init__(self, options: EvaluationOptions, extractor: Extractor, images: object, classes: np.ndarray):
        def cache(metric: str, *more: object) -> ReferenceCache:
            made = [extractor.name, extractor.layers[metric], extractor.weights_sha256, extractor.precision]
            return ReferenceCache(options.cache_dir, [images, *made, options.compat, *more])

        self.classes = classes
        counts, sha256 = np.bincount(classes).tolist(), array_sha256(classes)
        self.labels = [label for label, count in enumerate(counts) if count >= LEAST]
        """The classes whose statistics can be computed."""
        self.of_all = cache("fid") if "fid" in extractor.layers else None
        self.by_class = {label: cache("intra_fid", "class", label, sha256) for label in self.labels}

    def read(self) -> Reference | None:
        """The statistics, or None if a file is missing, damaged, or of other contents."""
        of_all = Reference() if self.of_all is None else self.of_all.read()
        by_class = {label: reference for label, cache in self.by_class.items() if (reference := cache.read())}
        if of_all is None or len(by_class) < len(self.by_class):
            return None
        if not by_class:
            return of_all
        shape = next(iter(by_class.values())).shape
        return replace(of_all, count=len(self.classes), shape=shape, by_class=by_class)

    def write(self, reference: Reference) -> None:
        """Write the statistics. Where one file cannot be written, the rest is not tried."""
        by_class = reference.by_class or {}
        files = [(self.of_all, reference)] if self.of_all is not None else []
        files += [(cache, by_class[label]) for label, cache in self.by_class.items()]
        _ = all(cache.write(part) for cache, part in files)
