"""Evaluator of generators: FID, Inception Score, KID, precision and recall, in one pass over all devices."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import nn

from lit_wgan.engine.collectives import on_rank_zero, rank_and_world, together
from lit_wgan.engine.preserve import evaluation_mode, preserve_random_state
from lit_wgan.evaluation.collect import collect
from lit_wgan.evaluation.extractors import Extractor, make_extractor
from lit_wgan.evaluation.image_sets import open_image_set
from lit_wgan.evaluation.images import GeneratedImages, ImageBlocks, StoredImages
from lit_wgan.evaluation.metrics import COMPUTE, accumulator_for
from lit_wgan.evaluation.options import EvaluationOptions, metric_name
from lit_wgan.evaluation.protocol import FidelityResult, Protocol
from lit_wgan.evaluation.real_images import RealImages
from lit_wgan.evaluation.reference import Reference


@dataclass(frozen=True, eq=False)
class GenerativeEvaluator(EvaluationOptions):
    """Measures how close generated images are to real ones. On several devices all of them must call it together.

    The metrics are the same for every number of devices, and equal on all of them, up to rounding in float64; KID,
    precision and recall are bitwise the same. Nothing outside changes: random states, training flags and gradients
    are left as they were.

    Its arguments are :class:`EvaluationOptions`, the reference first.

    Raises:
        UsageError: for unknown names, numbers out of range, fewer samples than a metric needs, and references that
            cannot be used.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_samples(self.num_samples, self.real.num_images)
        _ = self.network  # loaded now, so that a mistake shows before training

    @cached_property
    def real(self) -> RealImages:
        """The real images and their statistics."""
        return together(lambda: RealImages(self))

    @cached_property
    def network(self) -> Extractor:
        """The feature extractor, on the device of the last measurement."""
        return make_extractor(self.extractor, sorted(set(self.metrics)), self.weights, self.precision, self.compat)

    def evaluate(
        self, generator: nn.Module, latent_dim: int | Sequence[int], num_classes: int = 0, progress: bool = False
    ) -> FidelityResult:
        """Measure a generator, on the device that it is on.

        Args:
            generator: maps noise ``(n, latent_dim)`` to images ``(n, C, H, W)`` in [-1, 1]; with classes, noise and
                labels ``(n,)``. It runs in evaluation mode.
            latent_dim: size of the noise vector, or its shape.
            num_classes: number of classes, 0 for none; labels are uniform.
            progress: show a progress bar, where there is a terminal.

        Returns:
            The metrics by name, with the protocol they were measured under.
        """
        device = next(generator.parameters(), torch.empty(0)).device
        with preserve_random_state(), evaluation_mode(generator):
            source = GeneratedImages(generator, latent_dim, self.num_samples, self.seed, num_classes)
            return self._measure(source, device, f"{type(generator).__name__}'s images", progress)

    def evaluate_images(
        self, images: object, device: str | torch.device = "cpu", progress: bool = False
    ) -> FidelityResult:
        """Measure images that exist, all of them, as :func:`open_image_set` takes them."""
        opened = together(lambda: open_image_set(images, "samples"))
        self.check_samples(len(opened.images), self.real.num_images)
        with preserve_random_state(), torch.no_grad():
            return self._measure(StoredImages(opened.images), torch.device(device), opened.description, progress)

    def _measure(self, source: ImageBlocks, device: torch.device, name: str, progress: bool) -> FidelityResult:
        started = time.perf_counter()
        self.network.to(device)
        layers = self.network.layers
        reference = self.real.statistics(self.network, device, progress)
        accumulator = accumulator_for(self, layers, len(source), reference)
        collect(source, self.network, accumulator, device, reference.shape, "generated images" if progress else "")
        metrics = on_rank_zero(lambda: COMPUTE[self.compat](self, layers, accumulator, reference))
        return FidelityResult(
            {metric_name(key, self.network.name): value for key, value in metrics.items()},
            self._protocol(f"{len(source)} {name}", len(source), reference),
            time.perf_counter() - started,
        )

    def _protocol(self, samples: str, num_samples: int, reference: Reference) -> Protocol:
        _, devices = rank_and_world()
        return Protocol(
            samples=samples,
            num_samples=num_samples,
            reference=self.real.description,
            num_real=reference.count,
            extractor=self.network.name,
            layers=self.network.layers,
            weights_sha256=self.network.weights_sha256,
            devices=devices,
            **self.of_protocol(),
        )
