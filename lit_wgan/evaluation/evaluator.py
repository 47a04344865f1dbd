"""FID, Inception Score, KID, precision and recall of a generator, in one pass over all devices."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from lit_wgan.engine.collectives import on_rank_zero, rank_and_world, together
from lit_wgan.engine.preserve import evaluation_mode, preserve_random_state
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.evaluation.accumulator import Accumulator, collect
from lit_wgan.evaluation.extractors import make_extractor
from lit_wgan.evaluation.images import GeneratedImages, ImageSource, StoredImages
from lit_wgan.evaluation.metrics import COMPAT, Options, check_metrics, check_samples, statistics_of
from lit_wgan.evaluation.protocol import FidelityResult, Protocol, figure_name
from lit_wgan.evaluation.real_images import RealImages, open_images
from lit_wgan.evaluation.reference import Reference, ReferenceCache, read_npz
from lit_wgan.evaluation.weights import INCEPTION


class GenerativeEvaluator:
    """Measures how near generated images are to real ones. On several devices all of them must call it, as one.

    The figures are the same for every number of devices, and equal on all of them, up to rounding of float64; KID,
    precision and recall are bitwise the same. Nothing outside changes: random states, training flags and gradients
    are left as they were.

    Args:
        reference: the real images, as :func:`open_images` takes them; or the path of an ``.npz`` of their statistics,
            which FID alone can use. None if only ``isc`` is asked for.
        metrics: of ``fid``, ``isc``, ``kid``, and ``prc``: precision, recall, their harmonic mean, density, coverage.
        num_samples: how many images to generate. Figures of different numbers do not compare.
        extractor: see :func:`make_extractor`.
        weights: file of the extractor's weights; None to look for them.
        batch_size: images in a block.
        seed: of the noise, the Inception Score's shuffle and KID's subsets.
        precision: that features are computed in, of real and generated images alike: ``float32``, ``tf32`` or
            ``bfloat16``.
        compat: ``exact``, or ``torch-fidelity`` for its ``calculate_metrics`` bit for bit, with its losses of accuracy
            and memory.
        cache_dir: folder of the reference's statistics; None for the user's cache folder.
        isc_splits: parts over which the Inception Score is averaged.
        kid_subsets: subsets over which KID is averaged.
        kid_subset_size: samples in each.

    Raises:
        UsageError: for unknown names, numbers out of range, fewer samples than a metric needs, and references that
            cannot be used.
    """

    def __init__(
        self,
        reference: object = None,
        metrics: Sequence[str] = ("fid",),
        num_samples: int = 10_000,
        extractor: str | nn.Module = INCEPTION,
        weights: str | None = None,
        batch_size: int = 64,
        seed: int = 2020,
        precision: str = "float32",
        compat: str = "exact",
        cache_dir: str | Path | None = None,
        isc_splits: int = 10,
        kid_subsets: int = 100,
        kid_subset_size: int = 1000,
    ):
        self.metrics = check_metrics(metrics)
        check_positive(num_samples=num_samples, batch_size=batch_size, isc_splits=isc_splits)
        check_positive(kid_subsets=kid_subsets, kid_subset_size=kid_subset_size)
        if compat not in COMPAT:
            raise UsageError(f"Expected compat to be one of {', '.join(COMPAT)}, but got {compat}. Take one of them.")
        self.num_samples = num_samples
        self.batch_size = batch_size
        self.compat = compat
        self.cache_dir = cache_dir
        self.options = Options(seed, isc_splits, kid_subsets, kid_subset_size)
        self._real: RealImages | None = None
        self._reference: Reference | None = None
        together(lambda: self._open(reference))
        self.check_samples(num_samples)
        self.extractor = make_extractor(extractor, self.metrics, weights, precision, compat)

    def evaluate(
        self, generator: nn.Module, latent_dim: int, num_classes: int = 0, progress: bool = False
    ) -> FidelityResult:
        """Measure a generator, on the device that it is on.

        Args:
            generator: maps noise ``(n, latent_dim)`` to images ``(n, C, H, W)`` in [-1, 1]; with classes, noise and
                labels ``(n,)``. It runs in evaluation mode.
            latent_dim: size of the noise vector.
            num_classes: how many classes, 0 for none; labels are uniform.
            progress: show a progress bar.

        Returns:
            The figures by name, with the protocol they were measured by.
        """
        check_positive(latent_dim=latent_dim)
        device = next(generator.parameters(), torch.empty(0)).device
        with preserve_random_state(), evaluation_mode(generator):
            source = GeneratedImages(generator, latent_dim, self.num_samples, self.options.seed, num_classes)
            return self._measure(source, device, f"{type(generator).__name__}'s images", progress)

    def evaluate_images(
        self, images: object, device: str | torch.device = "cpu", progress: bool = False
    ) -> FidelityResult:
        """Measure images that exist, all of them, as :func:`open_images` takes them."""
        opened = together(lambda: open_images(images, "samples"))
        self.check_samples(len(opened.images))
        with preserve_random_state(), torch.no_grad():
            return self._measure(StoredImages(opened.images), torch.device(device), opened.description, progress)

    def check_samples(self, generated: int) -> None:
        """Raise a UsageError if that many samples, or those of the reference, are too few for a metric."""
        real = self._real.images if self._real is not None else None
        check_samples(self.metrics, generated, None if real is None else len(real), self.options)

    def _open(self, reference: object) -> None:
        needs_images = [metric for metric in self.metrics if metric in ("kid", "prc")]
        self._reference_name = str(reference)
        if self._reference_name.endswith(".npz"):
            if needs_images:
                raise UsageError(
                    f"Expected real images as the reference of {' and '.join(needs_images)}, but got the statistics "
                    f"{reference}. Give the images, or leave these metrics out."
                )
            self._reference = read_npz(Path(self._reference_name))
        elif reference is not None:
            self._real = open_images(reference)
            self._reference_name = self._real.description
        elif self.metrics != ["isc"]:
            raise UsageError(
                f"Expected a reference for {', '.join(self.metrics)}, but got none. Give the real images, or their "
                "statistics in an .npz file; isc alone needs neither."
            )

    def _measure(self, source: ImageSource, device: torch.device, name: str, progress: bool) -> FidelityResult:
        started = time.perf_counter()
        self.extractor.to(device)
        reference = self._prepared_reference(device, progress)
        accumulator = self._tally(len(source), generated=True, reference=reference)
        collect(source, self.extractor, accumulator, device, reference.shape, "generated images" if progress else "")
        figures = on_rank_zero(lambda: COMPAT[self.compat](self.extractor.layers, accumulator, reference, self.options))
        names = {key: figure_name(key, self.extractor.name) for key in figures}
        return FidelityResult(
            {names[key]: value for key, value in figures.items()},
            self._protocol(f"{len(source)} {name}", len(source), reference),
            time.perf_counter() - started,
        )

    def _tally(self, count: int, generated: bool, reference: Reference) -> Accumulator:
        layers, exact = self.extractor.layers, self.compat == "exact"
        kept = ["kid", "prc"] if exact else ["fid", "kid", "prc", *(["isc"] if generated else [])]
        return Accumulator(
            count,
            self.batch_size,
            moments=layers.get("fid") if exact else None,
            logits=layers.get("isc") if exact and generated else None,
            kept=[layers[metric] for metric in kept if metric in self.metrics],
            shift=None if reference.mu is None else torch.from_numpy(reference.mu),
            splits=self.options.isc_splits,
            seed=self.options.seed,
        )

    def _prepared_reference(self, device: torch.device, progress: bool) -> Reference:
        """The reference's statistics, complete on the first device; from the file given, the cache, or a pass."""
        if self.metrics == ["isc"]:
            return Reference()
        if self._reference is None and not self._read_cache():
            self._compute_reference(device, progress)
        assert self._reference is not None
        return self._reference

    def _read_cache(self) -> bool:
        if self.metrics not in (["fid"], ["fid", "isc"]):  # others need every feature
            return False

        def read() -> Reference | None:
            self._reference = self._cache().read()
            return self._reference and self._reference.summary()

        found = on_rank_zero(read)
        self._reference = self._reference or found
        return found is not None

    def _compute_reference(self, device: torch.device, progress: bool) -> None:
        assert self._real is not None
        source = StoredImages(self._real.images)
        accumulator = self._tally(len(source), generated=False, reference=Reference())
        shape = collect(source, self.extractor, accumulator, device, None, "real images" if progress else "")

        def summarise() -> Reference:
            self._reference = statistics_of(accumulator, shape, self.extractor.layers)
            if self._reference.mu is not None:
                self._cache().write(self._reference)
            return self._reference.summary()

        summary = on_rank_zero(summarise)
        self._reference = self._reference or summary

    def _cache(self) -> ReferenceCache:
        assert self._real is not None
        made_by = self.extractor
        made = [made_by.name, made_by.layers.get("fid"), made_by.weights_sha256, made_by.precision, self.compat]
        return ReferenceCache(self.cache_dir, [self._real.key, *made])

    def _protocol(self, samples: str, num_samples: int, reference: Reference) -> Protocol:
        _, devices = rank_and_world()
        return Protocol(
            samples=samples,
            num_samples=num_samples,
            reference=self._reference_name,
            num_real=reference.count,
            extractor=self.extractor.name,
            layers=self.extractor.layers,
            weights_sha256=self.extractor.weights_sha256,
            precision=self.extractor.precision,
            compat=self.compat,
            batch_size=self.batch_size,
            devices=devices,
            **asdict(self.options),
        )
