import os
import pickle
import struct
import sys
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset
from torchvision import datasets
from torchvision.transforms import v2

from lit_wgan.data.images import open_arrays, open_images
from lit_wgan.data.named import DATASETS


class Given(Dataset[tuple[Tensor, int]]):
    """A user's dataset: images whose every pixel is their index, plus what tells one dataset from another."""

    def __init__(self, count=20, transform=None, extra=None):
        self.count, self.transform, self.extra = count, transform, extra

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return torch.full((1, 4, 4), index, dtype=torch.uint8), 0


def unchanged(image):
    return image


def inverted(image):
    return 255 - image


def open_in(tmp_path, dataset="folder", *, train=True, image_size=None, **options):
    return open_images(
        dataset, tmp_path / "data", train=train, image_size=image_size, cache_dir=tmp_path / "cache", **options
    )


def conditions(tmp_path, dataset="folder", *, train=True, image_size=None, **options):
    return open_arrays(
        dataset, tmp_path / "data", train=train, image_size=image_size, cache_dir=tmp_path / "cache", **options
    ).conditions


def cache_files(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache").iterdir())


def save_images(folder, count, *, mode="RGB", size=(6, 6), start=0):
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(start, start + count):
        Image.new(mode, size, (index,) * len(Image.new(mode, size).getbands())).save(folder / f"{index:03}.png")


def levels(array):
    return array[:, 0, 0, 0].tolist()


# The named datasets


def test_digits_are_split_into_1297_and_500_different_images(tmp_path):
    train, held_out = (open_in(tmp_path, "digits", train=part) for part in (True, False))
    assert train.shape == (1297, 1, 8, 8)
    assert held_out.shape == (500, 1, 8, 8)
    from sklearn.datasets import load_digits

    every = sorted(image.tobytes() for image in np.floor(255 * load_digits().images / 16 + 0.5).astype(np.uint8))
    assert sorted(image.tobytes() for image in [*train, *held_out]) == every


def test_digits_are_resized_on_demand(tmp_path):
    assert open_in(tmp_path, "digits", image_size=16).shape == (1297, 1, 16, 16)


@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")])
def test_mnist_files_are_read_by_official_part(tmp_path, name, folder):
    raw = tmp_path / "data" / folder / "raw"
    raw.mkdir(parents=True)
    for part, count in (("train", 3), ("t10k", 2)):
        images = np.full((count, 28, 28), count, np.uint8).tobytes()
        (raw / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 2051, count, 28, 28) + images)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, count) + bytes(range(count)))
    assert conditions(tmp_path, name).tolist() == [0, 1, 2]
    assert levels(open_in(tmp_path, name)) == [3, 3, 3]
    assert levels(open_in(tmp_path, name, train=False)) == [2, 2]
    assert open_in(tmp_path, name).shape == (3, 1, 28, 28)


@pytest.mark.parametrize(("name", "kind"), [("cifar10", datasets.CIFAR10), ("cifar100", datasets.CIFAR100)])
def test_cifar_files_are_read_by_official_part(tmp_path, monkeypatch, name, kind):
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda path, md5: os.path.isfile(path))
    folder = tmp_path / "data" / kind.base_folder
    folder.mkdir(parents=True)
    for level, batches in ((1, kind.train_list), (2, kind.test_list)):
        for file, _ in batches:
            labels = {"labels": [7, 9]} if name == "cifar10" else {"fine_labels": [7, 99], "coarse_labels": [1, 2]}
            content = {"data": np.full((2, 3072), level, np.uint8)} | labels
            (folder / file).write_bytes(pickle.dumps(content))
    (folder / kind.meta["filename"]).write_bytes(pickle.dumps({kind.meta["key"]: ["a"]}))
    assert set(conditions(tmp_path, name)) == {7, 9 if name == "cifar10" else 99}
    assert set(levels(open_in(tmp_path, name))) == {1}
    assert open_in(tmp_path, name, train=False).shape == (2, 3, 32, 32)


def test_celeba_holds_out_its_validation_split(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.CelebA, "_check_integrity", lambda self: True)
    folder = tmp_path / "data" / "celeba"
    save_images(folder / "img_align_celeba", 6, size=(178, 218))
    names = [f"{index:03}.png" for index in range(6)]
    (folder / "list_eval_partition.txt").write_text(
        "\n".join(f"{name} {index // 2}" for index, name in enumerate(names))
    )
    (folder / "identity_CelebA.txt").write_text("\n".join(f"{name} 1" for name in names))
    for file in ("list_bbox_celeba.txt", "list_landmarks_align_celeba.txt", "list_attr_celeba.txt"):
        (folder / file).write_text("\n".join(["6", "a", *(f"{name} 1" for name in names)]))
    (folder / "list_attr_celeba.txt").write_text("\n".join(["6", "Bald Smiling", *(f"{name} 1 -1" for name in names)]))
    attributes = conditions(tmp_path, "celeba", image_size=8)
    assert (attributes.dtype, attributes.tolist()) == (np.float32, [[1, 0], [1, 0]])
    assert levels(open_in(tmp_path, "celeba", image_size=8)) == [0, 1]
    assert levels(open_in(tmp_path, "celeba", image_size=8, train=False)) == [2, 3]


def make_lsun(tmp_path):
    lmdb = pytest.importorskip("lmdb")
    for part, count in (("bedroom_train", 3), ("bedroom_val", 2)):
        folder = tmp_path / "data" / f"{part}_lmdb"
        folder.mkdir(parents=True)
        with lmdb.open(str(folder), map_size=2**20) as database, database.begin(write=True) as transaction:
            for index in range(count):
                buffer = BytesIO()
                Image.new("RGB", (8 + index, 8), (count,) * 3).save(buffer, "PNG")
                transaction.put(f"{index}".encode(), buffer.getvalue())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # torchvision does not close its list
def test_lsun_bedrooms_are_read_by_official_part(tmp_path, monkeypatch):
    make_lsun(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert levels(open_in(tmp_path, "lsun", image_size=8)) == [3, 3, 3]
    assert levels(open_in(tmp_path, "lsun", image_size=8, train=False)) == [2, 2]
    assert sorted(os.listdir(tmp_path)) == ["cache", "data"], "torchvision's list of keys was left behind"
    assert conditions(tmp_path, "lsun", image_size=8) is None


def test_lsun_without_lmdb_names_the_extra(tmp_path, monkeypatch):
    make_lsun(tmp_path)
    monkeypatch.setitem(sys.modules, "lmdb", None)
    with pytest.raises(ValueError, match=r"Expected the package lmdb, .*pip install \"lit-wgan\[lsun\]\""):
        open_in(tmp_path, "lsun", image_size=8)


def test_missing_lsun_names_the_folder(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"Expected data\.root to hold the folder bedroom_train_lmdb, but got .*data"
    ):
        open_in(tmp_path, "lsun", image_size=8)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("mnist", r"MNIST/raw/\*"),
        ("fashion_mnist", r"FashionMNIST/raw/\*"),
        ("cifar10", r"cifar-10-batches-py/\*"),
        ("cifar100", r"cifar-100-python/\*"),
        ("celeba", r"celeba/\*\.txt"),
    ],
)
def test_missing_data_names_the_root_and_the_download(tmp_path, name, files):
    with pytest.raises(FileNotFoundError, match=rf"Expected data\.root to hold {files}, .*--data\.download true"):
        open_in(tmp_path, name)


def test_failed_download_names_the_root(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.MNIST, "download", lambda self: (_ for _ in ()).throw(OSError("no route to host")))
    with pytest.raises(FileNotFoundError, match=r"fill data\.root with MNIST.* but got 'no route to host'.*network"):
        open_in(tmp_path, "mnist", download=True)


def test_unknown_name_lists_the_choices(tmp_path):
    with pytest.raises(
        ValueError, match=rf"Expected data\.dataset to be one of {', '.join(DATASETS)}, but got 'minst'"
    ):
        open_in(tmp_path, "minst")


@pytest.mark.parametrize("image_size", [0, -3])
def test_image_size_must_be_positive(tmp_path, image_size):
    with pytest.raises(ValueError, match=rf"Expected data\.image_size to be positive or null, but got {image_size}"):
        open_in(tmp_path, "digits", image_size=image_size)


def test_cache_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "cache").touch()
    with pytest.raises(
        ValueError, match=r"Expected data\.cache_dir to be a folder that can be written, but got .*cache"
    ):
        open_in(tmp_path, "digits")


# Folders


@pytest.mark.parametrize("subfolders", [("",), ("cats", "dogs/small")])
def test_folder_may_be_flat_or_have_class_folders(tmp_path, subfolders):
    for place, subfolder in enumerate(subfolders):
        save_images(tmp_path / "data" / subfolder, 20 // len(subfolders), start=100 * place)
    train, held_out = (levels(open_in(tmp_path, train=part)) for part in (True, False))
    assert (len(train), len(held_out)) == (18, 2)
    assert train == sorted(train)
    assert len({*train, *held_out}) == 20


@pytest.mark.parametrize("other", ["test", "val"])
def test_folder_with_parts_of_its_own_uses_them(tmp_path, other):
    save_images(tmp_path / "data" / "train" / "cats", 3)
    save_images(tmp_path / "data" / other / "cats", 2, start=100)
    assert levels(open_in(tmp_path)) == [0, 1, 2]
    assert levels(open_in(tmp_path, train=False)) == [100, 101]


def test_folder_with_only_train_has_a_tenth_held_out(tmp_path):
    save_images(tmp_path / "data" / "train", 10)
    assert [len(open_in(tmp_path, train=part)) for part in (True, False)] == [9, 1]


def test_folder_skips_hidden_and_other_files(tmp_path):
    save_images(tmp_path / "data", 4)
    save_images(tmp_path / "data" / ".thumbnails", 4)
    (tmp_path / "data" / "._000.png").write_bytes(b"not an image")
    (tmp_path / "data" / "labels.csv").write_text("a,b")
    assert len(open_in(tmp_path)) == 3


@pytest.mark.parametrize(
    ("modes", "channels"), [(("L", "L"), 1), (("L", "RGB"), 3), (("RGBA", "L"), 3), (("P", "P"), 3)]
)
def test_folder_is_grey_only_if_every_file_is(tmp_path, modes, channels):
    for place, mode in enumerate(modes):
        save_images(tmp_path / "data", 5, mode=mode, start=5 * place)
    assert open_in(tmp_path).shape == (9, channels, 6, 6)


def test_one_colour_image_makes_both_parts_of_a_folder_colour(tmp_path):
    save_images(tmp_path / "data", 19, mode="L")
    save_images(tmp_path / "data", 1, mode="RGB", start=19)
    assert {open_in(tmp_path, train=part).shape[1] for part in (True, False)} == {3}


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Expected data\.root to be a folder .* but got .*data, which is not"):
        open_in(tmp_path)


@pytest.mark.parametrize("files", [[], ["readme.txt", "images.zip"]])
def test_folder_without_images_is_refused(tmp_path, files):
    (tmp_path / "data").mkdir()
    for file in files:
        (tmp_path / "data" / file).touch()
    with pytest.raises(
        FileNotFoundError, match=r"Expected data\.root to hold images \(\.jpg, .*\), but got none under .*data"
    ):
        open_in(tmp_path)


def test_folder_with_one_image_has_none_to_hold_out(tmp_path):
    save_images(tmp_path / "data", 1)
    with pytest.raises(ValueError, match="at least 2 images, one of them to hold out, but got 1"):
        open_in(tmp_path)


@pytest.mark.parametrize("broken", [0, 7])
@pytest.mark.parametrize("kept_bytes", [0, 30, 45])
def test_broken_image_is_named(tmp_path, broken, kept_bytes):
    save_images(tmp_path / "data" / "train", 9)
    save_images(tmp_path / "data" / "test", 1)
    path = tmp_path / "data" / "train" / f"{broken:03}.png"
    path.write_bytes(path.read_bytes()[:kept_bytes])
    with pytest.raises(
        ValueError, match=rf"Expected {path} to be an image that can be read.*Replace or remove the file"
    ):
        open_in(tmp_path)
    assert cache_files(tmp_path) == [] if broken else not (tmp_path / "cache").exists()


def test_first_file_of_another_size_is_named(tmp_path):
    save_images(tmp_path / "data" / "train", 3)
    save_images(tmp_path / "data" / "train", 3, size=(7, 6), start=3)
    save_images(tmp_path / "data" / "val", 1)
    with pytest.raises(ValueError, match=r"first, \(3, 6, 6\), but got \(3, 6, 7\) for .*003\.png.*--data\.image_size"):
        open_in(tmp_path)
    assert open_in(tmp_path, image_size=6).shape == (6, 3, 6, 6)


# A user's own dataset


def test_given_dataset_has_a_fixed_tenth_held_out(tmp_path):
    train, held_out = (levels(open_in(tmp_path, Given(20), train=part)) for part in (True, False))
    assert (len(train), len(held_out)) == (18, 2)
    assert sorted(train + held_out) == list(range(20))


def test_the_split_never_changes(tmp_path):
    assert levels(open_in(tmp_path, Given(20), train=False)) == [12, 15]


@pytest.mark.parametrize("dataset", [7, iter([]), Dataset()])
def test_dataset_without_length_is_refused(tmp_path, dataset):
    with pytest.raises(
        ValueError, match=rf"Expected data\.dataset to be a name or .* but got {type(dataset).__name__}"
    ):
        open_in(tmp_path, dataset)


def test_empty_dataset_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"Expected data\.dataset to hold at least 2 images.*but got 0"):
        open_in(tmp_path, Given(0))


def test_item_that_is_no_image_is_named(tmp_path):
    class Wrong(Given):
        def __getitem__(self, index):
            return "cat.png" if index == 13 else super().__getitem__(index)

    with pytest.raises(ValueError, match=r"Expected item 13 of Wrong to be a PIL image.* but got str"):
        open_in(tmp_path, Wrong())


# The cache


def test_result_is_memory_mapped_and_read_only(tmp_path):
    array = open_in(tmp_path, "digits")
    assert isinstance(array, np.memmap)
    assert not array.flags.writeable


def test_second_call_reads_no_item(tmp_path, monkeypatch):
    first = open_in(tmp_path, Given())
    monkeypatch.setattr(Given, "__getitem__", lambda self, index: pytest.fail("an item was read again"))
    assert np.array_equal(open_in(tmp_path, Given()), first)
    assert len(cache_files(tmp_path)) == 1


def test_second_call_reads_no_image_file(tmp_path, monkeypatch):
    save_images(tmp_path / "data", 4)
    first = open_in(tmp_path)
    monkeypatch.setattr(Image, "open", lambda path: pytest.fail("a file was read again"))
    assert np.array_equal(open_in(tmp_path), first)


@pytest.mark.slow
def test_every_part_and_size_has_a_file_of_its_own(tmp_path):
    for image_size in (None, 8, 16):
        for train in (True, False):
            open_in(tmp_path, "digits", image_size=image_size, train=train)
    assert len(cache_files(tmp_path)) == 12  # images and classes


@pytest.mark.parametrize("kept_bytes", [0, 100, 1000])
def test_truncated_file_is_rebuilt(tmp_path, kept_bytes):
    whole = np.array(open_in(tmp_path, "digits"))
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(path.read_bytes()[:kept_bytes])
        assert np.array_equal(open_in(tmp_path, "digits"), whole)


def test_changed_folder_is_read_again(tmp_path):
    save_images(tmp_path / "data", 4)
    open_in(tmp_path)
    save_images(tmp_path / "data", 1, start=50)
    assert 50 in levels(open_in(tmp_path)) + levels(open_in(tmp_path, train=False))
    os.utime(tmp_path / "data" / "050.png", ns=(0, 0))
    before = len(cache_files(tmp_path))
    open_in(tmp_path)
    open_in(tmp_path, train=False)
    assert len(cache_files(tmp_path)) == before + 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (v2.RandomRotation(10), v2.RandomRotation(20)),
        (v2.Lambda(unchanged), v2.Lambda(inverted)),
        (v2.Compose([v2.Grayscale(1)]), v2.Compose([v2.Grayscale(3)])),
    ],
)
def test_given_datasets_with_other_transforms_are_kept_apart(tmp_path, one, other):
    for transform in (one, other, one):
        open_in(tmp_path, Given(transform=transform))
    assert len(cache_files(tmp_path)) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 2}),
        ({1, 2}, {1, 3}),
        (b"1", b"2"),
        (torch.zeros(3), torch.ones(3)),
        (torch.zeros(2, 3), torch.zeros(3, 2)),
        (np.zeros(3), np.ones(3)),
        (np.array([None, "a"]), np.array([None, "b"])),
        (Image.new("L", (2, 2), 0), Image.new("L", (2, 2), 1)),
        (len, max),
        (int, float),
    ],
    ids=lambda value: type(value).__name__,
)
def test_given_datasets_with_other_attributes_are_kept_apart(tmp_path, one, other):
    for extra in (one, other, one):
        open_in(tmp_path, Given(extra=extra))
    assert len(cache_files(tmp_path)) == 2


def test_given_dataset_may_hold_what_cannot_be_pickled_and_itself(tmp_path):
    dataset = Given()
    with open(os.devnull) as file:
        dataset.extra = [file, dataset]
        open_in(tmp_path, dataset)
        open_in(tmp_path, dataset)
    assert len(cache_files(tmp_path)) == 1
