"""Evaluator of generators: FID, Inception Score, KID, precision and recall, in one pass over all devices."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch
from torch import nn

from lit_wgan.data.transforms import Transform
from lit_wgan.engine.collectives import on_rank_zero, rank_and_world, together
from lit_wgan.engine.preserve import evaluation_mode, preserve_random_state
from lit_wgan.evaluation.classes import SampleClasses, class_numbers
from lit_wgan.evaluation.collect import collect
from lit_wgan.evaluation.conditions import Conditions, description, given_rows, sample_classes, uniform_labels
from lit_wgan.evaluation.extractors import Extractor, make_extractor, takes_floats
from lit_wgan.evaluation.image_sets import open_image_set
from lit_wgan.evaluation.images import GeneratedImages, ImageBlocks, StoredImages, to_bytes, to_own_units
from lit_wgan.evaluation.metrics import COMPUTE, accumulator_for
from lit_wgan.evaluation.options import EvaluationOptions, metric_name
from lit_wgan.evaluation.protocol import FidelityResult, Protocol
from lit_wgan.evaluation.real_images import RealImages
from lit_wgan.evaluation.reference import Reference
from lit_wgan.functional.streams import LatentLaw


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
        self,
        generator: nn.Module,
        latent_dim: int | Sequence[int],
        num_classes: int = 0,
        progress: bool = False,
        *,
        conditions: Conditions | None = None,
        latent_law: LatentLaw = "normal",
        conditioned_on: str = "given",
        transform: Transform | None = None,
    ) -> FidelityResult:
        """Measure a generator, on the device that it is on.

        Args:
            generator: maps noise ``(n, latent_dim)`` and, if there is one, a condition to images ``(n, C, H, W)`` in
                [-1, 1]; a tuple of conditions becomes several arguments. It runs in evaluation mode.
            latent_dim: size of the noise vector, or its shape.
            num_classes: number of classes, 0 for none; labels are uniform unless ``conditions`` gives them.
            progress: show a progress bar, where there is a terminal.
            conditions: of the images of the given numbers, a function of ``slice(start, stop)`` that is the same on
                all devices.
            latent_law: ``normal``, or ``uniform`` on [-1, 1).
            conditioned_on: where the conditions come from, in words.
            transform: from the data's own units to the generator's, for extractors that take the former; None where
                they agree.

        Returns:
            The metrics by name, with the protocol they were measured under.

        Raises:
            UsageError: for conditions that are no classes where a metric needs classes.
        """
        with preserve_random_state(), evaluation_mode(generator):
            source = self._generated(generator, latent_dim, num_classes, conditions, latent_law, transform)
            classes = self._classes(source.conditions, len(source), num_classes)
            told = None
            if source.conditions is not None:
                given = conditioned_on if conditions is not None else "uniform"
                told = f"{given}: {description(source.conditions, len(source), num_classes)}"
            name = f"{type(generator).__name__}'s images"
            return self._measure(source, name, source.device, progress, classes, latent_law=latent_law, conditions=told)

    def check(
        self,
        generator: nn.Module,
        latent_dim: int | Sequence[int],
        num_classes: int = 0,
        *,
        conditions: Conditions | None = None,
        latent_law: LatentLaw = "normal",
        transform: Transform | None = None,
        **_words: Any,
    ) -> None:
        """Raise what :meth:`evaluate` would raise about the classes of samples. Takes two samples, if any.

        Arguments and errors: see :meth:`evaluate`.
        """
        with preserve_random_state(), evaluation_mode(generator):
            source = self._generated(generator, latent_dim, num_classes, conditions, latent_law, transform)
            classes = self._classes(source.conditions, len(source), num_classes)
            if classes is not None and "acc" in self.metrics:
                _, images = next(source.blocks(2, 0, 1))
                features = self.network.to(source.device)(images)
                classes.check_logits(features[self.network.layers["acc"]].shape[1])

    def evaluate_images(
        self,
        images: object,
        device: str | torch.device = "cpu",
        progress: bool = False,
        *,
        classes: Any = None,
        num_classes: int = 0,
    ) -> FidelityResult:
        """Measure images that exist, all of them, as :func:`open_image_set` takes them.

        Args:
            images: the images.
            device: on which features are computed.
            progress: show a progress bar, where there is a terminal.
            classes: the class number of each image, ``(N,)``, where a metric needs classes.
            num_classes: their number; 0 for one more than the largest.

        Raises:
            UsageError: for what are no images or no classes, and for images without classes where a metric needs them.
        """
        floats = takes_floats(self.extractor)
        opened = together(lambda: open_image_set(images, "samples", floats))
        source = StoredImages(opened.images)
        self.check_samples(len(source), self.real.num_images)
        conditions: Conditions | None = None
        if classes is not None:
            labels = torch.from_numpy(class_numbers(classes, len(source), "classes"))
            conditions = given_rows(labels)
            num_classes = num_classes or int(labels.max()) + 1
        told = self._classes(conditions, len(source), num_classes)
        with preserve_random_state(), torch.no_grad():
            return self._measure(source, opened.description, torch.device(device), progress, told)

    def _generated(
        self,
        generator: nn.Module,
        latent_dim: int | Sequence[int],
        num_classes: int,
        conditions: Conditions | None,
        latent_law: LatentLaw,
        transform: Transform | None,
    ) -> GeneratedImages:
        if conditions is None and num_classes:
            conditions = uniform_labels(self.seed, self.num_samples, num_classes)
        convert = partial(to_own_units, transform=transform) if takes_floats(self.extractor) else to_bytes
        return GeneratedImages(generator, latent_dim, self.num_samples, self.seed, conditions, latent_law, convert)

    def _classes(self, conditions: Conditions | None, rows: int, num_classes: int) -> SampleClasses | None:
        if not self.of_classes:
            return None
        return sample_classes(self.of_classes, conditions, rows, num_classes)

    def _measure(
        self,
        source: ImageBlocks,
        name: str,
        device: torch.device,
        progress: bool,
        classes: SampleClasses | None,
        **of_samples: Any,
    ) -> FidelityResult:
        started = time.perf_counter()
        left_out: tuple[int, ...] = ()
        if classes is not None and "intra_fid" in self.metrics:
            left_out = classes.left_out(self.real.class_counts)
        self.network.to(device)
        layers = self.network.layers
        reference = self.real.statistics(self.network, device, progress)
        accumulator = accumulator_for(self, layers, len(source), reference, classes)
        collect(source, self.network, accumulator, device, reference.shape, "generated images" if progress else "")
        metrics = on_rank_zero(lambda: COMPUTE[self.compat](self, layers, accumulator, reference))
        return FidelityResult(
            {metric_name(key, self.network.name): value for key, value in metrics.items()},
            self._protocol(f"{len(source)} {name}", len(source), reference, left_out=left_out, **of_samples),
            time.perf_counter() - started,
        )

    def _protocol(self, samples: str, num_samples: int, reference: Reference, **of_samples: Any) -> Protocol:
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
            **of_samples,
            **self.of_protocol(),
        )
