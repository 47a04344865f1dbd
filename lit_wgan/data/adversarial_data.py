"""The base class of all DataModules."""

import signal
from typing import Any, Protocol, cast

import torch
from lightning.pytorch import LightningDataModule
from lightning.pytorch.utilities.model_helpers import is_overridden
from torch import Tensor
from torch.utils.data import DataLoader

from lit_wgan.data.held_out import HeldOutBatches, Samples
from lit_wgan.data.transforms import Transform
from lit_wgan.engine.minibatches import Condition, CriticBatches, CriticBatchStream, Minibatch, MinibatchSource
from lit_wgan.engine.notices import tell_once
from lit_wgan.engine.stopping import STOP_SIGNALS
from lit_wgan.engine.workers import WORKER_SECONDS
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.functional.schedules import Counters, NCritic
from lit_wgan.functional.streams import RandomStreams


class TrainedSystem(Protocol):
    """What a DataModule reads of the system that is trained on it."""

    device: torch.device
    n_critic: NCritic
    counters: Counters
    streams: RandomStreams
    transform: Transform | None


class AdversarialData(LightningDataModule):
    """Loaders, and real samples for evaluation; subclasses say where the samples come from.

    Args:
        batch_size: the global minibatch m of the papers, divided among the devices.
        num_workers: processes that draw minibatches ahead. Data in memory needs none.
        num_generated: samples that ``lit-wgan predict`` generates.

    Raises:
        UsageError: for numbers out of range.
    """

    def __init__(self, batch_size: int, num_workers: int, num_generated: int):
        super().__init__()
        check_positive(**{"data.batch_size": batch_size, "data.num_generated": num_generated})
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.num_generated = num_generated

    num_train: int | None = None
    """How many of the samples that are not held out are trained on; None for all."""
    left_out = 0
    """How many of them are not, once set up."""
    transform: Transform | None = None
    """Between the data's own units and those of the networks, once set up; None where they agree."""

    def sizes(self) -> dict[str, Any]:
        """What networks can take from the data by ``auto``, by the names of their arguments; after ``prepare_data``."""
        return {}

    def num_samples(self, train: bool) -> int | None:
        """How many samples there are to train on, or held out; None for new ones without end. After ``setup``."""
        return None

    def source(self, rows: slice) -> MinibatchSource:
        """The given rows of all training minibatches, those of this device."""
        raise NotImplementedError

    def held_out(self) -> tuple[Samples, Samples | None]:
        """The real samples that training never sees, and their conditions; None where the data has none."""
        raise NotImplementedError

    def real_samples(self, n: int, train: bool) -> Minibatch:
        """``n`` real samples of the training or the held-out data with their conditions, the same at every call.

        All in the data's own units.
        """
        raise NotImplementedError

    def check_there_are(self, n: int, train: bool) -> None:
        """Raise a UsageError if there are fewer samples than ``n`` to train on, or held out."""
        there = self.num_samples(train)
        if there is not None and n > there:
            raise UsageError(f"Expected at most {there} real samples, but got {n}. Lower num_samples.")

    def held_out_samples(self, n: int) -> Minibatch:
        """``n`` held-out samples as :meth:`real_samples` gives them, or all if they are fewer."""
        return self.real_samples(min(n, self.num_samples(train=False) or n), train=False)

    def training_conditions(self, n: int) -> Condition | None:
        """The conditions of ``n`` training samples, or of all if they are fewer, in a random order that never changes.

        They are in the data's own units, ``(n, ...)``; None where the data has no conditions.
        """
        return None

    def train_dataloader(self) -> DataLoader[CriticBatches]:
        """One batch per generator update."""
        assert self.trainer is not None
        devices = self.trainer.world_size
        if self.batch_size % devices:
            raise UsageError(
                f"Expected data.batch_size to divide by the number of devices, {devices}, but got {self.batch_size}. "
                f"Use {self.batch_size // devices * devices or devices}."
            )
        self._tell_numbers()
        stream = CriticBatchStream(self.source(self.rows), self.system.n_critic, self.system.counters)
        return DataLoader(
            stream,
            batch_size=None,
            num_workers=self.num_workers,
            timeout=WORKER_SECONDS if self.num_workers else 0,
            pin_memory=torch.cuda.is_available(),
            worker_init_fn=ignore_signals,
        )

    def _tell_numbers(self) -> None:
        count, held_out = self.num_samples(train=True), len(self.held_out()[0])
        trained_on = "new samples without end" if count is None else f"{count:,} samples"
        if count is not None and self.left_out:
            trained_on = f"{count:,} of {count + self.left_out:,} samples"
        tell_once(f"Training on {trained_on}; {held_out:,} others are held out.")

    def val_dataloader(self) -> HeldOutBatches:
        """Batches of the held-out samples, each sample once."""
        samples, conditions = self.held_out()
        return HeldOutBatches(samples, self.batch_size, self.rows, conditions)

    def test_dataloader(self) -> HeldOutBatches:
        """As :meth:`val_dataloader`."""
        return self.val_dataloader()

    def predict_dataloader(self) -> DataLoader[Tensor]:
        """The numbers of the samples to generate."""
        return sample_numbers(self.num_generated, self.batch_size)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Make of what a loader gives what networks take, on the device."""
        if isinstance(batch, CriticBatches):
            batch.prepare = self.prepare
            return batch
        return self.in_network_units(batch) if isinstance(batch, Minibatch) else batch

    def prepare(self, minibatch: Minibatch, number: int) -> Minibatch:
        """Training data of minibatch ``number``, as the loader gives it."""
        return self.in_network_units(minibatch)

    def in_network_units(self, minibatch: Minibatch) -> Minibatch:
        """Samples and conditions as networks take them, of stored ones; by default, themselves."""
        return minibatch

    @property
    def rows(self) -> slice:
        """The rows of a global minibatch that belong to this device."""
        assert self.trainer is not None
        return slice(self.trainer.global_rank, None, self.trainer.world_size)

    @property
    def system(self) -> TrainedSystem:
        """The system that is trained on this data."""
        assert self.trainer is not None
        return cast(TrainedSystem, self.trainer.lightning_module)

    @property
    def streams(self) -> RandomStreams:
        """The run's random numbers, which the system keeps."""
        return self.system.streams


def sample_numbers(count: int, batch_size: int) -> DataLoader[Tensor]:
    """Batches of the numbers of the first ``count`` samples, by which ``predict`` generates them."""
    return DataLoader(range(count), batch_size=batch_size)  # type: ignore[arg-type]  # indexable is enough


def let_predict_generate(data: LightningDataModule) -> None:
    """Let ``predict`` generate samples with a DataModule of a user's own that says nothing about it.

    It generates as many as the module's ``num_generated`` says, or else 64.
    """
    if not is_overridden("predict_dataloader", data, LightningDataModule):
        count = getattr(data, "num_generated", 64)
        data.predict_dataloader = lambda: sample_numbers(count, batch_size=64)  # type: ignore[method-assign]


def ignore_signals(worker: int) -> None:
    """Let a loader worker ignore the signals that stop its run, which needs it until the end of the update."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
