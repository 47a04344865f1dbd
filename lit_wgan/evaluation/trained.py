"""What an evaluation takes from a training: the conditions of a system's samples, and the training set."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, cast

from lit_wgan.data.conditions import ClassLabels
from lit_wgan.data.image_data import ImageData
from lit_wgan.data.transforms import Transform
from lit_wgan.engine.minibatches import Condition
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.conditions import Conditions, given_rows, sample_classes
from lit_wgan.evaluation.data_part import part_of_data
from lit_wgan.evaluation.extractors import takes_floats
from lit_wgan.evaluation.image_sets import images_of_loader
from lit_wgan.evaluation.options import EvaluationOptions
from lit_wgan.functional.streams import LatentLaw
from lit_wgan.systems.base import AdversarialSystem


class Inputs(NamedTuple):
    """What a system's generator is given, as ``GenerativeEvaluator.evaluate`` takes it."""

    latent_dim: tuple[int, ...]
    latent_law: LatentLaw
    conditions: Conditions | None
    num_classes: int
    conditioned_on: str
    transform: Transform | None


def inputs_of(system: AdversarialSystem, options: EvaluationOptions, condition: Any = None) -> Inputs:
    """The noise and the conditions of a system's samples.

    Args:
        system: which draws conditions from the training set's law.
        options: name the metrics, and the number of samples.
        condition: one for all samples instead, or one for each.

    Raises:
        UsageError: for metrics of classes where the system's conditions are none, and for what is no condition of it.
    """
    source = system.condition
    conditions: Conditions | None = None
    if source is not None:
        conditions = lambda rows: system.told(system.condition_of_samples(rows))  # noqa: E731
    words = "as in the training set" if source is not None and source.law() else "without the training set's law"
    if condition is not None:
        asked, words = system.condition_asked(condition, options.num_samples), "asked for"
        conditions = given_rows(cast(Condition, system.told(asked)))
    num_classes = source.num_classes if isinstance(source, ClassLabels) else 0
    if options.of_classes:
        sample_classes(options.of_classes, conditions, 2, num_classes)
    return Inputs(system.latent_shape, system.latent_law, conditions, num_classes, words, system.transform)


def with_training_set(options: EvaluationOptions, data: Any, loader: Callable[[], Any]) -> EvaluationOptions:
    """The options with the training set as the reference, where one is needed and none is given.

    Args:
        options: of an evaluation.
        data: the DataModule, set up, if there is one.
        loader: gives the loader of the training set, if the data is a user's own.

    Raises:
        UsageError: for training data whose samples cannot be indexed, are images of more than 8 bits for an extractor
            that takes bytes, or have no classes where a metric needs them.
    """
    if options.reference is not None or not options.compares:
        return options
    if takes_floats(options.extractor):
        return _with_floats(options, data, loader)
    images: Any
    if isinstance(data, ImageData):
        if data.transform is not None:
            raise UsageError(
                f"Expected a training set of 8-bit images without data.value_range for {', '.join(options.metrics)}, "
                f"whose extractors take bytes, but got {data.transform.dtype}. Give as the extractor a file of "
                "lit-wgan extractor train, which takes images as they are, other metrics that do, such as "
                "lit_wgan.ExactW1 in trainer.callbacks, or a reference of bytes, with which samples are "
                "compared as bytes too: the low end of the range as 0, the high end as 255."
            )
        images, classes = data.images[True], data.conditions[True]
    else:
        images = images_of_loader(loader())
        classes = images.classes() if "intra_fid" in options.metrics else None
    own = options.reference_classes
    return replace(options, reference=images, reference_classes=classes if own is None else own)


def _with_floats(options: EvaluationOptions, data: Any, loader: Callable[[], Any]) -> EvaluationOptions:
    part = part_of_data(data, loader, train=True, most=options.num_samples, seed=options.seed)
    classes = options.reference_classes
    if classes is None and "intra_fid" in options.metrics:
        classes = part.classes()
    return replace(options, reference=part.as_reference(), reference_classes=classes)
