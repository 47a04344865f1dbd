"""Training of a feature network on labelled samples."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import OneCycleLR

from lit_wgan.data.transforms import Transform
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.engine.preserve import preserve_random_state
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.evaluation.classifier import ConvolutionalClassifier
from lit_wgan.evaluation.conditions import are_class_numbers, shape_in_words
from lit_wgan.evaluation.extractor_file import Description, FeatureNetwork
from lit_wgan.evaluation.own_extractor import OwnExtractor, standardised, to_network_units
from lit_wgan.functional.streams import RandomStreams

LEARNING_RATE = 5e-3
ROWS_AT_ONCE = 512


def train_feature_network(
    train: Minibatch,
    held_out: Minibatch,
    *,
    transform: Transform | None = None,
    updates: int = 1000,
    batch_size: int = 128,
    seed: int = 0,
    **described: Any,
) -> FeatureNetwork:
    """Train a classifier by AdamW, whose rate rises and falls along a cosine, on samples as they are.

    The same on one machine for one seed.

    Args:
        train: samples ``(N, ...)``, images as bytes or anything as floats in the data's own units, and their classes.
        held_out: likewise, for the accuracy alone.
        transform: from the data's own units to those that it is trained in; None for none.
        updates: steps of the optimizer.
        batch_size: samples in each, or all of them if they are fewer.
        seed: of the weights at first and of the minibatches.
        described: what else goes into the description.

    Raises:
        UsageError: for samples without classes or of one class, classes that are missing, and numbers out of range.
    """
    check_positive(updates=updates, batch_size=batch_size)
    labels, answers = class_numbers_of(train, "training"), class_numbers_of(held_out, "held-out")
    classes = check_classes(labels, answers)
    batch_size = min(batch_size, len(labels))
    streams = RandomStreams(seed)
    mean, std = _statistics(train.real, transform)
    with preserve_random_state():
        torch.manual_seed(streams.key("extractor/weights", 0))
        classifier = ConvolutionalClassifier(to_network_units(train.real[:1], transform).shape[1:], classes)
        optimizer = torch.optim.AdamW(classifier.parameters())
        schedule = OneCycleLR(optimizer, LEARNING_RATE, total_steps=updates + 1)
        for _, rows in zip(range(updates), _minibatches(len(labels), batch_size, streams), strict=False):
            maps = standardised(to_network_units(train.real[rows], transform), mean, std)
            loss = cross_entropy(classifier.logits(classifier.features(maps)), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()

    def network(accuracy: float) -> FeatureNetwork:
        known = {"shape": tuple(train.real.shape[1:]), "takes": _taken(train.real), "classes": classes, "seed": seed}
        known |= {"held_out": len(answers), "trained_on": len(labels), "updates": updates, "batch_size": batch_size}
        description = Description(**(known | described), accuracy=accuracy)  # type: ignore[arg-type]  # mixed
        return FeatureNetwork(description, classifier, mean, std, transform)

    return network(accuracy_of(network(0.0), held_out.real, answers))


def accuracy_of(network: FeatureNetwork, samples: Tensor, labels: Tensor) -> float:
    """The share of samples whose largest logit is their label's."""
    extractor = OwnExtractor("network", ["logits"], network=network)
    with torch.no_grad():
        guesses = torch.cat([extractor(part)[0].argmax(1) for part in samples.split(ROWS_AT_ONCE)])
    return (guesses == labels).double().mean().item()


def class_numbers_of(minibatch: Minibatch, part: str) -> Tensor:
    """The class numbers ``(N,)``, int64, of labelled samples.

    Raises:
        UsageError: for samples that have none.
    """
    if not are_class_numbers(minibatch.condition):
        got = "none" if minibatch.condition is None else shape_in_words(minibatch.condition)
        raise UsageError(
            f"Expected {part} samples with a class number each, from which features are learnt, but got {got}. Name "
            "where they are (data.conditions, data.condition_of), or measure with a network of your own, which "
            "GenerativeEvaluator takes as extractor."
        )
    return minibatch.condition.long()


def check_classes(labels: Tensor, held_out: Tensor) -> int:
    """The number of classes.

    Raises:
        UsageError: for class numbers below 0, fewer than two classes, no held-out samples, and classes of which there
            is no sample to train on.
    """
    if not len(held_out):
        raise UsageError("Expected held-out samples for the accuracy, but got none. Hold some out (data.held_out).")
    lowest, classes = int(torch.cat([labels, held_out]).min()), int(torch.cat([labels, held_out]).max()) + 1
    if lowest < 0:
        raise UsageError(f"Expected class numbers from 0, but got {lowest}. Number the classes from 0.")
    if classes < 2:
        raise UsageError("Expected samples of two classes or more, but got the class 0 alone. Give other labels.")
    if len(labels) < classes:
        raise UsageError(
            f"Expected at least one training sample for each of {classes} classes, but got {len(labels)} samples. Give "
            "more samples, or number the classes from 0 without gaps."
        )
    missing = (labels.bincount(minlength=classes) == 0).nonzero().flatten().tolist()
    if missing:
        raise UsageError(
            f"Expected training samples of each class from 0 to {classes - 1}, but got none of class {missing[0]}. "
            "Number the classes from 0 without gaps, or take more samples (num_samples)."
        )
    return classes


def _minibatches(count: int, batch_size: int, streams: RandomStreams) -> Iterator[Tensor]:
    """Indices of shuffled epochs without end, each without what is left of the count by the size."""
    epoch = 0
    while True:
        order = streams.permutation("extractor/order", epoch, count)
        yield from order[: count // batch_size * batch_size].split(batch_size)
        epoch += 1


def _statistics(samples: Tensor, transform: Transform | None) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel, ``(C,)``; 1 for a channel that is constant."""
    total = squares = torch.zeros(1, dtype=torch.float64)
    count = 0
    for part in samples.split(ROWS_AT_ONCE):
        units = to_network_units(part, transform)
        maps = standardised(units, torch.zeros(1), torch.ones(1)).double().transpose(0, 1).flatten(1)
        total, squares, count = total + maps.sum(1), squares + maps.square().sum(1), count + maps.shape[1]
    mean = total / count
    std = (squares / count - mean.square()).clamp(min=0).sqrt()
    return mean.float(), torch.where(std > 1e-6 * mean.abs(), std, 1.0).float()


def _taken(samples: Tensor) -> str:
    return "bytes" if samples.dtype == torch.uint8 else "floats"
