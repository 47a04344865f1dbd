"""The real images of an evaluation and their statistics: from a file, from the cache, or by a pass over the images."""

from collections.abc import Callable
from pathlib import Path

import torch

from lit_wgan.engine.collectives import on_rank_zero
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.collect import collect
from lit_wgan.evaluation.extractors import Extractor
from lit_wgan.evaluation.image_sets import ImageSet, open_image_set
from lit_wgan.evaluation.images import StoredImages
from lit_wgan.evaluation.metrics import FROM_FEATURES, accumulator_for, reference_from
from lit_wgan.evaluation.options import EvaluationOptions
from lit_wgan.evaluation.reference import Reference, ReferenceCache, read_npz


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
        self._statistics: Reference | None = None
        metrics = sorted(set(options.metrics))
        if self.description.endswith(".npz"):
            self._statistics = self._read_statistics([metric for metric in metrics if metric in FROM_FEATURES])
        elif options.reference is not None:
            self.images = open_image_set(options.reference)
            self.description = self.images.description
        elif metrics == ["isc"]:
            self._statistics = Reference()
        else:
            raise UsageError(
                f"Expected a reference for {', '.join(metrics)}, but got none. Give the real images, or their "
                "statistics in an .npz file; isc alone needs neither."
            )

    @property
    def num_images(self) -> int | None:
        """The number of real images, or None if only their statistics are known."""
        return None if self.images is None else len(self.images.images)

    def statistics(self, extractor: Extractor, device: torch.device, progress: bool) -> Reference:
        """The statistics, complete on rank 0, on other ranks without the large parts."""
        if set(self.options.metrics) == {"isc"}:
            return Reference()
        if self._statistics is None:
            self._statistics = self._cached(extractor) or self._computed(extractor, device, progress)
        return self._statistics

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
        source = StoredImages(self.images.images)
        accumulator = accumulator_for(self.options, extractor.layers, len(source), reference=None)
        shape = collect(source, extractor, accumulator, device, None, "real images" if progress else "")

        def summarise() -> Reference:
            reference = reference_from(accumulator, shape, extractor.layers)
            if reference.mu is not None:
                self._cache(extractor).write(reference)
            return reference

        reference = _complete_on_rank_zero(summarise)
        assert reference is not None
        return reference

    def _cache(self, extractor: Extractor) -> ReferenceCache:
        assert self.images is not None
        made = [extractor.name, extractor.layers.get("fid"), extractor.weights_sha256, extractor.precision]
        return ReferenceCache(self.options.cache_dir, [self.images.key, *made, self.options.compat])


def _complete_on_rank_zero(function: Callable[[], Reference | None]) -> Reference | None:
    """Run on rank 0; return the result there, and its summary on every other rank."""
    complete: list[Reference] = []

    def summary() -> Reference | None:
        found = function()
        complete.extend([found] if found else [])
        return found and found.summary()

    shared = on_rank_zero(summary)
    return complete[0] if complete else shared
