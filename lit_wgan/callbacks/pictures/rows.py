"""Samples of any kind in rows: steps on the way from one to another, or what is near to the first of each row."""

from collections.abc import Sequence
from io import BytesIO
from math import ceil, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import torch
from PIL import Image
from torch import Tensor

from lit_wgan.callbacks.pictures.columns import MOST_CATEGORIES, MOST_COLUMNS
from lit_wgan.callbacks.pictures.drawing import COLUMNS, IMAGES, LINES, POINTS, SERIES, Drawing, drawing_of
from lit_wgan.callbacks.pictures.flat import flat_samples
from lit_wgan.callbacks.pictures.grid import GAP, as_picture, labelled, tiled
from lit_wgan.callbacks.pictures.lines import figure_of_lines, save_figure
from lit_wgan.callbacks.pictures.series import of_channels
from lit_wgan.data.transforms import TableTransform, TextTransform, Transform
from lit_wgan.errors import UsageError

FIRST, NEAR, FAINT = "C1", "0.55", "0.85"
"""Colours of what stands out, of what is near to it, and of what is behind."""


def draw_rows(
    rows: Tensor,
    path: Path,
    transform: Transform | None = None,
    captions: Sequence[Sequence[str]] = (),
    apart: bool = False,
) -> None:
    """Write samples ``(rows, columns, ...)`` as one PNG.

    Images and volumes stand in a grid. Series are curves, in a panel for each row and channel, points in the plane are
    joined row by row, of tables and vectors there is a panel for each column of the data, and of text a block of lines
    for each row.

    Args:
        rows: in the data's own units.
        path: of the file.
        transform: of the data.
        captions: of the samples, row by row; of curves the first of each row is its title; none for no captions.
        apart: the first of each row is what the others are near to, and looks different; else a row is a path, from
            dark to bright.

    Raises:
        UsageError: for samples that make no picture.
    """
    if _drawing(rows, transform) is IMAGES:
        _images(rows, transform, captions, apart).save(path)
    else:
        _shown(Rows(rows.cpu().double(), transform, captions, apart)).save(path)


def frames_of_rows(rows: Tensor, transform: Transform | None = None) -> list[Image.Image]:
    """Pictures of the samples ``(rows, steps, ...)`` of all rows at each step, all of one size.

    Raises:
        UsageError: for samples that make no picture.
    """
    if _drawing(rows, transform) is IMAGES:
        images = flat_samples(rows.flatten(0, 1), transform).unflatten(0, rows.shape[:2]).cpu()
        across = ceil(sqrt(len(rows) * images.shape[3] / images.shape[4]))
        return [as_picture(tiled(step, across)) for step in images.unbind(1)]
    return [_shown(Rows(rows.cpu().double(), transform, at=step)) for step in range(rows.shape[1])]


class Rows(NamedTuple):
    """What a figure shows: see :func:`draw_rows`.

    Args:
        rows: the samples, float64, on the CPU.
        transform: of the data.
        captions: of the samples.
        apart: whether the first of each row looks different.
        at: the step that stands out before the others; None for all alike.
    """

    rows: Tensor
    transform: Transform | None = None
    captions: Sequence[Sequence[str]] = ()
    apart: bool = False
    at: int | None = None

    def colours(self) -> list[Any]:
        """Of the samples in a row."""
        from matplotlib import colormaps

        count = self.rows.shape[1]
        if self.apart:
            return [FIRST] + [NEAR] * (count - 1)
        if self.at is not None:
            return [FIRST if place == self.at else FAINT for place in range(count)]
        return [colormaps["viridis"](0.95 * place / max(1, count - 1)) for place in range(count)]

    def order(self) -> list[int]:
        """The places in a row in the order in which they are drawn: what stands out lies before the others."""
        last = 0 if self.apart else self.at
        return sorted(range(self.rows.shape[1]), key=lambda place: (place == last, place))


def _drawing(rows: Tensor, transform: Transform | None) -> Drawing:
    drawing = drawing_of(rows.shape[2:], transform)
    if drawing is None:
        raise UsageError(
            f"Expected samples that make a picture, of at most four axes, but got samples of shape "
            f"{tuple(rows.shape[2:])}. Let the output end in .npy."
        )
    return drawing


def _shown(shown: Rows) -> Image.Image:
    draw = {POINTS: _points, SERIES: _series, COLUMNS: _columns, LINES: _lines}
    figure = draw[_drawing(shown.rows, shown.transform)](shown)
    buffer = BytesIO()
    save_figure(figure, buffer)
    return Image.open(buffer)


def _images(rows: Tensor, transform: Transform | None, captions: Sequence[Sequence[str]], apart: bool) -> Image.Image:
    images = flat_samples(rows.flatten(0, 1), transform).unflatten(0, rows.shape[:2]).cpu()
    strips = []
    for number, row in enumerate(images):
        grid = tiled(row, len(row))
        if apart:
            width = GAP + (grid.shape[2] - GAP) // len(row)
            grid = torch.cat([grid[..., :width], torch.ones(len(grid), grid.shape[1], 2 * GAP), grid[..., width:]], 2)
        strips.append(labelled(as_picture(grid), captions[number]) if captions else as_picture(grid))
    whole = Image.new(strips[0].mode, (strips[0].width, sum(each.height for each in strips)))
    for number, strip in enumerate(strips):
        whole.paste(strip, (0, sum(each.height for each in strips[:number])))
    return whole


def _figure(across: int, down: int, width: float, height: float, **options: Any) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # pyplot would keep every figure and choose a window system

    figure = Figure(figsize=(max(width * across, 5), max(height * down, 3)), layout="constrained")
    return figure, figure.subplots(down, across, squeeze=False, **options)


def _points(shown: Rows) -> Any:
    figure, ((axes,),) = _figure(1, 1, 5.5, 5.5)
    axes.set_aspect("equal")
    sizes = [30 if colour == FIRST else 14 for colour in shown.colours()]
    order = shown.order()
    for row in shown.rows.numpy():
        lines = [row[[0, place]] for place in range(1, len(row))] if shown.apart else [row]
        for line in lines:
            axes.plot(*line.T, color=FAINT, linewidth=0.8, zorder=1)
        looks = {"s": [sizes[place] for place in order], "c": [shown.colours()[place] for place in order]}
        axes.scatter(*row[order].T, zorder=2, **looks)
    return figure


def _series(shown: Rows) -> Any:
    count = len(shown.rows)
    channels = of_channels(shown.rows.flatten(0, 1))
    figure, all_axes = _figure(len(channels), count, 5 if len(channels) == 1 else 3, 1.6, sharex=True, sharey="col")
    for number, panels in enumerate(all_axes):
        if shown.captions:
            panels[0].set_title(shown.captions[number][0], fontsize="small", loc="left")
        for axes, channel in zip(panels, channels, strict=True):
            curves, colours = channel.unflatten(0, shown.rows.shape[:2])[number].numpy(), shown.colours()
            for place in shown.order():
                axes.plot(curves[place], color=colours[place], linewidth=1.8 if colours[place] == FIRST else 1)
    return figure


def _columns(shown: Rows) -> Any:
    table = shown.transform if isinstance(shown.transform, TableTransform) else None
    drawn = min(shown.rows.shape[2], MOST_COLUMNS)
    across = min(drawn, 4)
    figure, all_axes = _figure(across, -(-drawn // across), 3, 2.2)
    for axes in all_axes.flatten()[drawn:]:
        axes.set_visible(False)
    for column, axes in enumerate(all_axes.flatten()[:drawn]):
        values = shown.rows[:, :, column].numpy()
        axes.set_title(f"x{column}" if table is None else table.names[column], fontsize="small")
        if shown.apart:
            axes.plot(values[:, 1:], ".", color=NEAR)
            axes.plot(values[:, 0], "o", color=FIRST, markersize=4)
        else:
            axes.plot(values.T, linewidth=1)
        if shown.at is not None:
            axes.axvline(shown.at, color=NEAR)
        categories = [] if table is None else table.categories[column]
        if 0 < len(categories) <= MOST_CATEGORIES:
            axes.set_yticks(range(len(categories)), [str(each) for each in categories])
    figure.supxlabel("sample" if shown.apart else "step", fontsize="small")
    return figure


def _lines(shown: Rows) -> Any:
    assert isinstance(shown.transform, TextTransform)
    blocks, length = [shown.transform.lines(row) for row in shown.rows], shown.rows.shape[2]
    if shown.at is not None:
        return figure_of_lines([[lines[shown.at] for lines in blocks]], length)
    if shown.captions:
        width = max(len(each) for captions in shown.captions for each in captions)
        blocks = [
            [f"{caption:>{width}}  {line}" for caption, line in zip(captions, lines, strict=True)]
            for captions, lines in zip(shown.captions, blocks, strict=True)
        ]
        length += width + 2
    return figure_of_lines(blocks, length)
