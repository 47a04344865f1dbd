"""Files of interpolations and of nearest training samples: pictures, videos, tables of distances."""

from pathlib import Path

import torch
from torch import Tensor

from lit_wgan.callbacks.pictures.rows import draw_rows, frames_of_rows
from lit_wgan.callbacks.pictures.videos import save_video
from lit_wgan.data.transforms import Transform
from lit_wgan.engine.files import atomic_write
from lit_wgan.trained.nearest import Neighbours


def save_interpolation(rows: Tensor, path: Path, transform: Transform | None = None) -> Path:
    """Draw samples ``(rows, steps, ...)``, as :func:`~lit_wgan.trained.interpolation.interpolation` gives them.

    Args:
        rows: in the data's own units.
        path: ends in ``.png`` for a row of samples each; in ``.gif`` or ``.mp4`` for a video of all rows that goes
            there and back.
        transform: of the data.

    Returns:
        The file that was written: see :func:`~lit_wgan.callbacks.pictures.videos.save_video`.
    """
    if path.suffix.lower() == ".png":
        draw_rows(rows, path, transform)
        return path
    frames = frames_of_rows(rows, transform)
    return save_video([*frames, *frames[-2:0:-1]], path)


def save_neighbours(samples: Tensor, found: Neighbours, path: Path, transform: Transform | None = None) -> None:
    """Draw generated samples ``(n, ...)`` as a PNG, each with its nearest training samples and their distances."""
    rows = torch.cat([samples[:, None].to(found.samples), found.samples], 1)
    captions = [
        [f"sample {number}", *(f"{distance:.3g}" for distance in distances)]
        for number, distances in enumerate(found.distances.tolist())
    ]
    draw_rows(rows, path, transform, captions, apart=True)


def save_distances(found: Neighbours, path: Path) -> None:
    """Write a CSV with a row for each neighbour of each sample: its rank, number in the training set and distance."""
    with atomic_write(path) as file:
        lines = ["sample,rank,training_sample,distance"]
        for sample, of_sample in enumerate(zip(found.numbers.tolist(), found.distances.tolist(), strict=True)):
            pairs = enumerate(zip(*of_sample, strict=True))
            lines += [f"{sample},{rank},{number},{distance:.7g}" for rank, (number, distance) in pairs]
        file.write("".join(f"{line}\n" for line in lines).encode())
