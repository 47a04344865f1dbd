"""Samples and conditions as the critic sees them, through a system's view."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from lit_wgan.engine.minibatches import Condition, map_condition
from lit_wgan.terms.base import Noise
from lit_wgan.views.base import View


class Seen(NamedTuple):
    """A minibatch as the critic sees it.

    Attributes:
        real: the real samples, ``(n, ...)``.
        real_condition: what the critic is told with them.
        condition: what it is told with the generated samples.
        noise: the random numbers by which those are seen as well.
    """

    real: Tensor
    real_condition: Condition | None
    condition: Condition | None
    noise: Noise = ()


def seen_samples(view: View | None, x: Tensor, noise: Noise, passes: int = 1) -> Tensor:
    """What is seen of samples ``(m, ...)``; without a view, themselves.

    Args:
        view: of the system.
        x: the samples.
        noise: of the view, m rows.
        passes: how often the same minibatch follows itself, each time to be seen by itself.
    """
    return x if view is None else _by_pass(view, passes, x, *noise)


def seen_condition(view: View | None, condition: Condition | None, noise: Noise, passes: int = 1) -> Condition | None:
    """What the critic is told with :func:`seen_samples`."""
    if view is None:
        return condition
    return map_condition(lambda part: _by_pass(view.condition, passes, part, *noise), condition)


def whole_groups(view: View) -> Callable[[Tensor], Tensor]:
    """Leaves out the last rows of a tensor, as many as fill no group of samples."""
    return lambda rows: rows[: len(rows) - len(rows) % view.group]


def _by_pass(function: Callable[..., Tensor], passes: int, *rows: Tensor) -> Tensor:
    if passes == 1:
        return function(*rows)
    return torch.cat([function(*part) for part in zip(*(each.chunk(passes) for each in rows), strict=True)])
