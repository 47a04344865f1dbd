"""Whatever stands in a checkpoint file: it is read and restored, or refused in one line."""

import random
from functools import partial
from zipfile import ZipFile

import pytest
import torch
from mutations import changed_bytes, changed_value
from torch import nn
from torch.optim.lr_scheduler import LinearLR
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import WGANGP, ClassLabels, SeveralConditions, Values
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


class Told(nn.Module):
    """A small network that is told a class and a number."""

    def __init__(self, outputs):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, outputs))
        self.embed = nn.Embedding(4, outputs)

    def forward(self, x, label, number):
        return self.layers(torch.cat([x, number], 1)) + self.embed(label)


@pytest.fixture
def restore(trainer, tmp_path):
    """Trains a conditional system for an update, from a checkpoint if there is one, into a folder of checkpoints."""

    def run(max_steps, ckpt_path=None):
        checkpoints = Checkpoints(dirpath=tmp_path / "own", every_n_train_steps=1, monitor="critic/loss")
        options = {"lr_scheduler": LinearLR, "ema_decay": 0.9, "n_critic": 1}
        made = trainer(max_steps, callbacks=[checkpoints], enable_checkpointing=True, plugins=[AtomicCheckpointIO()])
        with told_as_checkpoints():
            data = TensorDataset(torch.randn(80, 2), torch.arange(80) % 4, torch.randn(80))
            condition = SeveralConditions([ClassLabels(4), Values(1)])
            system = WGANGP(Told(2), Told(1), latent_dim=2, condition=condition, **options)
            made.fit(system, DataLoader(data, 8), ckpt_path=ckpt_path, weights_only=True)

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


def changed_tensors(law, choose):
    """The law of conditions with one tensor, or the list itself, made something else."""
    law, place = list(law), choose.randrange(len(law))
    part = law[place]
    others = [part[0], part[:0], part[:3], part[:, None], part.double(), part.to(torch.int8), part.bool(), part - 9]
    others += [part * 2**40, part.to(torch.complex64), part.to_sparse(), part.to("meta"), torch.tensor(1), None, "a"]
    law[place] = choose.choice(others)
    return choose.choice([law, law, law, law[::-1], law[:1], law * 2, []])


def test_laws_of_conditions_are_restored_or_refused(checkpoint):
    choose = random.Random("laws")
    sound = torch.load(checkpoint, weights_only=True)
    results = []
    for number in range(300):
        condition = (SeveralConditions([ClassLabels(4), Values(1)]), ClassLabels(4), Values(1))[number % 3]
        system = WGANGP(Told(2), Told(1), latent_dim=2, condition=condition, ema_decay=0.9)
        of_labels, of_values = sound["lit_wgan"]["conditions"]
        kinds = [[of_labels, of_values], [of_labels.bincount(minlength=4)], [of_values]]
        state = sound["lit_wgan"] | {"conditions": changed_tensors(kinds[number % 3], choose)}
        results.append(survives(partial(system.on_load_checkpoint, sound | {"lit_wgan": state})))
        condition = system.condition_of_samples(slice(5))
        assert all(len(part) == 5 for part in (condition if isinstance(condition, tuple) else (condition,)))
    assert {True, False} == set(results)
