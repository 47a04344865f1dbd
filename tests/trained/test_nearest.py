"""Nearest training samples against distances that are known, and the share of memorised ones."""

import pytest
import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from lit_wgan import ArrayData, ImageData, ToyData
from lit_wgan.data.transforms import make_transform
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.data_part import DataPart
from lit_wgan.trained import nearest as module
from lit_wgan.trained.nearest import memorised, nearest, network_units, training_and_held_out


def part_of(samples, asked=None):
    """Samples by index, which notes how many are asked for at a time."""

    def take(indices):
        if asked is not None:
            asked.append(len(indices))
        return Minibatch(samples[indices])

    return DataPart(len(samples), take, None, "samples")


def test_the_nearest_are_those_of_the_matrix_of_distances_and_are_read_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(module, "NUMBERS", 60)
    train, samples, asked = torch.randn(100, 3, 2), torch.randn(7, 3, 2), []
    found = nearest(samples, part_of(train, asked), k=4)
    distances, numbers = torch.cdist(samples.flatten(1), train.flatten(1)).sort(1)
    torch.testing.assert_close(found.distances, distances[:, :4])
    assert torch.equal(found.numbers, numbers[:, :4])
    assert torch.equal(found.samples, train[numbers[:, :4]])
    assert max(asked[:-1]) == 10


def test_a_copy_is_at_distance_0_and_of_equal_ones_the_first_is_found():
    train = 1000 + torch.randn(6, 5).repeat(2, 1)
    found = nearest(train[:3], part_of(train), k=2)
    assert torch.equal(found.distances, torch.zeros(3, 2))
    assert found.numbers.tolist() == [[0, 6], [1, 7], [2, 8]]


def test_there_are_no_more_neighbours_than_training_samples():
    assert nearest(torch.zeros(2, 3), part_of(torch.ones(4, 3)), k=9).samples.shape == (2, 4, 3)


def test_distances_are_in_the_networks_units_or_between_features():
    train = torch.tensor([[0.0, 1000.0], [4.0, 0.0]])
    transform = make_transform("minmax")
    transform.fit(lambda: [train.double()], 2)
    found = nearest(torch.tensor([[0.0, 0.0]]), part_of(train), 1, network_units(transform))
    assert (found.numbers.item(), found.distances.item()) == (0, 2)  # both columns go from -1 to 1, the first is taken
    assert torch.equal(found.samples[0], train[:1])
    assert nearest(torch.tensor([[3.0, 1000.0]]), part_of(train), 1, lambda x: x[:, :1]).numbers.item() == 1


def test_bytes_of_images_are_compared_in_the_range_of_the_generator():
    train = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1)
    found = nearest(torch.full((1, 1, 1, 1), 0.5), part_of(train), 2)
    assert found.distances.tolist() == [[0.5, 1.5]]
    assert found.samples.flatten().tolist() == [1, -1]


def test_training_samples_of_another_shape_are_refused():
    with pytest.raises(UsageError, match=r"generated samples' shape \(3,\), but got \(4,\)"):
        nearest(torch.zeros(2, 3), part_of(torch.ones(4, 4)))


def test_copies_of_training_samples_are_told_from_new_samples():
    train, held_out, new = torch.randn(3, 200, 8)
    copied = memorised(train[:50], part_of(train), part_of(held_out))
    assert (copied.share, copied.generated, copied.compared) == (1, 50, 200)
    assert "100% of 50 generated" in copied.in_words()
    assert "more than by chance, a sign of memorising" in copied.in_words()
    own = memorised(new, part_of(train), part_of(held_out))
    assert own.share == pytest.approx(0.5, abs=0.1)
    assert own.in_words().endswith(": no sign of memorising.")


def test_the_standard_error_of_the_share_is_that_of_random_halves():
    pooled, generated = torch.randn(40, 4).double(), 0.3 * torch.randn(60, 4).double()
    owner = torch.cdist(generated, pooled).argmin(1)
    shares = torch.stack([(torch.randperm(40)[owner] < 20).double().mean() for _ in range(4000)])
    assert module._standard_error(generated, pooled) == pytest.approx(shares.std().item(), rel=0.05)


class Own(LightningDataModule):
    """A user's own, with a loader over pairs, and perhaps one of held-out samples."""

    def __init__(self, dataset):
        super().__init__()
        self.dataset = dataset

    def train_dataloader(self):
        return DataLoader(self.dataset, batch_size=4, shuffle=True)


class OwnWithHeldOut(Own):
    def val_dataloader(self):
        return DataLoader(torch.ones(3, 2))


class Endless(IterableDataset):
    def __iter__(self):
        while True:
            yield torch.zeros(2)


def test_a_users_own_data_set_is_searched_and_its_held_out_samples_are_known_if_there_are_any():
    dataset = TensorDataset(torch.arange(20.0).view(10, 2), torch.arange(10))
    train, held_out = training_and_held_out(Own(dataset))
    assert held_out is None
    assert nearest(torch.tensor([[6.0, 7.0]]), train, 1).numbers.item() == 3
    assert training_and_held_out(OwnWithHeldOut(dataset))[1].count == 3


def test_samples_that_cannot_be_indexed_are_refused():
    with pytest.raises(UsageError, match="Expected samples with __len__ and __getitem__, but got those of Endless"):
        training_and_held_out(OwnEndless(Endless()))


class OwnEndless(Own):
    def train_dataloader(self):
        return DataLoader(self.dataset, batch_size=4)


@pytest.mark.parametrize("kind", ["toy", "arrays", "images"])
def test_every_packaged_data_module_has_training_and_held_out_samples(kind, tmp_path):
    images = (torch.rand(12, 1, 4, 4) * 255).byte()
    data = {
        "toy": lambda: ToyData("eight_gaussians"),
        "arrays": lambda: ArrayData(torch.randn(12, 3).numpy(), held_out=4 / 12, cache_dir=str(tmp_path)),
        "images": lambda: ImageData(images, cache_dir=str(tmp_path)),
    }[kind]()
    train, held_out = training_and_held_out(data)
    some = module.taken(train, torch.tensor([1]))
    assert nearest(some, train, 1).distances.item() == 0
    assert nearest(some, held_out, 1).distances.item() > 0
