"""Feature extractors under one interface, frozen: torch-fidelity's, registered ones, files, and any module."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lit_wgan.engine.collectives import first_on_each_machine, together
from lit_wgan.engine.digests import file_sha256, module_sha256
from lit_wgan.engine.preserve import matmul_precision, preserve_random_state
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.options import INCEPTION, METRICS, is_file, module_name
from lit_wgan.evaluation.registered import make_registered
from lit_wgan.evaluation.weights import inception_weights

if TYPE_CHECKING:
    from torch_fidelity.feature_extractor_base import FeatureExtractorBase

BUNDLED = {"digits": "lit_wgan.evaluation.digits"}
"""Extractors of this package; importing the module registers one with torch-fidelity, its ``WEIGHTS`` is the file."""
FEATURES, LOGITS = "features", "logits"
"""Names of the outputs of a plain module."""


class Extractor(nn.Module):
    """A frozen network from images to named features, always in the same precision, whatever surrounds it.

    A network whose attribute ``takes`` is ``"floats"`` is given samples of any shape as floats in the data's own units.

    Args:
        network: maps images ``(n, C, H, W)``, uint8, to features ``(n, D)``, or to a tuple of them.
        name: part of the names of metrics and of cache keys.
        outputs: names of the features that the network returns, in its order.
        layers: the output that each metric takes, by the metric's name.
        weights_sha256: of the file of weights, or of the weights themselves where there is no file.
        precision: ``float32``; ``tf32``; or ``bfloat16``, by autocast.
        expand: repeat the channel of grey images three times, and refuse any other number but three.
    """

    def __init__(
        self,
        network: nn.Module,
        name: str,
        outputs: list[str],
        layers: dict[str, str],
        weights_sha256: str,
        precision: str,
        expand: bool,
    ):
        super().__init__()
        self.network = network.requires_grad_(False).eval()
        self.name = name
        self.outputs = outputs
        self.layers = layers
        self.weights_sha256 = weights_sha256
        self.precision = precision
        self.expand = expand

    def train(self, mode: bool = True) -> "Extractor":
        """Stay in evaluation mode: features must not depend on the batch."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return features ``(n, D)``, float32, by name, of images ``(n, C, H, W)``, uint8, or of what it takes."""
        low = self.precision == "bfloat16"
        with matmul_precision(self.precision), torch.autocast(images.device.type, torch.bfloat16, enabled=low):
            features = self.network(self._channels(images))
        features = features if isinstance(features, tuple) else (features,)
        if len(features) != len(self.outputs) or any(x.shape[:-1] != images.shape[:1] for x in features):
            raise UsageError(
                f"Expected {self.name} to give {' and '.join(self.outputs)} of shape ({len(images)}, D), but got "
                f"{' and '.join(str(tuple(x.shape)) for x in features)}. Pool or flatten inside the module, and return "
                "logits, which isc and acc need, as the second of a tuple."
            )
        return {name: x.float() for name, x in zip(self.outputs, features, strict=True)}

    def _channels(self, images: Tensor) -> Tensor:
        channels = images.shape[1]
        if not self.expand or channels == 3:
            return images
        if channels == 1:
            return images.expand(-1, 3, -1, -1)
        raise UsageError(
            f"Expected images of 1 or 3 channels for {self.name}, but got {channels}. Give a module of your own as the "
            "extractor."
        )


def make_extractor(
    extractor: str | nn.Module,
    metrics: list[str],
    weights: str | None = None,
    precision: str = "float32",
    compat: str = "exact",
) -> Extractor:
    """Make an extractor of the features that some metrics need.

    Args:
        extractor: the name of an extractor of torch-fidelity, of one registered there, or of this package
            (``digits``); a file of ``lit-wgan extractor train``; or a module that maps bytes ``(n, C, H, W)``, or if
            its attribute ``takes`` is ``"floats"`` samples ``(n, ...)`` in the data's own units, to features
            ``(n, D)``, or to a tuple of features and logits.
        metrics: names of ``METRICS``.
        weights: file of the weights of an extractor given by name; None searches the usual places.
        precision: see :class:`Extractor`.
        compat: ``torch-fidelity`` keeps Inception bitwise as it is; ``exact`` takes :class:`FastInception`, which
            doubles the speed on CPUs and changes features by rounding only.

    Raises:
        UsageError: for unknown names, and for metrics whose features the extractor does not have.
    """
    with preserve_random_state():  # making layers draws their weights
        if isinstance(extractor, nn.Module):
            return _from_module(extractor, metrics, precision)
        if is_file(extractor):
            return _from_file(extractor, metrics, precision)
        return _by_name(extractor, metrics, weights, precision, compat)


def takes_floats(extractor: str | nn.Module) -> bool:
    """Whether an extractor takes samples as floats in the data's own units; most take images as bytes.

    Raises:
        FileNotFoundError: if there is no such file.
        UsageError: for a file that is damaged or something else.
    """
    if not is_file(extractor):
        return getattr(extractor, "takes", "bytes") == "floats"
    from lit_wgan.evaluation.extractor_file import read_feature_network

    return together(lambda: read_feature_network(str(extractor)).description.takes == "floats")


def _from_file(path: str, metrics: list[str], precision: str) -> Extractor:
    from lit_wgan.evaluation.own_extractor import OwnExtractor

    name = Path(path).stem
    layers = _layers(OwnExtractor, name, metrics)
    outputs = sorted(set(layers.values()))
    network = together(lambda: OwnExtractor(name, outputs, path))
    sha256 = file_sha256(Path(path).expanduser())
    return Extractor(network, name, outputs, layers, sha256, precision, expand=False)


def _by_name(name: str, metrics: list[str], weights: str | None, precision: str, compat: str) -> Extractor:
    from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY

    if name in BUNDLED:
        packaged = import_module(BUNDLED[name]).WEIGHTS
        weights = weights or str(packaged)
    if name not in FEATURE_EXTRACTORS_REGISTRY:
        names = sorted({*FEATURE_EXTRACTORS_REGISTRY, *BUNDLED})
        raise UsageError(
            f"Expected the extractor to be one of {', '.join(names)}, but got '{name}'. Take one of them, a file that "
            "lit-wgan extractor train makes (my_field.pt), register yours with "
            "torch_fidelity.register_feature_extractor, or give a module."
        )
    layers = _layers(FEATURE_EXTRACTORS_REGISTRY[name], name, metrics)
    outputs = sorted(set(layers.values()))
    if name == INCEPTION:
        file = inception_weights(weights)
        network = together(lambda: _inception(outputs, file, compat))
        return Extractor(network, name, outputs, layers, file_sha256(file), precision, expand=True)
    given = Path(weights).expanduser() if weights else None
    network = first_on_each_machine(lambda: make_registered(name, outputs, given))
    sha256 = file_sha256(given) if given else module_sha256(network)
    return Extractor(network, name, outputs, layers, sha256, precision, expand=True)


def _inception(outputs: list[str], file: Path, compat: str) -> nn.Module:
    from lit_wgan.evaluation.inception import FastInception, load_inception

    network: nn.Module = load_inception(outputs, file)
    return FastInception(network) if compat == "exact" else network


def _from_module(module: nn.Module, metrics: list[str], precision: str) -> Extractor:
    from torch_fidelity.feature_extractor_base import FeatureExtractorBase

    name = module_name(module)
    expand = isinstance(module, FeatureExtractorBase) and not takes_floats(module)
    if isinstance(module, FeatureExtractorBase):
        layers, outputs = _layers(type(module), name, metrics), module.features_list
    else:
        layers = {metric: FEATURES if METRICS[metric].compares else LOGITS for metric in metrics}
        outputs = [FEATURES, LOGITS] if LOGITS in layers.values() else [FEATURES]
    return Extractor(module, name, list(outputs), layers, module_sha256(module), precision, expand)


def _layers(extractor: "type[FeatureExtractorBase]", name: str, metrics: list[str]) -> dict[str, str]:
    layers = {}
    for metric in metrics:
        try:
            layers[metric] = extractor.get_default_feature_layer_for_metric(METRICS[metric].layer)
        except KeyError as error:
            raise UsageError(
                f"Expected metrics that {name} has features for, but got '{metric}'. Leave it out, or take another "
                "extractor."
            ) from error
    return layers
