"""``lit-wgan nearest`` as a user types it, on checkpoints of tiny systems."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lit_wgan.data.conditions import ClassLabels

OWN = """
import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader

class Ones(LightningDataModule):
    def train_dataloader(self):
        return DataLoader(torch.arange(12.0).view(6, 2), batch_size=2)
"""


@pytest.fixture
def arrays(tmp_path):
    """Samples of a shape in a file, and the section of a configuration that names it."""

    def make(*shape):
        np.save(tmp_path / "x.npy", np.random.RandomState(0).randn(40, *shape).astype(np.float32))
        arguments = {"samples": str(tmp_path / "x.npy"), "held_out": 0.25, "cache_dir": str(tmp_path / "cache")}
        return {"class_path": "lit_wgan.ArrayData", "init_args": arguments}

    return make


def found(command, *arguments):
    status, out, err = command("nearest", *arguments)
    assert status == 0, err
    return out


def test_distances_are_those_of_the_training_samples(saved, command, arrays):
    options, system = saved((3,), data=arrays(3))
    out = found(command, *options, "-n", "4", "-k", "2", "-o", "new/near.csv")
    assert (
        "4 samples (seed 0, generator update 0) and the nearest 2 of 30 training samples are in new/near.csv.\n" in out
    )
    assert re.search(r"\d+% of 10 generated samples are nearer to one of 10 training samples than", out)
    table = np.genfromtxt("new/near.csv", delimiter=",", names=True)
    assert table.dtype.names == ("sample", "rank", "training_sample", "distance")
    distances = torch.cdist(system.sample(slice(4)), torch.from_numpy(np.load("x.npy"))).numpy()
    np.testing.assert_allclose(table["distance"][0], table["distance"].reshape(4, 2).min(1)[0])
    assert all(np.isclose(distances[int(row["sample"])], row["distance"], rtol=1e-4).any() for row in table)
    found(command, *options, "-n", "4", "-k", "2", "-o", "near.npy")
    np.testing.assert_allclose(np.load("near.npy"), table["distance"].reshape(4, 2), rtol=1e-5)


@pytest.mark.parametrize("shape", [(1, 8, 8), (2,), (12,), (5,)], ids=["images", "points", "series", "vectors"])
def test_samples_of_every_kind_make_a_picture_with_distances_beside_it(shape, saved, command, arrays):
    options, _ = saved(shape, data=arrays(*shape))
    found(command, *options, "-n", "2", "-k", "3")
    with Image.open("nearest.png") as image:
        assert np.asarray(image.convert("L")).std() > 0
        if len(shape) == 3:
            assert image.size == (4 * 66 + 2 + 4, 2 * (68 + 16))
    assert len(Path("nearest.csv").read_text().splitlines()) == 7


def test_features_are_compared_if_they_are_named(saved, command, arrays, tmp_path):
    (tmp_path / "own_first.py").write_text("def first(samples):\n    return samples[:, :1]\n")
    options, system = saved((3,), data=arrays(3))
    found(command, *options, "-n", "4", "-k", "1", "--extractor", "own_first.first", "-o", "near.npy")
    distances = (system.sample(slice(4))[:, :1] - torch.from_numpy(np.load("x.npy"))[:, 0]).abs()
    near = np.load("near.npy")
    assert all(np.isclose(distances[row], near[row, 0], atol=1e-6).any() for row in range(4))


def test_a_run_on_a_users_own_data_is_searched_without_held_out_samples(saved, command, tmp_path):
    (tmp_path / "own_ones.py").write_text(OWN)
    options, _ = saved((2,), data={"class_path": "own_ones.Ones"})
    out = found(command, *options, "-n", "3", "-k", "9", "-o", "near.npy")
    assert np.load("near.npy").shape == (3, 6)
    assert "The run holds out no samples" in out


REFUSED = {
    "no samples": (["-n", "0"], "Expected --num to be above 0, but got 0"),
    "no neighbours": (["-k", "-2"], "Expected -k to be above 0, but got -2"),
    "another ending": (["-o", "near.jpg"], "Expected --output to end in .png or .csv or .npy, but got near.jpg"),
    "another extractor": (["--extractor", "none"], "none"),
    "another class": (["--condition", "12"], "Expected as condition a class from 0 to 9"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_ends_in_one_line(arguments, message, saved, command, arrays):
    options, _ = saved((3,), ClassLabels(10), torch.arange(10), data=arrays(3))
    status, out, err = command("nearest", *options, *arguments)
    assert (status, out, len(err.splitlines())) == (2, "", 1), err
    assert re.search(message, err), err


def test_data_of_another_shape_are_told(saved, command, arrays):
    options, _ = saved((3,), data=arrays(4))
    status, _, err = command("nearest", *options)
    assert (status, len(err.splitlines())) == (2, 1)
    assert "Expected training samples of the generated samples' shape (3,), but got (4,)" in err
