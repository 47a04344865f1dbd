"""Classes of samples and of real images, and which of them have enough of both for a distance of their own."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from lit_wgan.data.arrays import map_array
from lit_wgan.engine.collectives import rank_and_world
from lit_wgan.errors import UsageError

LEAST = 2
"""The smallest number of images, generated or real, of which there is a covariance."""


@dataclass(frozen=True)
class SampleClasses:
    """The classes that generated images were told.

    Args:
        labels: class numbers ``(N,)``, int64, on the CPU.
        number: of classes, K.
    """

    labels: Tensor
    number: int

    @property
    def counts(self) -> list[int]:
        """The number of samples of each class."""
        return self.labels.bincount(minlength=self.number).tolist()

    def check_logits(self, logits: int) -> None:
        """Raise a UsageError for an extractor whose logits cannot be these classes."""
        if logits != self.number:
            raise UsageError(
                f"Expected {self.number} logits for acc, one for each class, but got {logits}. Take an extractor of "
                "these classes, such as digits, or leave acc out."
            )

    def left_out(self, real: Sequence[int]) -> tuple[int, ...]:
        """The classes that ``intra_fid`` has to leave out; rank 0 warns of them.

        Where all samples are of one class, the others were not asked for.

        Args:
            real: number of real images of each class, as far as there are any.

        Raises:
            UsageError: if these are all classes.
        """
        generated = self.counts
        there = [*real, *[0] * (self.number - len(real))]
        told = [label for label, count in enumerate(generated) if count]
        asked = told if len(told) == 1 else range(self.number)
        few = tuple(label for label in asked if min(generated[label], there[label]) < LEAST)
        if len(few) == len(asked):
            raise UsageError(
                f"Expected at least {LEAST} generated and {LEAST} real images of a class for intra_fid, but got up to "
                f"{max(generated)} and {max(there)}, and of no class both. Take more, or leave intra_fid out."
            )
        if few and rank_and_world()[0] == 0:
            warnings.warn(
                f"intra_fid is the mean over {self.number - len(few)} of {self.number} classes. Left out, with fewer "
                f"than {LEAST} generated or real images: {in_words(few)}.",
                stacklevel=2,
            )
        return few


def class_numbers(given: Any, images: int, option: str) -> np.ndarray:
    """The class numbers ``(N,)``, int64, of N images.

    Args:
        given: an array, a tensor or a list of them, or the path of an ``.npy`` file.
        images: number N of images.
        option: name of the option in error messages.

    Raises:
        FileNotFoundError: if there is no such file.
        UsageError: for anything but N whole numbers from 0.
    """
    expected = f"Expected {option} to be the class numbers, from 0, of {images} images"
    if isinstance(given, Tensor):
        given = given.cpu()
    try:
        classes = map_array(Path(given).expanduser()) if isinstance(given, (str, Path)) else np.asarray(given)
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"{expected}, but got {given if isinstance(given, (str, Path)) else type(given).__name__} "
            f"({' '.join(str(error).split())}). Give an array of integers, or an .npy file of one."
        ) from error
    if classes.shape != (images,) or classes.dtype.kind not in "iu":
        raise UsageError(f"{expected}, but got {classes.dtype} {classes.shape}. Give one integer for each image.")
    if classes.min() < 0:
        raise UsageError(f"{expected}, but got {classes.min()}. Number the classes from 0.")
    return classes.astype(np.int64)


def in_words(numbers: Sequence[int]) -> str:
    """Class numbers in rising order in words, of which neighbours are put together: ``0 to 2, 7``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
