"""Which picture shows samples of a given shape."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lit_wgan.callbacks.pictures.grid import draw_images, is_image
from lit_wgan.callbacks.pictures.points import draw_points
from lit_wgan.callbacks.pictures.series import draw_series, is_series
from lit_wgan.data import AdversarialData
from lit_wgan.engine.minibatches import Condition
from lit_wgan.systems import AdversarialSystem


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


def drawing_of(shape: Sequence[int]) -> Drawing | None:
    """What draws samples of a shape: images ``(1 | 3, H, W)``, points ``(2,)``, series; None if nothing does."""
    if is_image(shape):
        return draw_images
    if tuple(shape) == (2,):
        return draw_points
    return draw_series if is_series(shape) else None
