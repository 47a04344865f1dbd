"""Feature extractor for handwritten digits: a classifier small enough to come with the package.

Importing this module registers it with torch-fidelity under the name ``digits``.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY, register_feature_extractor

from lit_wgan.errors import UsageError
from lit_wgan.evaluation.classifier import ConvolutionalClassifier

NAME = "digits"
WEIGHTS = Path(__file__).with_name("digits.pt")
IMAGE_SIZE = 32


def to_grey_square(images: Tensor) -> Tensor:
    """Average the channels, and resize to 32 x 32 pixels by antialiased bilinear interpolation.

    Args:
        images: uint8 ``(N, 1 or 3, H, W)``, of any height and width.

    Returns:
        float32 ``(N, 1, 32, 32)`` in ``[0, 1]``. Three equal channels give exactly what one of them gives.

    Raises:
        UsageError: for another type, or another number of dimensions or channels.
    """
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
        raise UsageError(
            "Expected images to be uint8 (N, C, H, W) with 1 or 3 channels, "
            f"but got {images.dtype} {tuple(images.shape)}. Give bytes from 0 to 255, grey or RGB, without alpha."
        )
    grey = images.float().mean(1, keepdim=True) / 255
    return interpolate(grey, (IMAGE_SIZE, IMAGE_SIZE), mode="bilinear", antialias=True)


class DigitsClassifier(ConvolutionalClassifier):
    """The classifier of 32x32 pixels: three convolutions down to 4x4, a layer of 128 features, and 10 logits.

    Input ``(N, 1, 32, 32)`` in ``[0, 1]``, output logits ``(N, 10)``.
    """

    def __init__(self) -> None:
        super().__init__((1, IMAGE_SIZE, IMAGE_SIZE), 10)


class DigitsExtractor(FeatureExtractorBase):
    """The trained classifier as a torch-fidelity extractor: frozen, and always in evaluation mode.

    Args:
        name: name it is registered under.
        features_list: any of ``"128"``, the penultimate layer, and ``"logits"``.
        feature_extractor_weights_path: file written by ``tools/train_digits_extractor.py``; None for the packaged one.
        feature_extractor_internal_dtype: None or ``"float32"``.
        options: ignored; ``torch_fidelity.calculate_metrics`` passes all its options to every extractor.

    Input uint8 ``(N, 1 or 3, H, W)``, output a tuple of float32 ``(N, 128)`` and ``(N, 10)``, as asked for.

    Raises:
        UsageError: for another ``feature_extractor_internal_dtype``, and for images that ``to_grey_square`` refuses.
    """

    def __init__(
        self,
        name: str = NAME,
        features_list: Sequence[str] = ("128",),
        feature_extractor_weights_path: str | os.PathLike[str] | None = None,
        feature_extractor_internal_dtype: str | None = None,
        **options: Any,
    ):
        if feature_extractor_internal_dtype not in (None, "float32"):
            raise UsageError(
                "Expected feature_extractor_internal_dtype to be None or 'float32', "
                f"but got {feature_extractor_internal_dtype!r}. Leave it out; this extractor knows one precision."
            )
        super().__init__(name, features_list)
        self.model = DigitsClassifier()
        weights = torch.load(feature_extractor_weights_path or WEIGHTS, map_location="cpu", weights_only=True)
        self.model.load_state_dict(weights)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> "DigitsExtractor":
        """Stay in evaluation mode: features must not depend on the batch, nor batches change running statistics."""
        return super().train(False)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the features of uint8 images ``(N, 1 or 3, H, W)``, in the order of ``features_list``."""
        features = self.model.features(to_grey_square(images))
        outputs = {"128": features, "logits": self.model.logits(features)}
        return tuple(outputs[name] for name in self.features_list)

    @staticmethod
    def get_provided_features_list() -> tuple[str, ...]:
        """The names of all features."""
        return "128", "logits"

    @staticmethod
    def get_default_feature_layer_for_metric(metric: str) -> str:
        """The layer that a metric takes: the logits for ``isc``, the 128 features for ``fid``, ``kid`` and ``prc``."""
        return "logits" if metric == "isc" else "128"

    @staticmethod
    def can_be_compiled() -> bool:
        """False: it is too small to gain from compiling."""
        return False


if NAME not in FEATURE_EXTRACTORS_REGISTRY:  # a reload runs this again, and torch-fidelity refuses a second entry
    register_feature_extractor(NAME, DigitsExtractor)
