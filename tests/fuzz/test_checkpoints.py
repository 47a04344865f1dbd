"""Whatever stands in a checkpoint file: it is read and restored, or refused in one line."""

import random
from zipfile import ZipFile

import pytest
import torch
from mutations import changed_bytes, changed_value
from torch.optim.lr_scheduler import LinearLR
from torch.utils.data import DataLoader

from lit_wgan import WGANGP
from lit_wgan.callbacks import Checkpoints
from lit_wgan.commands.errors import describe, is_of_use
from lit_wgan.commands.restoring import told_as_checkpoints
from lit_wgan.engine.checkpoints import AtomicCheckpointIO, find_newest, read_checkpoint

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def survives(use):
    """Whether something is done; if not, it was refused in one line."""
    refusal = None
    try:
        use()
    except Exception as error:
        refusal = error
    if refusal is None:
        return True
    if not is_of_use(refusal):
        raise refusal
    assert "\n" not in describe(refusal)
    return False


@pytest.fixture
def restore(networks, trainer, tmp_path):
    """Trains for an update, from a checkpoint if there is one, into a folder of checkpoints."""

    def run(max_steps, ckpt_path=None):
        checkpoints = Checkpoints(dirpath=tmp_path / "own", every_n_train_steps=1, monitor="critic/loss")
        options = {"lr_scheduler": LinearLR, "ema_decay": 0.9, "n_critic": 1}
        made = trainer(max_steps, callbacks=[checkpoints], enable_checkpointing=True, plugins=[AtomicCheckpointIO()])
        with told_as_checkpoints():
            system = WGANGP(**networks(), **options)
            made.fit(system, DataLoader(torch.randn(80, 2), 8), ckpt_path=ckpt_path, weights_only=True)

    return run


@pytest.fixture
def checkpoint(restore, tmp_path):
    """A checkpoint of two updates."""
    restore(2)
    return tmp_path / "own" / "last.ckpt"


def with_pickle(path, contents):
    """Write a checkpoint file anew with another pickle, whose checksum is right."""
    with ZipFile(path) as archive:
        parts = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    writer = torch._C.PyTorchFileWriter(str(path))
    for name, part in (parts | {"data.pkl": contents}).items():
        if name != "version" and not name.startswith(".data"):  # which the writer writes itself
            writer.write_record(name, part, len(part))
    writer.write_end_of_file()


def test_bytes_are_read_or_refused(checkpoint):
    choose = random.Random("bytes")
    sound = checkpoint.read_bytes()
    results = []
    for _ in range(150):
        checkpoint.write_bytes(changed_bytes(sound, choose))
        results.append(survives(lambda: read_checkpoint(checkpoint)))
        survives(lambda: find_newest(checkpoint.parent))
    assert not all(results)


def test_pickles_are_read_or_refused(checkpoint):
    choose = random.Random("pickles")
    sound = checkpoint.read_bytes()
    with ZipFile(checkpoint) as archive:
        pickle = next(archive.read(name) for name in archive.namelist() if name.endswith("data.pkl"))
    results = []
    for _ in range(120):
        checkpoint.write_bytes(sound)
        with_pickle(checkpoint, changed_bytes(pickle, choose))
        results.append(survives(lambda: read_checkpoint(checkpoint)))
    assert {True, False} == set(results)


def test_values_are_restored_or_refused(checkpoint, restore):
    choose = random.Random("values")
    sound = torch.load(checkpoint, weights_only=True)
    assert survives(lambda: restore(3, checkpoint))
    results = []
    for _ in range(40):
        torch.save(changed_value(sound, choose), checkpoint)
        if survives(lambda: read_checkpoint(checkpoint)):
            results.append(survives(lambda: restore(3, checkpoint)))
    assert {True, False} == set(results)
