"""Pictures of samples in a report: over the training, and beside real ones."""

from collections.abc import Sequence
from typing import NamedTuple

from lit_wgan.reports.images import Embedded, embed, evenly
from lit_wgan.runs.run import Run

MOST_RUNS = 4
"""Runs whose pictures are shown side by side."""
MOST_FRAMES = 40
"""Pictures over the training, of all runs together."""
FRAME_BYTES, SIDE_BYTES = 1_000_000, 400_000
"""Of all pictures over the training, and of those beside real samples."""


class Frames(NamedTuple):
    """The pictures of a run over its training.

    Attributes:
        run: its number.
        updates: generator updates of each.
        pictures: as many.
        found: how many pictures the run has.
    """

    run: int
    updates: list[int]
    pictures: list[Embedded]
    found: int


def over_training(runs: Sequence[Run]) -> list[Frames]:
    """The pictures of the first runs that have some, evenly spaced where there are too many."""
    with_pictures = [(number, run.pictures()) for number, run in enumerate(runs)]
    chosen = [(number, pictures) for number, pictures in with_pictures if pictures][:MOST_RUNS]
    most = max(MOST_FRAMES // max(len(chosen), 1), 1)
    frames = [(number, evenly(pictures, most), len(pictures)) for number, pictures in chosen]
    most_bytes = FRAME_BYTES // max(sum(len(pictures) for _, pictures, _ in frames), 1)
    made = []
    for number, pictures, found in frames:
        embedded = [(update, shown) for update, path in pictures if (shown := embed(path, most_bytes))]
        if embedded:
            made.append(Frames(number, [update for update, _ in embedded], [shown for _, shown in embedded], found))
    return made


class Beside(NamedTuple):
    """Real samples of a run, and the last generated ones.

    Attributes:
        run: its number.
        real: picture of real samples.
        fake: picture of generated samples.
        update: of the generator.
    """

    run: int
    real: Embedded
    fake: Embedded
    update: int


def beside_real(runs: Sequence[Run]) -> list[Beside]:
    """Of the first runs that have a picture of real samples, that and the last one of generated samples."""
    both = [(number, run.directory / "samples" / "real.png", run.pictures()) for number, run in enumerate(runs)]
    chosen = [each for each in both if each[1].is_file() and each[2]][:MOST_RUNS]
    most_bytes = SIDE_BYTES // max(2 * len(chosen), 1)
    made = []
    for number, path, pictures in chosen:
        update, last = pictures[-1]
        real, fake = embed(path, most_bytes), embed(last, most_bytes)
        if real and fake:
            made.append(Beside(number, real, fake, update))
    return made
