"""Training samples that are nearest to generated ones, and whether the generator has memorised them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from lightning.pytorch import LightningDataModule
from lightning.pytorch.utilities.model_helpers import is_overridden
from torch import Tensor

from lit_wgan.data import AdversarialData
from lit_wgan.data.image_minibatches import bytes_to_unit_range
from lit_wgan.data.transforms import Transform
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.data_part import DataPart, part_of_data
from lit_wgan.evaluation.two_sample.neighbours import memorisation
from lit_wgan.evaluation.two_sample.pairwise import distances

NUMBERS = 2**23
"""Of training samples that are in memory at once, about: 32 MB of floats."""
DRAWN = 10_000
"""Samples of a distribution without end that are searched."""
COMPARED = 1000
"""Generated, training and held-out samples of which the share of memorised ones is computed, each at most."""
SIGNIFICANT = 3
"""Standard errors above one half from which on a share is no chance."""

View = Callable[[Tensor], Tensor]
"""Maps samples ``(N, ...)`` in the data's own units to what distances are taken between: numbers in the networks'
units, or features."""


class Neighbours(NamedTuple):
    """The training samples nearest to each of n samples, the nearest first.

    Args:
        samples: the training samples, ``(n, k, ...)`` in the data's own units.
        distances: from them, ``(n, k)``.
        numbers: of them in the training set, ``(n, k)``, int64.
    """

    samples: Tensor
    distances: Tensor
    numbers: Tensor


class Memorised(NamedTuple):
    """Share of generated samples that are nearer to training than to as many held-out samples: one half by chance.

    Args:
        share: of them, in ``[0, 1]``.
        error: its standard error, if training and held-out samples were told apart by chance.
        generated: number of generated samples.
        compared: number of training and of held-out samples.
    """

    share: float
    error: float
    generated: int
    compared: int

    @property
    def is_chance(self) -> bool:
        """Whether the share is what chance gives, within a few standard errors of one half."""
        return self.share <= 0.5 + SIGNIFICANT * self.error

    def in_words(self) -> str:
        """One sentence."""
        verdict = "no sign of memorising" if self.is_chance else "more than by chance, a sign of memorising"
        return (
            f"{self.share:.0%} of {self.generated} generated samples are nearer to one of {self.compared} training "
            f"samples than to any of as many held-out ones; of a generator that copies nothing it would be 50%, give "
            f"or take {self.error:.0%}: {verdict}."
        )


def network_units(transform: Transform | None) -> View:
    """The view of samples that the networks have."""
    return lambda samples: samples.float() if transform is None else transform.forward(samples).float()


def nearest(samples: Tensor, train: DataPart, k: int = 5, view: View | None = None) -> Neighbours:
    """Search all training samples, a few at a time, for those nearest to each of some samples by Euclidean distance.

    Of training samples at the same distance the first ones are taken.

    Args:
        samples: shape ``(n, ...)``, in the data's own units.
        train: the training samples.
        k: neighbours of each; fewer if there are fewer training samples.
        view: what distances are taken between; None for the samples as they are.

    Raises:
        UsageError: for samples of another shape than the training samples'.
    """
    see = view or network_units(None)
    looked_for = see(samples).flatten(1).cpu()
    nearby, numbers = looked_for.new_empty(len(samples), 0), torch.empty(len(samples), 0, dtype=torch.int64)
    for indices in torch.arange(train.count).split(max(1, NUMBERS // max(1, samples[0].numel(), looked_for.shape[1]))):
        some = taken(train, indices)
        if some.shape[1:] != samples.shape[1:]:
            raise UsageError(
                f"Expected training samples of the generated samples' shape {tuple(samples.shape[1:])}, but got "
                f"{tuple(some.shape[1:])}. Give the run the data it was trained on."
            )
        # by differences, since the distance of a copy would be lost in the rounding of products
        found = torch.cdist(looked_for, see(some).flatten(1).cpu(), compute_mode="donot_use_mm_for_euclid_dist")
        nearby, numbers = torch.cat([nearby, found], 1), torch.cat([numbers, indices.expand(len(samples), -1)], 1)
        nearby, order = (each[:, :k] for each in nearby.sort(dim=1, stable=True))
        numbers = numbers.gather(1, order)
    neighbours = taken(train, numbers.flatten()).unflatten(0, numbers.shape)
    return Neighbours(neighbours, nearby, numbers)


def memorised(samples: Tensor, train: DataPart, held_out: DataPart, view: View | None = None) -> Memorised:
    """How many of some samples ``(N, ...)``, in the data's own units, are nearer to training than to held-out samples.

    Source: see :func:`~lit_wgan.evaluation.two_sample.neighbours.memorisation`.
    """
    see = view or network_units(None)
    compared = min(train.count, held_out.count, COMPARED)
    parts = (bytes_to_unit_range(part.some(compared, seed=0).real) for part in (train, held_out))
    real, unseen, generated = (see(part).flatten(1).cpu() for part in (*parts, samples))
    error = _standard_error(generated.double(), torch.cat([real, unseen]).double())
    return Memorised(memorisation(real, unseen, generated), error, len(samples), compared)


def _standard_error(generated: Tensor, pooled: Tensor) -> float:
    """The standard deviation of the share where a random half of the pooled samples is taken for training samples.

    A generated sample counts if the nearest of all pooled samples is in that half. With c_j generated samples nearest
    to pooled sample j, the share is the sum of c_j over the half, of which the variance is that of draws without
    replacement. Where a few samples are nearest to most, it is far larger than that of a share of independent ones.
    """
    nearest_of_all = torch.cat([part.argmin(1) for part in distances(generated, pooled)])
    counts = torch.bincount(nearest_of_all, minlength=len(pooled)).double()
    return (len(pooled) / 4 * counts.var()).sqrt().item() / len(generated)


def taken(part: DataPart, indices: Tensor) -> Tensor:
    """The samples of some indices in the data's own units; those of images of 8 bits are in [-1, 1]."""
    return bytes_to_unit_range(part.take(indices).real)


def training_and_held_out(data: LightningDataModule, seed: int = 0) -> tuple[DataPart, DataPart | None]:
    """The training samples of a DataModule that is not set up yet, and its held-out ones; None if it has none.

    Args:
        data: of a run; a user's own one needs a loader over a data set with ``__len__`` and ``__getitem__``.
        seed: of samples of a distribution without end.

    Raises:
        UsageError: for training samples that cannot be indexed.
    """
    data.prepare_data()
    data.setup("fit")
    train = part_of_data(data, data.train_dataloader, train=True, most=DRAWN, seed=seed)
    if not isinstance(data, AdversarialData) and not is_overridden("val_dataloader", data, LightningDataModule):
        return train, None
    return train, _or_none(data, seed)


def _or_none(data: Any, seed: int) -> DataPart | None:
    try:
        return part_of_data(data, data.val_dataloader, train=False, most=DRAWN, seed=seed)
    except UsageError:
        return None
