"""Samples on the way from one noise vector to another."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Literal, Protocol, cast, get_args

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import LatentLaw
from lit_wgan.systems.sampling import SampleList

How = Literal["linear", "spherical"]
LIKELY: dict[LatentLaw, How] = {"normal": "spherical", "uniform": "linear"}
"""The path that stays among likely noise: normal vectors of many numbers all have about the same norm, halfway between
two of them a straight line has 0.7 of it; between points of a cube a straight line stays in the cube."""
MOST = 2**63
"""Numbers that all noise vectors up to that of the largest number have together, at most: see RandomStreams."""


class Sampled(Protocol):
    """What has a list of samples: a system, or a :class:`~lit_wgan.trained.generator.TrainedGenerator`."""

    @property
    def samples(self) -> SampleList:
        """The list."""


def interpolation(
    of: Sampled | SampleList,
    pairs: Sequence[tuple[int, int]],
    steps: int = 16,
    how: How | None = None,
    condition: Any = None,
    batch_size: int = 256,
) -> Tensor:
    """Samples on the way from one sample to another, ``(rows, steps, ...)`` in the data's own units, on the CPU.

    Row r begins with sample ``pairs[r][0]`` and ends with sample ``pairs[r][1]``: the same that ``lit-wgan sample``
    draws under the same condition, unless the generator draws random numbers by itself. Conditions of numbers change
    evenly from that of the first to that of the last.

    Args:
        of: a system, a trained generator, or a list of samples.
        pairs: numbers of the first and the last sample of each row.
        steps: samples in a row, both ends included; at least 2.
        how: see :func:`noise_path`; None for what suits the noise, see :data:`LIKELY`.
        condition: of all rows, such as the class ``3``, or one for each row; None for those of both ends.
        batch_size: samples that are drawn at a time.

    Raises:
        UsageError: for numbers of samples below 0, less than two steps, what is no condition, and for ends of different
            classes, unless the generator takes one-hot vectors for class numbers.
    """
    samples = of if isinstance(of, SampleList) else of.samples
    _check(samples, pairs, steps)
    ends = [samples.noise(slice(number, number + 1))[0] for pair in pairs for number in pair]
    z = torch.stack([noise_path(*pair, steps, how or LIKELY[samples.latent_law]) for pair in _in_pairs(ends)])
    told = None
    if condition is not None:
        asked = samples.condition_asked(condition, len(pairs))
        told = map_condition(lambda part: part.repeat_interleave(steps, 0), asked)
    elif samples.condition is not None:
        told = _between(samples, pairs, steps, z[0, :1])
    found = samples.of_noise(z.flatten(0, 1), told, batch_size)
    return (found if samples.transform is None else samples.transform.inverse(found)).cpu().unflatten(0, z.shape[:2])


def usual_rows(of: Sampled | SampleList, rows: int) -> tuple[list[tuple[int, int]], Condition | None]:
    """Pairs of samples that show much in so many rows, and the condition of each row; None for those of both ends.

    Each row begins where that before it ended. Where classes are told, between which there is nothing, each row is
    under one of them.
    """
    samples = of if isinstance(of, SampleList) else of.samples
    pairs = [(row, row + 1) for row in range(rows)]
    if samples.condition is None:
        return pairs, None
    examples = samples.condition.examples(rows)
    if all(part.is_floating_point() for part in as_tuple(examples)):
        return pairs, None
    return pairs, map_condition(lambda part: part[torch.arange(rows) % len(part)], examples)


def noise_path(start: Tensor, end: Tensor, steps: int, how: How) -> Tensor:
    """Noise ``(steps, ...)`` in even steps from ``start`` to ``end``, both ``(...)``, which are its ends exactly.

    ``linear``: ``(1 - t) start + t end``. ``spherical``: the direction turns evenly along the great circle by the
    shorter way, and the norm changes evenly; it is kept where both ends have the same. Between opposite directions all
    ways are as long, and one is chosen; from and to 0, which has no direction, and between single numbers the path is
    linear.

    Raises:
        UsageError: for less than two steps, and an unknown ``how``.

    Source: White 2016, arXiv:1609.04468v3, Section 2.1; there the norm of a path between ends of different norms is
    larger than the mean of both halfway, here it is the mean.
    """
    if how not in get_args(How):
        raise UsageError(f"Expected how to be {' or '.join(get_args(How))}, but got {how}. Take one of them.")
    if steps < 2:
        raise UsageError(f"Expected at least 2 steps, the ends, but got {steps}. Take more.")
    t = torch.linspace(0, 1, steps, dtype=torch.float64, device=start.device)[:, None]
    a, b = start.double().flatten(), end.double().flatten()
    path = _arc(a, b, t) if how == "spherical" and a.any() and b.any() and len(a) > 1 else torch.lerp(a, b, t)
    path = path.to(start.dtype).unflatten(1, start.shape)
    path[0], path[-1] = start, end
    return path


def _arc(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Vectors ``(T, d)`` at shares t ``(T, 1)`` of the arc between two vectors that are not 0."""
    norms = a.norm(), b.norm()
    first, last = a / norms[0], b / norms[1]
    across = last - (last @ first) * first
    if across.norm() < 1e-9:  # the same direction, or the opposite one: any circle through it will do
        across = torch.zeros_like(first)
        across[first.abs().argmin()] = 1
        across -= (across @ first) * first
    angle = torch.atan2(last @ across / across.norm(), last @ first).abs()
    direction = (t * angle).cos() * first + (t * angle).sin() * across / across.norm()
    return torch.lerp(*norms, t) * direction


def _in_pairs(ends: list[Tensor]) -> list[tuple[Tensor, Tensor]]:
    return list(zip(ends[::2], ends[1::2], strict=True))


def _check(samples: SampleList, pairs: Sequence[tuple[int, int]], steps: int) -> None:
    most = MOST // torch.Size(samples.latent_shape).numel() - 1
    for number in (number for pair in pairs for number in pair):
        if not 0 <= number < most:
            raise UsageError(
                f"Expected numbers of samples from 0 to {most - 1}, but got {number}. Samples are counted from 0."
            )
    if not pairs:
        raise UsageError("Expected at least one pair of samples, but got none. Give the numbers of two.")


# Conditions.


def _between(samples: SampleList, pairs: Sequence[tuple[int, int]], steps: int, z: Tensor) -> Condition:
    """The conditions of all rows, one row after another, from those of the first to those of the last samples."""
    t = torch.linspace(0, 1, steps, device=samples.device)

    def end(which: int) -> Condition:
        rows = [samples.conditions(slice(pair[which], pair[which] + 1)) for pair in pairs]
        return cast(Condition, map_condition(lambda *parts: torch.cat(parts), *rows))

    first, last = end(0), end(1)
    if _classes_differ(first, last):
        first, last = (_mixable(samples, labels, z) for labels in (first, last))

    def path(start: Tensor, stop: Tensor) -> Tensor:
        shares = t.view(1, steps, *[1] * (start.ndim - 1))
        if not start.is_floating_point():
            return start.repeat_interleave(steps, 0)
        mixed = torch.lerp(start[:, None], stop[:, None], shares.to(start.dtype))
        mixed[:, 0], mixed[:, -1] = start, stop
        return mixed.flatten(0, 1)

    return cast(Condition, map_condition(path, first, last))


def _classes_differ(first: Condition, last: Condition) -> bool:
    parts = zip(as_tuple(first), as_tuple(last), strict=True)
    return any(not start.is_floating_point() and not torch.equal(start, stop) for start, stop in parts)


def _mixable(samples: SampleList, labels: Condition, z: Tensor) -> Condition:
    """Classes as one-hot vectors, which can be mixed, if the generator makes the same of these.

    Raises:
        UsageError: if it does not.
    """
    classes = getattr(samples.condition, "num_classes", 0)
    if isinstance(labels, Tensor) and classes:
        vectors = one_hot(labels, classes).to(samples.dtype)
        with suppress(Exception):  # a network may raise anything for what it was not made for
            of_labels, of_vectors = (samples.of_noise(z, told[:1]) for told in (labels, vectors))
            if torch.allclose(of_labels, of_vectors, rtol=1e-4, atol=1e-5):
                return vectors
    raise UsageError(
        "Expected samples of one class at both ends of a row, since the generator takes class numbers, between which "
        "there is nothing, but got samples of different classes. Give a --condition, such as 3, for all, or a list, "
        "such as '[0, 1]', of one for each row."
    )
