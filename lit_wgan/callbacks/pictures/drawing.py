"""Which picture shows samples of a given shape, and which samples it shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lit_wgan.callbacks.pictures.columns import draw_columns
from lit_wgan.callbacks.pictures.flat import is_shown_flat
from lit_wgan.callbacks.pictures.grid import draw_images
from lit_wgan.callbacks.pictures.lines import draw_lines
from lit_wgan.callbacks.pictures.names import are_short
from lit_wgan.callbacks.pictures.points import draw_points
from lit_wgan.callbacks.pictures.selection import held_out_under_each, rows_under_each, samples_under_each
from lit_wgan.callbacks.pictures.series import PANELS, draw_series, is_series
from lit_wgan.callbacks.pictures.shown import REAL, Shown
from lit_wgan.data import AdversarialData
from lit_wgan.data.conditions.given import first_part
from lit_wgan.data.transforms import TableTransform, TextTransform, Transform
from lit_wgan.engine.minibatches import Condition
from lit_wgan.systems import AdversarialSystem


@dataclass(frozen=True)
class Drawing:
    """A kind of picture: how samples are drawn, and which of a system's and of the held-out ones.

    Args:
        draw: writes what is shown as a PNG.
        columns: conditions that stand apart in one picture, at most; 0 where samples of all conditions mix.
        most: samples in a picture without such conditions, at most; None for no such limit.
        always: samples in every picture, however many are asked for; None for as many as that.
        compares: whether generated samples are drawn with real ones.
        coloured: whether samples are coloured by condition: then generated ones are made under those of the real ones.
    """

    draw: Callable[[Shown, Path], None]
    columns: int = 0
    most: int | None = None
    always: int | None = None
    compares: bool = True
    coloured: bool = False

    def count(self, asked: int) -> int:
        """How many samples a picture has: many where each is a point or counts in a histogram."""
        return self.always or asked

    def generated(
        self,
        system: AdversarialSystem,
        count: int,
        data: AdversarialData | None = None,
        condition: Condition | None = None,
    ) -> Shown:
        """What a picture of a system's samples shows.

        Args:
            system: whose samples they are.
            count: number of samples.
            data: for real samples to compare with.
            condition: of the samples; None in a conditional system for samples under several conditions.
        """
        title, transform = f"{system.counters.generator_updates} generator updates", system.transform
        compared = data if self.compares and condition is None else None
        if system.condition is not None and condition is None and self.columns:
            examples = system.condition.examples(min(self.columns, count))
            groups = samples_under_each(system, examples, count)
            similar = None if compared is None else held_out_under_each(compared, examples, len(groups[0]))
            return Shown(groups, examples, similar, transform=transform, title=title)
        real = None if compared is None else compared.held_out_samples(min(count, self.most or count))
        told = None
        if self.coloured and real is not None:
            count = len(real.real)
        if self.coloured and system.condition is not None and condition is None:
            told = system.condition_of_samples(slice(count)) if real is None else real.condition
        samples = system.sample(slice(count), condition=condition if told is None else told)[: self.most]
        others = None if real is None else [real.real]
        return Shown([samples], real=others, told=told, transform=transform, title=title)

    def held_out(self, system: AdversarialSystem, count: int, data: AdversarialData) -> Shown:
        """The same of held-out samples: those of the same conditions or, of long ones, some with their own.

        Args:
            system: whose pictures they are to be compared with.
            count: number of samples, at most.
            data: has the samples.
        """
        look: dict[str, Any] = {"transform": system.transform, "title": "held-out samples", "label": REAL}
        if system.condition is None or not self.columns:
            real = data.held_out_samples(min(count, self.most or count))
            return Shown([real.real], told=real.condition if system.condition else None, **look)
        examples = system.condition.examples(min(self.columns, count))
        columns = len(first_part(examples))
        if not are_short(examples):
            real = data.held_out_samples(columns)
            return Shown(list(real.real.split(1)), real.condition, **look)
        return Shown(held_out_under_each(data, examples, rows_under_each(columns, count)), examples, **look)


IMAGES = Drawing(draw_images, columns=16, compares=False)
POINTS = Drawing(draw_points, always=1000, coloured=True)
SERIES = Drawing(draw_series, columns=PANELS, most=16)
COLUMNS = Drawing(draw_columns, always=1000)
LINES = Drawing(draw_lines, most=256, compares=False)


def drawing_of(shape: Sequence[int], transform: Transform | None = None) -> Drawing | None:
    """What draws samples of a shape: images and volumes, points ``(2,)``, series, columns, text; None if none.

    Args:
        shape: of one sample.
        transform: of the data, by which tables and text are known.
    """
    if isinstance(transform, TextTransform):
        return LINES
    if tuple(shape) == (2,):
        return POINTS
    if isinstance(transform, TableTransform):
        return COLUMNS
    if is_series(shape):
        return SERIES
    if is_shown_flat(shape):
        return IMAGES
    return COLUMNS if len(shape) == 1 else None
