"""Feature network of one's own field as an extractor, for the evaluator and for torch-fidelity."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import register_feature_extractor

from lit_wgan.errors import UsageError
from lit_wgan.evaluation.classifier import FEATURES, layout_of
from lit_wgan.evaluation.extractor_file import FeatureNetwork, read_feature_network

OUTPUTS = (str(FEATURES), "logits")


class OwnExtractor(FeatureExtractorBase):
    """A network out of a file of ``lit-wgan extractor train``: frozen, and always in evaluation mode.

    Args:
        name: part of the names of metrics.
        features_list: any of ``"128"``, the penultimate layer, and ``"logits"``.
        feature_extractor_weights_path: the file.
        network: contents of the file, where it has been read.
        options: ignored; ``torch_fidelity.calculate_metrics`` passes all its options to every extractor.

    Input ``(N, *shape)``, bytes or floats as the file says; output a tuple of float32 ``(N, 128)`` and ``(N, K)``, as
    asked for.

    Raises:
        UsageError: for samples of another shape than those that it was trained on.
    """

    def __init__(
        self,
        name: str,
        features_list: Sequence[str] = OUTPUTS[:1],
        feature_extractor_weights_path: str | Path | None = None,
        network: FeatureNetwork | None = None,
        **options: Any,
    ):
        super().__init__(name, features_list)
        if network is None:
            assert feature_extractor_weights_path is not None
            network = read_feature_network(feature_extractor_weights_path)
        self.description = network.description
        self.transform = network.transform
        self.classifier = network.classifier
        self.register_buffer("mean", network.mean)
        self.register_buffer("std", network.std)
        self.requires_grad_(False)
        self.eval()

    @property
    def takes(self) -> str:
        """``bytes`` or ``floats``."""
        return self.description.takes

    def train(self, mode: bool = True) -> "OwnExtractor":
        """Stay in evaluation mode: features must not depend on the batch."""
        return super().train(False)

    def forward(self, samples: Tensor) -> tuple[Tensor, ...]:
        """Return the features of samples ``(N, *shape)``, in the order of ``features_list``."""
        shape = self.description.shape
        if tuple(samples.shape[1:]) != shape:
            raise UsageError(
                f"Expected samples of the shape that {self.name} was trained on, {shape}, but got "
                f"{tuple(samples.shape[1:])}. Train an extractor on such samples."
            )
        maps = standardised(to_network_units(samples, self.transform), self.mean, self.std)
        features = self.classifier.features(maps)
        outputs = dict(zip(OUTPUTS, (features, self.classifier.logits(features)), strict=True))
        return tuple(outputs[name] for name in self.features_list)

    @staticmethod
    def get_provided_features_list() -> tuple[str, ...]:
        """The names of all features."""
        return OUTPUTS

    @staticmethod
    def get_default_feature_layer_for_metric(metric: str) -> str:
        """The layer that a metric takes: the logits for ``isc``, the 128 features for ``fid``, ``kid`` and ``prc``."""
        return "logits" if metric == "isc" else OUTPUTS[0]

    @staticmethod
    def can_be_compiled() -> bool:
        """False: it is too small to gain from compiling."""
        return False


def to_network_units(samples: Tensor, transform: Any) -> Tensor:
    """Samples in their own units as float32 in those that the classifier was trained in, before standardisation."""
    if transform is None:
        return samples.float()
    return transform.forward(samples if samples.is_floating_point() else samples.double()).float()


def standardised(samples: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Feature maps ``(N, C, *sizes)`` of samples, each channel less its mean and over its standard deviation."""
    maps = layout_of(samples.shape[1:]).to_maps(samples)
    each = (-1, *[1] * (maps.ndim - 2))
    return (maps - mean.view(each)) / std.view(each)


def register_extractor(file: str | Path) -> str:
    """Register a file with torch-fidelity, whose ``calculate_metrics`` then knows it by the name that this returns.

    Raises:
        FileNotFoundError: if there is no such file.
        UsageError: for a file that is damaged or something else.
    """
    network = read_feature_network(file)
    name = Path(file).stem

    class Registered(OwnExtractor):
        def __init__(self, name: str, features_list: Sequence[str], **options: Any):
            super().__init__(name, features_list, network=network)

    register_feature_extractor(name, Registered)
    return name
