"""Which picture shows samples of a given shape."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lit_wgan.callbacks.pictures.columns import draw_columns
from lit_wgan.callbacks.pictures.flat import is_shown_flat
from lit_wgan.callbacks.pictures.grid import draw_images
from lit_wgan.callbacks.pictures.points import draw_points
from lit_wgan.callbacks.pictures.series import draw_series, is_series
from lit_wgan.data import AdversarialData
from lit_wgan.data.transforms import TableTransform, Transform
from lit_wgan.engine.minibatches import Condition
from lit_wgan.systems import AdversarialSystem

POINTS = 1000
"""In a scatter plot, and in a histogram."""


class Drawing(Protocol):
    """Draws samples of a system."""

    def __call__(
        self,
        system: AdversarialSystem,
        path: Path,
        count: int,
        data: AdversarialData | None = None,
        condition: Condition | None = None,
    ) -> None:
        """Write a PNG.

        Args:
            system: whose samples are drawn.
            path: of the file.
            count: number of samples.
            data: for real samples to compare with.
            condition: of the samples; None in a conditional system for a picture of samples under several conditions.
        """


def drawing_of(shape: Sequence[int], transform: Transform | None = None) -> Drawing | None:
    """What draws samples of a shape: images and volumes, points ``(2,)``, series, columns; None if nothing does.

    Args:
        shape: of one sample.
        transform: of the data, by which tables are known.
    """
    if tuple(shape) == (2,):
        return draw_points
    if isinstance(transform, TableTransform):
        return draw_columns
    if is_series(shape):
        return draw_series
    if is_shown_flat(shape):
        return draw_images
    return draw_columns if len(shape) == 1 else None


def samples_in(shape: Sequence[int], transform: Transform | None, images: int) -> int:
    """How many samples a picture is to have: many where each is a point or counts in a histogram."""
    return POINTS if drawing_of(shape, transform) in (draw_points, draw_columns) else images
