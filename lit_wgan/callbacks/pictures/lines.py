"""Text as lines, one below the other."""

import warnings
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

from lit_wgan.callbacks.pictures.shown import Shown
from lit_wgan.data.transforms import TextTransform
from lit_wgan.data.transforms.text import UNKNOWN

POINTS = 9
WIDTH, HEIGHT = 0.602 * POINTS / 72, 1.3 * POINTS / 72
"""Of a character in inches, in the font of fixed width that comes with matplotlib."""
MARGIN = 0.25
LINES_IN_BLOCK = 32


def draw_lines(shown: Shown, path: Path) -> None:
    """Draw samples of text, of which the data have a :class:`TextTransform`, as a PNG."""
    assert isinstance(shown.transform, TextTransform)
    lines, length = shown.transform.lines(shown.samples), shown.samples.shape[1]
    blocks = [lines[first : first + LINES_IN_BLOCK] for first in range(0, len(lines), LINES_IN_BLOCK)]
    save_figure(figure_of_lines(blocks, length, shown.title), path)


def figure_of_lines(blocks: Sequence[Sequence[str]], length: int, title: str = "", most_across: int = 2) -> Any:
    """A figure of lines of text in blocks.

    Args:
        blocks: the lines of each, which stand in rows of blocks.
        length: of the longest line that there could be, so that figures of a kind are of one size.
        title: of the figure.
        most_across: blocks in a row, at most.
    """
    from matplotlib.figure import Figure  # pyplot would keep every figure and choose a window system

    across = min(len(blocks), most_across)
    down, lines = ceil(len(blocks) / across), max(map(len, blocks)) + 1
    width, height = MARGIN + across * (WIDTH * length + MARGIN), 2 * MARGIN + (down * lines + 1) * HEIGHT
    figure = Figure(figsize=(max(width, 3), height))
    figure.text(0.5, 1 - MARGIN / height, title, ha="center", va="center")
    for number, block in enumerate(blocks):
        row, column = divmod(number, across)
        x = (MARGIN + column * (WIDTH * length + MARGIN)) / width
        for place, line in enumerate(block):
            y = 1 - (2 * MARGIN + (row * lines + place + 0.8) * HEIGHT) / height
            figure.text(x, y, printable(line), family="DejaVu Sans Mono", size=POINTS, parse_math=False)
    return figure


def printable(line: str) -> str:
    """A line in which control characters are shown as the unknown one."""
    return "".join(each if each.isprintable() else UNKNOWN for each in line)


def save_figure(figure: Any, file: Any) -> None:
    """Write a figure as a PNG; characters that the font does not have are boxes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure.savefig(file, dpi=100, format="png")
