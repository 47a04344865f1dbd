"""Images of several channels and volumes as images that can be shown: grey or in colour, in [-1, 1]."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from lit_wgan.data.transforms import Transform

COLOURS = (1, 3)
"""Channels of images that are shown as they are."""
MOST_CHANNELS = 8
"""Channels that are shown side by side; more are taken for the slices of a volume."""
MOST_INSIDE = 0.95
"""Share of values in [-1, 1] from which on these are the limits of what is shown."""
HALF_INSIDE = 0.5
"""The same of data without a transform, which are in [-1, 1] unless they are something else altogether."""
SHOWN = (0.5, 99.5)
"""Percentiles that are shown as -1 and 1 where values have other limits."""
Limits = tuple[float, float]
UNIT: Limits = (-1.0, 1.0)


def is_shown_flat(shape: Sequence[int]) -> bool:
    """Whether samples of a shape are shown in a grid: ``(H, W)``, ``(C, H, W)``, ``(D, H, W)`` or ``(C, D, H, W)``."""
    return len(shape) in (2, 3, 4)


def flat_samples(samples: Tensor, transform: Transform | None, limits: Limits | None = None) -> Tensor:
    """Samples ``(N, ...)`` in the data's own units as images ``(N, 1 | 3, h, w)`` in [-1, 1].

    The channels of an image stand side by side, unless there are one or three. A volume is shown by the slices through
    its middle across each of its axes.

    Args:
        samples: in the data's own units.
        transform: of the data.
        limits: those of other samples, that both are shown alike; None for their own.
    """
    low, high = limits or limits_of(samples, transform)
    seen = _in_networks_units(samples, transform)
    return flat(seen if (low, high) == UNIT else (seen - low) / max(high - low, 1e-12) * 2 - 1)


def limits_of(samples: Tensor, transform: Transform | None) -> Limits:
    """The values, in the networks' units, that are shown as black and as white.

    They are -1 and 1 if most values of the samples lie between, else the samples' own limits without the extremes.
    """
    values = _in_networks_units(samples, transform).detach().cpu().numpy()
    values = values[np.isfinite(values)]
    inside = HALF_INSIDE if transform is None else MOST_INSIDE
    if not values.size or (np.abs(values) <= 1).mean() >= inside:
        return UNIT
    low, high = np.percentile(values, SHOWN)
    return float(low), float(high)


def _in_networks_units(samples: Tensor, transform: Transform | None) -> Tensor:
    return samples.float() if transform is None else transform.forward(samples.float())


def flat(samples: Tensor) -> Tensor:
    """Samples ``(N, ...)`` of two to four axes as images ``(N, 1 | 3, h, w)``."""
    if samples.ndim == 3:
        return samples[:, None]
    channels = samples.shape[1]
    if samples.ndim == 5:
        shown = samples if channels in COLOURS else samples[:, :1]
        depth, height, width = (size // 2 for size in shown.shape[2:])
        return _side_by_side([shown[:, :, depth], shown[:, :, :, height], shown[..., width]])
    if channels in COLOURS:
        return samples
    if channels > MOST_CHANNELS:
        return flat(samples[:, None])
    return _side_by_side(list(samples.split(1, dim=1)))


def _side_by_side(parts: Sequence[Tensor]) -> Tensor:
    """Images ``(N, C, h, w)`` beside each other, with a black line between them."""
    height = max(part.shape[2] for part in parts)
    padded = [pad(part, (0, 1, 0, height - part.shape[2]), value=-1) for part in parts]
    return torch.cat(padded, dim=3)[..., :-1]
