"""Files of feature networks that ``lit-wgan extractor train`` makes: weights, and what there is to know of them."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from lit_wgan.data.transforms import Transform, restored_transform
from lit_wgan.engine.files import atomic_write
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.classifier import ConvolutionalClassifier, layout_of
from lit_wgan.evaluation.options import EXTRACTOR_SUFFIX
from lit_wgan.evaluation.weights import named_file, reading_weights
from lit_wgan.runs.metric_names import OF_CLASS

FORMAT = 1
Takes = Literal["bytes", "floats"]
"""What an extractor is given: images as bytes, or samples as floats in the data's own units."""
MAKE = "Make one by lit-wgan extractor train."


@dataclass(frozen=True, kw_only=True)
class Description:
    """What is known of a feature network; it can be written as JSON.

    Args:
        shape: of one sample as the data has it.
        takes: see ``Takes``.
        classes: number of classes that it was trained to tell apart.
        accuracy: share of held-out samples whose class it recognises.
        held_out: number of these.
        trained_on: number of samples that it was trained on.
        updates: number of steps of the optimizer.
        batch_size: samples in each.
        seed: of the weights at first and of the minibatches.
        data: class and arguments of the data, as a configuration has them.
        versions: of lit-wgan and torch.
        format: of the file.
    """

    shape: tuple[int, ...]
    takes: Takes
    classes: int
    accuracy: float
    held_out: int
    trained_on: int
    updates: int
    batch_size: int
    seed: int
    data: Any = None
    versions: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def __post_init__(self) -> None:
        layout_of(self.shape)
        counts = (*self.shape, self.classes, self.held_out, self.trained_on)
        if self.takes not in get_args(Takes) or not all(type(count) is int for count in counts):
            raise UsageError(f"Expected {get_args(Takes)} and whole numbers, but got {self}. {MAKE}")


@dataclass(frozen=True)
class FeatureNetwork:
    """The contents of a file.

    Args:
        description: of the network.
        classifier: trained.
        mean: of each channel of the training samples, for the classifier takes them standardised, ``(C,)``.
        std: their standard deviation, ``(C,)``.
        transform: from the data's own units, before that; None for none.
    """

    description: Description
    classifier: ConvolutionalClassifier
    mean: Tensor
    std: Tensor
    transform: Transform | None = None

    def write(self, path: Path) -> None:
        """Write the file; the same network gives the same bytes, whatever the file's name."""
        check_name(path)
        contents = {
            "description": json.dumps(asdict(self.description)),
            "transform": None if self.transform is None else self.transform.state(),
            "weights": self.classifier.state_dict(),
            "mean": self.mean,
            "std": self.std,
        }
        with atomic_write(path) as file:
            torch.save(contents, file)


def read_feature_network(path: str | Path) -> FeatureNetwork:
    """Read a file, as data: nothing in it is run.

    Raises:
        FileNotFoundError: if there is none.
        UsageError: for a name that names no metrics, and a file that is damaged or something else.
    """
    file = named_file(path, "extractor")
    check_name(file)
    with reading_weights("a feature network", file, MAKE):
        return _made(torch.load(file, map_location="cpu", weights_only=True))


def _made(contents: Any) -> FeatureNetwork:
    parts = ("description", "transform", "weights", "mean", "std")
    if not isinstance(contents, Mapping) or not set(parts) <= set(contents):
        raise ValueError("it holds no description and weights")
    given = json.loads(contents["description"])
    if given.get("format") != FORMAT:
        raise ValueError(f"format {given.get('format')}, not {FORMAT}, by lit-wgan {given.get('versions')}")
    known = {each.name for each in fields(Description)}
    described = {name: value for name, value in given.items() if name in known}
    description = Description(**(described | {"shape": tuple(given["shape"])}))
    state, weights = contents["transform"], contents["weights"]
    transform = None if state is None else restored_transform(state)
    shape = description.shape if transform is None else transform.network_shape(description.shape)
    with torch.device("meta"):  # no memory is taken for sizes that the weights do not have
        classifier = ConvolutionalClassifier(shape, description.classes)
    classifier.load_state_dict(weights, assign=True)
    numbers = [*weights.values(), contents["mean"], contents["std"]]
    if not all(isinstance(each, Tensor) and each.isfinite().all() for each in numbers):
        raise ValueError("its weights are not finite")
    return FeatureNetwork(description, classifier, contents["mean"], contents["std"], transform)


def check_name(path: Path) -> None:
    """Raise a UsageError for a file whose name cannot be part of the names of metrics, or is another extractor's."""
    from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY

    name = path.stem
    if path.suffix != EXTRACTOR_SUFFIX or not re.fullmatch(r"[\w-]+", name) or OF_CLASS in name:
        raise UsageError(
            f"Expected a name such as my_field{EXTRACTOR_SUFFIX}, of letters, digits, - and _, since it becomes that "
            f"of metrics (fid_my_field), but got {path.name}. Rename the file."
        )
    if name == "digits" or name in FEATURE_EXTRACTORS_REGISTRY:
        raise UsageError(
            f"Expected a name that no other extractor has, but got {path.name}, whose metrics would be taken for those "
            f"of {name}. Rename the file."
        )
