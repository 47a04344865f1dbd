from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from placed import placed
from torch.utils.data import Dataset

from lit_wgan import WGAN, ImageData, ToyData
from lit_wgan.data import Downscaled
from lit_wgan.data.held_out import part_indices
from lit_wgan.data.image_minibatches import fits, to_unit_range
from lit_wgan.data.toy import TOY_DISTRIBUTIONS, ToyDistribution
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.functional.streams import ALL_ROWS
from lit_wgan.networks import DCGANCritic, DCGANGenerator


@pytest.fixture(autouse=True)
def shared_folder(monkeypatch, tmp_path_factory):
    """Images are decoded once for all tests here, and not into the folder from which the tests are run."""
    monkeypatch.chdir(tmp_path_factory.getbasetemp())


def first_batch(data):
    return first_minibatches(data).real


def first_minibatches(data):
    """Samples and conditions of the first batch, stacked."""
    batch = data.on_after_batch_transfer(next(iter(data.train_dataloader())), 0)
    real, conditions = zip(*batch, strict=True)
    return Minibatch(torch.stack(real), None if conditions[0] is None else torch.stack(conditions))


MAKERS = {
    "toy": lambda **kwargs: ToyData("swiss_roll", batch_size=12, **kwargs),
    "images": lambda **kwargs: ImageData("digits", batch_size=12, **kwargs),
    "augmented images": lambda **kwargs: ImageData(
        "digits", batch_size=12, horizontal_flip=True, dequantise=True, **kwargs
    ),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("devices", [2, 3, 4])
def test_devices_together_see_the_minibatches_of_one(make, devices):
    whole = first_batch(placed(make()))
    assert whole.shape[:2] == (2, 12)
    for rank in range(devices):
        assert torch.equal(first_batch(placed(make(), rank, devices)), whole[:, rank::devices])


@pytest.mark.parametrize("make", [MAKERS["images"], MAKERS["augmented images"]])
@pytest.mark.parametrize("devices", [1, 2])
def test_images_kept_on_the_device_give_the_same_minibatches_by_their_numbers(make, devices):
    kept, sent = (placed(make(on_device=on_device), devices - 1, devices) for on_device in (True, False))
    assert next(iter(kept.train_dataloader())).real.shape == (2, 12 // devices)
    assert torch.equal(first_batch(kept), first_batch(sent))
    assert kept.resident.real.shape == (1297, 1, 8, 8)
    assert sent.resident is None


def test_images_are_kept_on_a_gpu_if_they_take_a_quarter_of_its_memory(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (400, 1000))
    assert fits(100, torch.device("cuda"))
    assert not fits(101, torch.device("cuda"))
    assert not fits(1, torch.device("cpu"))


@pytest.mark.slow
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_workers_change_nothing(make):
    batches = [iter(placed(make(num_workers=n)).train_dataloader()) for n in (0, 2)]
    for _ in range(3):
        a, b = (next(it) for it in batches)
        assert a.first == b.first
        assert torch.equal(a.real, b.real)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_held_out_and_training_samples_are_different_ones(make):
    data = placed(make())
    train, held_out = (data.real_samples(200, train).real.flatten(1) for train in (True, False))
    assert torch.equal(train, data.real_samples(200, train=True).real.flatten(1))
    assert torch.cdist(train, held_out).min() > 0


def test_batch_size_that_does_not_divide_is_refused():
    data = placed(ToyData("swiss_roll", batch_size=10), 0, 4)
    with pytest.raises(ValueError, match="divide by the number of devices, 4, but got 10. Use 8"):
        data.train_dataloader()


@pytest.mark.parametrize("option", ["batch_size", "num_generated"])
def test_sizes_below_one_are_refused(option):
    with pytest.raises(ValueError, match=f"Expected data.{option} to be above 0, but got 0"):
        ImageData("digits", **{option: 0})


def test_an_unknown_distribution_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="one of eight_gaussians, .*, swiss_roll, curves, .*but got moons"):
        ToyData("moons")


class Halves(ToyDistribution):
    """All samples are 1/2."""

    def draw(self, streams, stream, update, n, rows=ALL_ROWS):
        return torch.full((n, 1), 0.5)[rows]


def test_a_distribution_of_ones_own_is_drawn_from():
    data = placed(ToyData(Halves(), batch_size=8))
    assert torch.equal(data.real_samples(3, train=True).real, torch.full((3, 1), 0.5))
    assert torch.equal(data.source(slice(4)).minibatch(0).real, torch.full((4, 1), 0.5))
    with pytest.raises(ValueError, match="condition_of to be null for Halves, but got label"):
        ToyData(Halves(), condition_of="label")


def test_more_real_samples_than_there_are_are_refused():
    with pytest.raises(ValueError, match="at most 500 real samples, but got 501"):
        placed(ImageData("digits")).real_samples(501, train=False)


def test_unit_range_maps_the_256_levels_evenly_onto_minus_one_to_one():
    levels = to_unit_range(torch.arange(256, dtype=torch.uint8))
    torch.testing.assert_close(levels, torch.linspace(-1, 1, 256))
    assert levels.dtype == torch.float32


def test_a_folder_of_photographs_is_left_as_it_is_and_the_cache_is_told(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr("lit_wgan.engine.notices.rank_zero_info", told.append)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    (tmp_path / "photos").mkdir()
    for number in range(3):
        Image.new("RGB", (4, 4)).save(tmp_path / "photos" / f"{number}.png")
    data = ImageData("folder", str(tmp_path / "photos"))
    for _ in range(2):
        data.prepare_data()
    assert len(list((tmp_path / "photos").iterdir())) == 3
    arrays = sorted(map(str, (tmp_path / "home" / "lit_wgan").iterdir()))
    assert sorted(told) == [
        f"Decoding {count} images, once, into {path}." for count, path in zip((1, 2), arrays, strict=True)
    ]


@pytest.mark.parametrize("make", [torch.from_numpy, np.asarray, list], ids=["tensor", "array", "list"])
def test_images_in_memory_are_a_data_set(make, tmp_path):
    images = np.arange(20, dtype=np.uint8).repeat(3 * 4 * 4).reshape(20, 3, 4, 4)
    data = placed(ImageData(make(images), cache_dir=str(tmp_path)))
    assert sorted(
        data.images[part][index, 0, 0, 0] for part in data.images for index in range(len(data.images[part]))
    ) == (list(range(20)))


def test_named_data_sets_keep_their_cache_beside_them(tmp_path):
    ImageData("digits", str(tmp_path)).prepare_data()
    assert len(list((tmp_path / "cache").glob("digits-*"))) == 4


class Gradient(Dataset):
    """Images whose left half is black and whose right half is white."""

    def __len__(self):
        return 64

    def __getitem__(self, index):
        image = np.zeros((1, 8, 8), dtype=np.uint8)
        image[..., 4:] = 255
        return torch.from_numpy(image)


def test_about_half_of_the_images_are_mirrored_and_anew_in_every_minibatch(tmp_path):
    data = placed(ImageData(Gradient(), batch_size=40, horizontal_flip=True, cache_dir=str(tmp_path)))
    mirrored = first_batch(data)[:, :, 0, 0, 0] == 1
    assert 8 <= mirrored[0].sum() <= 32
    assert not torch.equal(mirrored[0], mirrored[1])


def test_dequantisation_spreads_each_level_evenly_over_its_interval():
    plain, noisy = (
        first_batch(placed(ImageData("digits", batch_size=64, dequantise=dequantise))) for dequantise in (False, True)
    )
    level = (plain + 1) * 127.5
    within = (noisy + 1) * 128 - level.round()
    assert within.min() > -1e-4
    assert within.max() < 1 + 1e-4
    assert within.mean().item() == pytest.approx(0.5, abs=0.02)
    assert within.var().item() == pytest.approx(1 / 12, rel=0.05)
    assert noisy.min() >= -1
    assert noisy.max() <= 1


def test_digits_train_a_dcgan_by_the_datamodule(trainer):
    system = WGAN(DCGANGenerator(8, 1, 4, width=4), DCGANCritic(8, 1, width=4), latent_dim=4, n_critic=2)
    run = trainer(max_steps=3, limit_val_batches=4)
    data = ImageData("digits", batch_size=8)
    run.fit(system, datamodule=data)
    assert system.counters.critic_updates == 6
    run.validate(system, datamodule=data, verbose=False)
    assert run.callback_metrics["eval/wasserstein_estimate"].isfinite()


# Conditions of toy distributions

TOLD = [(name, condition) for name, distribution in TOY_DISTRIBUTIONS.items() for condition in distribution.conditions]


@pytest.mark.parametrize(("name", "condition_of"), TOLD)
def test_devices_are_told_of_their_own_points(name, condition_of):
    make = partial(ToyData, name, batch_size=12, condition_of=condition_of)
    whole = first_minibatches(placed(make()))
    for rank in range(3):
        part = first_minibatches(placed(make(), rank, 3))
        assert torch.equal(part.real, whole.real[:, rank::3])
        assert torch.equal(part.condition, whole.condition[:, rank::3])


@pytest.mark.parametrize("name", TOY_DISTRIBUTIONS)
def test_points_do_not_depend_on_what_is_told_of_them(name):
    untold = first_minibatches(placed(ToyData(name, batch_size=12)))
    assert untold.condition is None
    for condition_of in TOY_DISTRIBUTIONS[name].conditions:
        assert torch.equal(first_batch(placed(ToyData(name, batch_size=12, condition_of=condition_of))), untold.real)


def test_points_of_every_part_come_with_their_conditions():
    data = placed(ToyData("eight_gaussians", num_held_out=10, batch_size=4, condition_of="label"))
    held_out = list(data.val_dataloader())
    assert [len(batch.condition) for batch in held_out] == [4, 4, 2]
    for real, label in (*held_out, data.real_samples(100, train=True), data.real_samples(100, train=False)):
        assert torch.equal(data.distribution.nearest_mode(real)[1], label)
        assert label.dtype == torch.int64
    assert torch.equal(data.training_conditions(7), data.real_samples(7, train=True).condition)
    assert placed(ToyData("eight_gaussians")).training_conditions(7) is None


@pytest.mark.parametrize(
    ("name", "condition_of", "choices"),
    [
        ("eight_gaussians", "frequency", "label or angle or null"),
        ("curves", "label", "frequency or null"),
        ("swiss_roll", "label", "null"),
        ("swiss_roll", "1", "null"),
    ],
)
def test_a_condition_that_a_distribution_has_not_is_refused_with_its_choices(name, condition_of, choices):
    with pytest.raises(ValueError, match=f"condition_of to be {choices} for {name}, but got {condition_of}. Choose"):
        ToyData(name, condition_of=condition_of)


# Conditions of images


class Told(Dataset):
    """Noise images (1, 4, 4) with one of several kinds of conditions, each of which tells the image's first pixel."""

    def __init__(self, kind):
        self.kind = kind
        self.images = torch.from_numpy(np.random.RandomState(0).randint(0, 255, (60, 1, 4, 4), np.uint8))

    def __len__(self):
        return 60

    def __getitem__(self, index):
        image = self.images[index]
        level = int(image[0, 0, 0])
        return image, {"class": level, "number": level / 127.5 - 1, "vector": [level, 0.5], "image": image + 1}[
            self.kind
        ]


def agree(kind, real, condition):
    """Whether the conditions are those of the samples."""
    levels = real[..., 0, 0, 0]
    if kind == "class":
        return condition.dtype == torch.int64 and torch.allclose(condition / 127.5 - 1, levels)
    if kind == "image":
        return condition.dtype == torch.float32 and torch.allclose(condition - 1 / 127.5, real, atol=1e-5)
    return torch.allclose(condition if kind == "number" else condition[..., 0] / 127.5 - 1, levels, atol=1e-6)


KINDS = ["class", "number", "vector", "image"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_comes_with_its_own_condition(kind, tmp_path):
    data = placed(ImageData(Told(kind), batch_size=12, condition_of=1, cache_dir=str(tmp_path)))
    real, condition = first_minibatches(data)
    assert agree(kind, real, condition)
    for train, count in ((True, 54), (False, 6)):
        assert len(data.conditions[train]) == len(data.images[train]) == count
        assert agree(kind, *data.real_samples(5, train))
    held_out = [data.on_after_batch_transfer(batch, 0) for batch in data.val_dataloader()]
    assert [len(batch.real) for batch in held_out] == [6]
    assert agree(kind, *held_out[0])
    assert torch.equal(data.training_conditions(5), data.real_samples(5, train=True).condition)
    assert len(data.training_conditions(1000)) == 54


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_conditions_do_not_depend_on_devices_and_on_where_the_images_are_kept(kind, flip, tmp_path):
    def made(rank=0, devices=1, **options):
        options = {"batch_size": 12, "condition_of": 1, "horizontal_flip": flip, "cache_dir": str(tmp_path)} | options
        return first_minibatches(placed(ImageData(Told(kind), **options), rank, devices))

    whole = made()
    for rank in range(2):
        for on_device in (False, True):
            part = made(rank, 2, on_device=on_device)
            assert torch.equal(part.real, whole.real[:, rank::2])
            assert torch.equal(part.condition, whole.condition[:, rank::2])


@pytest.mark.slow
@pytest.mark.parametrize("on_device", [False, True])
def test_loader_workers_give_the_same_conditions(on_device, tmp_path):
    options = {"batch_size": 12, "condition_of": 1, "cache_dir": str(tmp_path), "on_device": on_device}
    alone, helped = (placed(ImageData(Told("image"), **options, num_workers=workers)) for workers in (0, 2))
    batches = [iter(data.train_dataloader()) for data in (alone, helped)]
    for _ in range(3):
        one, other = (
            list(d.on_after_batch_transfer(next(it), 0)) for d, it in zip((alone, helped), batches, strict=True)
        )
        for a, b in zip(one, other, strict=True):
            assert torch.equal(a.real, b.real)
            assert torch.equal(a.condition, b.condition)


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_as_condition_is_mirrored_with_its_sample(kind, tmp_path):
    data = placed(ImageData(Told(kind), batch_size=40, condition_of=1, horizontal_flip=True, cache_dir=str(tmp_path)))
    real, condition = first_minibatches(data)
    if kind == "image":
        assert agree(kind, real, condition)
        return
    indices = [data.source(slice(None)).sampler[number] for number in (0, 1)]
    expected = torch.stack([torch.from_numpy(data.conditions[True][rows.numpy()]) for rows in indices])
    assert torch.equal(condition, expected)


def test_samples_do_not_depend_on_whether_there_are_conditions(tmp_path):
    options = {"batch_size": 12, "horizontal_flip": True, "dequantise": True, "cache_dir": str(tmp_path)}
    told, untold = (placed(ImageData(Told("class"), **options, condition_of=of)) for of in (1, None))
    assert torch.equal(first_batch(told), first_batch(untold))
    assert untold.conditions == {True: None, False: None}
    assert untold.training_conditions(3) is None
    assert untold.real_samples(3, train=True).condition is None


def test_conditions_made_of_digits_train_in_their_own_size(tmp_path):
    data = placed(ImageData("digits", batch_size=4, condition_of=Downscaled(2)))
    real, condition = first_minibatches(data)
    assert condition.shape == (2, 4, 1, 4, 4)
    assert (torch.nn.functional.avg_pool2d(real[0], 2) - condition[0]).abs().max() <= 1.001 / 127.5 / 2


def test_digits_come_with_their_classes_and_another_condition_has_files_of_its_own(tmp_path):
    options = {"cache_dir": str(tmp_path)}
    data = placed(ImageData("digits", **options))
    assert sorted(np.unique(data.conditions[True])) == list(range(10))
    files = set(tmp_path.iterdir())
    assert np.array_equal(
        placed(ImageData("digits", **options, condition_of=1)).conditions[True], data.conditions[True]
    )
    assert set(tmp_path.iterdir()) == files
    for condition_of in (Downscaled(2), Downscaled(4)):
        placed(ImageData("digits", **options, condition_of=condition_of))
    assert len(set(tmp_path.iterdir())) == 3 * len(files)


def test_training_and_held_out_conditions_that_are_unlike_are_refused(tmp_path):
    held_out = set(part_indices(20, 2, train=False))
    pairs = [(torch.zeros(1, 4, 4, dtype=torch.uint8), 0.5 if index in held_out else 1) for index in range(20)]
    with pytest.raises(ValueError, match="held-out images to be alike, but got a whole number and a number. Let data"):
        placed(ImageData(pairs, condition_of=1, cache_dir=str(tmp_path)))
