"""Callbacks that end a run in the middle, for the tests."""

import multiprocessing
import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import torch.distributed as dist
from lightning.pytorch import Callback

from lit_wgan.commands import closing


class Accident(Callback):
    """What happens at one generator update, on one rank, but not again after torchrun has restarted the run.

    Args:
        update: the generator update.
        rank: of the process that it happens to.
        signal: what that process sends itself; None raises an exception.
        in_validation: whether it happens in the middle of the validation at that update.
    """

    def __init__(self, update, rank=0, signal=None, in_validation=False):
        self.update = update
        self.rank = rank
        self.signal = signal
        self.in_validation = in_validation

    def happen(self, trainer):
        restarted = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0"
        if restarted or trainer.global_step != self.update or trainer.global_rank != self.rank:
            return
        if self.signal is None:
            raise RuntimeError("an accident")
        os.kill(os.getpid(), signal.Signals[self.signal])
        while self.signal in ("SIGTERM", "SIGUSR1", "SIGINT") and not trainer.lightning_module.stop.signal:
            time.sleep(0.001)  # a thread hears it

    def on_train_batch_start(self, trainer, *_):
        if not self.in_validation:
            self.happen(trainer)

    def on_validation_batch_start(self, trainer, pl_module, batch, batch_idx, *_):
        if self.in_validation and batch_idx == 1:
            self.happen(trainer)


class Patience(Callback):
    """Lets processes wait for each other for so many seconds, once they have met and trained.

    Args:
        seconds: of each collective.
    """

    def __init__(self, seconds):
        self.seconds = seconds

    def on_train_batch_end(self, trainer, *_):
        if trainer.global_step == 1:
            set_timeout = getattr(dist, "set_timeout", None) or dist.distributed_c10d._set_pg_timeout
            set_timeout(timedelta(seconds=self.seconds), dist.group.WORLD)


class FrozenWorker(Callback):
    """Freezes a loader worker and then asks the run to stop, at one generator update.

    Args:
        update: the generator update.
        seconds: that the run may then take to close everything; usually 30.
    """

    def __init__(self, update, seconds):
        self.update = update
        closing.END_SECONDS = seconds

    def on_train_batch_start(self, trainer, pl_module, *_):
        if trainer.global_step == self.update:
            os.kill(multiprocessing.active_children()[0].pid, signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGTERM)
            while not pl_module.stop.signal:
                time.sleep(0.01)


class LostNode(Callback):
    """Kills a process and the launcher that has started it, at one generator update, once.

    Args:
        update: the generator update.
        rank: of the process.
    """

    def __init__(self, update, rank):
        self.update = update
        self.rank = rank

    def on_train_batch_start(self, trainer, *_):
        happened = Path("node_lost")
        if trainer.global_step == self.update and trainer.global_rank == self.rank and not happened.exists():
            happened.touch()
            os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
