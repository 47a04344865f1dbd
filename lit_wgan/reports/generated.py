"""What is made of a trained generator for its report: interpolations, and the training samples nearest to its own."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lit_wgan.errors import UsageError
from lit_wgan.reports.images import Embedded, embed
from lit_wgan.runs.run import Run

if TYPE_CHECKING:
    from lightning.pytorch import LightningDataModule
    from torch import Tensor

    from lit_wgan.systems import AdversarialSystem

PAIRS = ((0, 1), (2, 3), (4, 5), (6, 7))
STEPS = 9
"""Samples from one of a pair to the other, both included."""
SEARCHED_FOR, NEAREST = 6, 5
"""Samples whose nearest training samples are shown, and how many of each."""
MOST_NUMBERS = 2**27
"""Of a training set that is searched for a report: seconds; ``lit-wgan nearest`` searches larger ones."""
PICTURE_BYTES = 200_000
"""Of all pictures of one kind."""


class Generated(NamedTuple):
    """A picture that was made for a report.

    Attributes:
        run: whose generator made the samples.
        title: of the picture.
        words: on what it shows.
        picture: itself.
    """

    run: Run
    title: str
    words: str
    picture: Embedded


def make_generated(
    run: Run, system: "AdversarialSystem", data: "LightningDataModule | None", runs: int = 1
) -> tuple[list[Generated], list[str]]:
    """The pictures that can be made, and a remark for each that cannot.

    Args:
        run: of the system.
        system: makes the samples.
        data: that it was trained on; None if they are not there.
        runs: on the page, which share its room.
    """
    wanted: list[tuple[str, str, Callable[[], Tensor], bool]] = [
        ("Interpolations", "Each row: from one sample to another.", lambda: _interpolations(system), False),
        (
            "Nearest training samples",
            "Each row: a generated sample, then the training samples nearest to it, the nearest first. A "
            "copy among them would be one that was learnt by heart.",
            lambda: _nearest(system, data),
            True,
        ),
    ]
    made, remarks = [], []
    for title, words, make, apart in wanted:
        try:
            made.append(Generated(run, title, words, _drawn(make(), system, apart, PICTURE_BYTES // runs)))
        except Exception as error:  # a network or data of the user's own may raise anything
            remarks.append(f"{title}: left out. {' '.join(str(error).split()) or type(error).__name__}")
    return made, remarks


def _interpolations(system: "AdversarialSystem") -> "Tensor":
    from lit_wgan.engine.minibatches import map_condition
    from lit_wgan.trained.interpolation import interpolation

    told = system.condition_of_samples(slice(2 * len(PAIRS)))
    return interpolation(system, PAIRS, STEPS, condition=map_condition(lambda part: part[::2], told))


def _nearest(system: "AdversarialSystem", data: "LightningDataModule | None") -> "Tensor":
    import torch

    from lit_wgan.trained.nearest import nearest, network_units, training_and_held_out

    if data is None:
        raise UsageError("The training data are not there.")
    train, _ = training_and_held_out(data)
    samples = system.sample(slice(SEARCHED_FOR)).cpu()
    if train.count * samples[0].numel() > MOST_NUMBERS:
        raise UsageError("The training set is large: lit-wgan nearest searches it.")
    found = nearest(samples, train, NEAREST, network_units(system.transform))
    return torch.cat([samples[:, None], found.samples.cpu()], 1)


def _drawn(rows: "Tensor", system: "AdversarialSystem", apart: bool, most_bytes: int) -> Embedded:
    from lit_wgan.callbacks.pictures.rows import draw_rows

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.png"
        draw_rows(rows, path, system.transform, apart=apart)
        picture = embed(path, most_bytes)
    assert picture is not None
    return picture
