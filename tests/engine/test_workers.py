import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from torch.utils.data import DataLoader

from lit_wgan.engine import workers
from lit_wgan.engine.workers import share_, worker_error
from lit_wgan.errors import UsageError


def test_a_batch_is_shared_as_it_is():
    batch = torch.arange(6.0).view(2, 3)
    assert share_(batch).is_shared()
    assert torch.equal(batch, torch.arange(6.0).view(2, 3))


FULL = """
import torch
from torch.utils.data import DataLoader
from types import SimpleNamespace
from lit_wgan.engine.minibatches import CriticBatchStream, Minibatch
from lit_wgan.functional.schedules import Counters

source = SimpleNamespace(minibatch=lambda number: Minibatch(torch.ones(40_000)))
stream = CriticBatchStream(source, 1, Counters())
try:
    next(iter(DataLoader(stream, batch_size=None, num_workers=2)))
except ValueError as error:
    print(str(error).splitlines()[-1])
"""


@pytest.mark.slow
def test_shared_memory_of_64_kb_is_told_and_not_waited_for():
    """In a mount namespace of its own, where /dev/shm is as small as in a container without --shm-size."""
    mount = 'mount -t tmpfs -o size=64k tmpfs /dev/shm || exit 99; exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", mount, "sh", sys.executable, "-c", FULL]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    except FileNotFoundError:
        pytest.skip("needs unshare")
    if done.returncode == 99 or "unshare failed" in done.stderr:
        pytest.skip("only root can mount a disk")
    assert "Expected 160000 bytes of shared memory" in done.stdout, done.stderr
    assert "--shm-size" in done.stdout
    assert "num_workers to 0" in done.stdout


class Stalling(torch.utils.data.IterableDataset):
    def __init__(self, what):
        self.what = what

    def __iter__(self):
        yield self.what()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "match"),
    [
        (lambda: time.sleep(600), "within 600 s, but got none. See whether one is frozen"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "but got one that was killed by signal: Killed"),
        (lambda: os._exit(3), "but got one that ended"),
    ],
)
def test_workers_that_stall_or_die_are_told_in_one_line(what, match):
    loader = DataLoader(Stalling(what), batch_size=None, num_workers=1, timeout=1)
    with pytest.raises(RuntimeError) as raised:
        next(iter(loader))
    told = worker_error(raised.value)
    assert isinstance(told, UsageError)
    with pytest.raises(UsageError, match=match):
        raise told
    assert "\n" not in str(told)


def test_other_errors_are_no_matter_of_workers():
    assert worker_error(RuntimeError("mat1 and mat2 shapes cannot be multiplied")) is None


def test_loaders_have_a_limit_only_with_workers(trainer, networks):
    from lit_wgan import WGAN, ToyData

    for num_workers, limit in ((0, 0), (2, workers.WORKER_SECONDS)):
        data = ToyData("swiss_roll", 4, num_workers=num_workers)
        data.trainer = trainer()
        data.trainer.strategy.connect(WGAN(**networks()))
        assert data.train_dataloader().timeout == limit
