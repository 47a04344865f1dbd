import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.utils import save_image

from lit_wgan.engine.preserve import preserve_random_state
from lit_wgan.evaluation.conditions import uniform_labels
from lit_wgan.evaluation.images import GeneratedImages, StoredImages, blocks, to_bytes


class Inputs(nn.Module):
    """Shows its noise, or its labels, as one-pixel images of bytes."""

    def __init__(self, labels=False):
        super().__init__()
        self.labels = labels
        self.seen = []

    def forward(self, z, labels=None):
        self.seen.append(labels if self.labels else z)
        return torch.zeros(len(z), 1, 1, 1)


def inputs(num_samples, batch_size, rank=0, world=1, labels=False):
    generator = Inputs(labels)
    with preserve_random_state():
        told = uniform_labels(5, num_samples, 4) if labels else None
        source = GeneratedImages(generator, 3, num_samples, 5, told)
        rows = [rows for rows, _ in source.blocks(batch_size, rank, world)]
    return torch.cat(generator.seen), torch.cat([torch.arange(r.start, r.stop) for r in rows])


@pytest.mark.parametrize(("count", "batch_size"), [(10, 3), (9, 3), (2, 5), (1, 1)])
def test_blocks_hold_every_row_once_and_in_order(count, batch_size):
    assert [row for rows in blocks(count, batch_size) for row in range(rows.start, rows.stop)] == list(range(count))


@pytest.mark.parametrize("world", [1, 2, 3, 8])
def test_devices_share_the_blocks_and_a_samples_noise_depends_on_its_number_alone(world):
    expected = torch.from_numpy(np.random.RandomState(5).randn(23, 3)).float()
    owned = []
    for rank in range(min(world, 5)):
        z, rows = inputs(23, 5, rank, world)
        torch.testing.assert_close(z, expected[rows], rtol=0, atol=0)
        owned += rows.tolist()
    assert sorted(owned) == list(range(23))


def test_neither_the_number_of_samples_nor_the_block_size_changes_a_samples_noise():
    assert torch.equal(inputs(23, 5)[0], inputs(40, 7)[0][:23])


@pytest.mark.parametrize("world", [1, 3])
def test_labels_depend_on_the_samples_number_alone_and_are_about_uniform(world):
    labels, _ = inputs(4000, 64, labels=True)
    assert torch.bincount(labels, minlength=4).min() > 900
    assert labels.max() == 3
    for rank in range(world):
        own, rows = inputs(4000, 100, rank, world, labels=True)
        assert torch.equal(own, labels[rows])


def test_noise_has_the_generators_type():
    source = GeneratedImages(nn.Sequential(nn.Linear(3, 4).double(), nn.Unflatten(1, (1, 2, 2))), 3, 5, seed=0)
    with preserve_random_state(), torch.no_grad():
        ((_, images),) = source.blocks(5, 0, 1)
    assert images.dtype == torch.uint8


@pytest.mark.parametrize("images", [np.arange(24, dtype=np.uint8).reshape(6, 1, 2, 2), torch.arange(24).byte()])
def test_stored_images_come_in_order(images):
    images = images if isinstance(images, np.ndarray) else images.view(6, 1, 2, 2)
    found = [(rows.start, block) for rows, block in StoredImages(images).blocks(4, 0, 1)]
    assert [start for start, _ in found] == [0, 4]
    assert torch.cat([block for _, block in found]).flatten().tolist() == list(range(24))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_all_256_levels_survive(dtype):
    levels = torch.arange(256).byte().view(1, 1, 16, 16)
    assert torch.equal(to_bytes(levels.to(dtype) / 127.5 - 1), levels)


def test_bytes_are_those_that_torchvision_saves(tmp_path):
    images = torch.linspace(-1.2, 1.2, 3 * 40 * 40).view(1, 3, 40, 40)
    save_image((images + 1) / 2, tmp_path / "saved.png", padding=0)
    with Image.open(tmp_path / "saved.png") as saved:
        pixels = torch.from_numpy(np.asarray(saved).copy()).permute(2, 0, 1)
    assert (to_bytes(images)[0].int() - pixels.int()).abs().sum() <= 3  # of 4800, by rounding of ties


def test_bytes_stay():
    images = torch.randint(0, 256, (2, 3, 4, 4)).byte()
    assert to_bytes(images) is images


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_images_that_are_not_finite_are_refused(value):
    images = torch.zeros(2, 1, 2, 2)
    images[1, 0, 0, 0] = value
    with pytest.raises(ValueError, match="Expected finite images"):
        to_bytes(images)


@pytest.mark.parametrize(("images", "got"), [(torch.zeros(5, 2), r"\(5, 2\)"), ("text", "str")])
def test_what_is_no_image_is_refused(images, got):
    with pytest.raises(ValueError, match=rf"Expected images \(N, C, H, W\), but got {got}"):
        to_bytes(images)
