"""Images in a grid; those of a conditional system in a column for each condition."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import interpolate, pad

from lit_wgan.callbacks.pictures.flat import flat_samples
from lit_wgan.callbacks.pictures.names import short_names
from lit_wgan.callbacks.pictures.shown import Shown
from lit_wgan.data.conditions.given import as_tuple
from lit_wgan.engine.minibatches import Condition
from lit_wgan.evaluation.images import to_bytes

GAP = 2
"""Pixels between images; a grey line, twice as thick, parts conditions that are images from the samples."""
LABEL = 16
"""Height of a line of text, in pixels."""


def is_image(shape: Sequence[int]) -> bool:
    """Whether samples of a shape can be shown: ``(1, H, W)`` or ``(3, H, W)``."""
    return len(shape) == 3 and shape[0] in (1, 3)


def as_picture(image: Tensor) -> Image.Image:
    """An image ``(C, H, W)`` in ``[-1, 1]`` as Pillow's, grey for C = 1 and in colour for C = 3.

    Raises:
        UsageError: for values that are not finite.
    """
    pixels = to_bytes(image[None])[0].permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(pixels.squeeze(-1) if len(image) == 1 else pixels)


def draw_images(shown: Shown, path: Path) -> None:
    """Draw a grid of images, or a column of images for each group."""
    images = flat_samples(shown.samples, shown.transform, shown.limits)
    if len(shown.groups) == 1 and shown.conditions is None:
        save_grid(images, path)
        return
    columns = images.split([len(group) for group in shown.groups])
    rows = max(map(len, columns))
    full = [pad(column, (0, 0) * 3 + (0, rows - len(column)), value=-1) for column in columns]
    save_columns(torch.stack(full, 1), shown.conditions, path)


def save_grid(images: Tensor, path: Path) -> None:
    """Write images ``(N, C, H, W)`` in ``[-1, 1]`` as one PNG, about as wide as high; nan is shown as grey."""
    columns = np.ceil(np.sqrt(len(images) * images.shape[2] / images.shape[3]))
    as_picture(tiled(images, int(columns))).save(path)


def save_columns(images: Tensor, conditions: Condition | None, path: Path) -> None:
    """Write images ``(rows, columns, C, H, W)`` as one PNG with the condition of each column above it.

    A condition that is an image is shown as one, as large as the samples; numbers are written.

    Args:
        images: in ``[-1, 1]``.
        conditions: of the columns; None for columns without a name.
        path: of the file.
    """
    _, columns, _, *size = images.shape
    parts = () if conditions is None else as_tuple(conditions)
    told = [_as_shown(part, size) for part in parts if is_image(part.shape[1:])]
    samples = images.flatten(0, 1).cpu()
    channels = max(each.shape[1] for each in [*told, samples])
    everything = torch.cat([each.float().expand(-1, channels, -1, -1) for each in [*told, samples]])
    grid = tiled(everything, columns)
    if told:
        cut = GAP // 2 + len(told) * (grid.shape[1] - GAP) * columns // len(everything)
        grid = torch.cat([grid[:, :cut], torch.zeros(channels, 2 * GAP, grid.shape[2]), grid[:, cut:]], 1)
    names = [""] * columns if conditions is None else short_names(conditions)
    labelled(as_picture(grid), names).save(path)


def _as_shown(conditions: Tensor, size: Sequence[int]) -> Tensor:
    """Conditions that are images, as large as the samples; of a field of other numbers, the range becomes [-1, 1]."""
    shown = interpolate(conditions.float(), size=tuple(size), mode="nearest-exact")
    low, high = shown.min(), shown.max()
    return shown if low >= -1 and high <= 1 else (shown - low) / (high - low).clamp(min=1e-12) * 2 - 1


def tiled(images: Tensor, columns: int) -> Tensor:
    """Images ``(N, C, H, W)`` as one ``(C, h, w)``, small ones enlarged, with a black line between them."""
    from torchvision.utils import make_grid  # takes seconds

    scale = max(1, 64 // images.shape[-1])  # small images are enlarged to be looked at
    enlarged = images.float().nan_to_num().repeat_interleave(scale, -1).repeat_interleave(scale, -2)
    grid: Tensor = make_grid(enlarged, nrow=columns, padding=GAP, pad_value=-1)
    return grid[: images.shape[1]]  # torchvision makes three channels of one


def labelled(grid: Image.Image, labels: Sequence[str]) -> Image.Image:
    """A grid with a label above each column; the grid itself where labels are empty or wider than a column."""
    font, width = ImageFont.load_default(), grid.width / len(labels)
    if not any(labels) or max(map(font.getlength, labels)) > width - 3 * GAP:
        return grid
    labelled = Image.new(grid.mode, (grid.width, grid.height + LABEL))
    labelled.paste(grid, (0, LABEL))
    draw, white = ImageDraw.Draw(labelled), 255 if grid.mode == "L" else (255, 255, 255)
    for column, label in enumerate(labels):
        draw.text((round((column + 0.5) * width - font.getlength(label) / 2), 3), label, white, font)
    return labelled
