"""Classes by folders: numbered as torchvision's ImageFolder does, told in one line, or left out with a reason."""

from pathlib import Path

import pytest
from PIL import Image
from torchvision.datasets import ImageFolder

from lit_wgan.data.folders import folder
from lit_wgan.data.held_out import part_indices
from lit_wgan.data.images import open_arrays
from lit_wgan.engine.notices import tell_once


@pytest.fixture
def told(monkeypatch):
    """The lines that are told."""
    lines = []
    monkeypatch.setattr("lit_wgan.engine.notices.rank_zero_info", lines.append)
    tell_once.cache_clear()
    return lines


def save(root, *files):
    for file in files:
        path = root / f"{file}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(path)


def classes(root, train=True):
    """The class of each file, or None."""
    source = folder(root, train, download=False)
    images = source.open()
    if source.condition_of is None:
        assert images.conditions is None
        return None
    return {file: images[index][source.condition_of] for index, file in enumerate(images.files)}


def test_folders_are_numbered_as_torchvision_does_in_both_parts(tmp_path, told):
    names = ["Zebras", "ants", "cats 10", "cats 9", "bees/small", "bees"]
    save(tmp_path, *(f"{name}/{index}" for name in names for index in range(5)))
    theirs = {str(Path(path).relative_to(tmp_path)): number for path, number in ImageFolder(tmp_path).samples}
    assert classes(tmp_path) | classes(tmp_path, train=False) == theirs
    assert told == [f"Under {tmp_path}: 5 classes: Zebras, ants, bees, cats 10, cats 9."]


@pytest.mark.parametrize("way", ["{part}/{name}", "data/{part}/{name}", "{name}/{part}", "{part}/images/{name}/small"])
def test_class_folders_may_lie_below_the_parts_and_the_parts_below_them(way, tmp_path, told):
    for part in ("train", "val"):
        save(tmp_path, *(f"{way.format(part=part, name=name)}/{index}" for name in ("b", "a") for index in range(2)))
    for train, part in ((True, "train"), (False, "val")):
        expected = {f"{way.format(part=part, name=name)}/{i}.png": k for k, name in enumerate("ab") for i in range(2)}
        assert classes(tmp_path, train) == expected
    assert told[-1] == f"Under {tmp_path}: 2 classes: a, b."


def test_classes_below_train_alone_are_those_of_both_parts(tmp_path):
    save(tmp_path, *(f"train/{name}/{index}" for name in ("cats", "dogs") for index in range(10)))
    found = classes(tmp_path) | classes(tmp_path, train=False)
    assert len(found) == 20
    assert all(number == ("dogs" in file) for file, number in found.items())


def test_a_class_that_is_held_out_alone_leaves_the_numbers_of_training_as_they_are(tmp_path, told):
    save(tmp_path, "train/bees/0", "train/dogs/0", "val/ants/0", "val/bees/1", "val/dogs/1")
    assert list(classes(tmp_path).values()) == [0, 1]
    assert classes(tmp_path, train=False) == {"val/ants/0.png": 2, "val/bees/1.png": 0, "val/dogs/1.png": 1}
    assert told[-1] == (
        f"Under {tmp_path}: 2 classes: bees, dogs; held out alone, numbered from 2, "
        "so that num_classes has to be 3: ants."
    )


def test_a_class_of_one_image_that_happens_to_be_held_out_has_its_place_in_the_alphabet(tmp_path):
    (lone,) = part_indices(10, 1, train=False)
    save(tmp_path, *(f"{'b' if index == lone else 'a' if index < lone else 'c'}/{index}" for index in range(10)))
    assert classes(tmp_path, train=False) == {f"b/{lone}.png": 1}
    assert set(classes(tmp_path).values()) == {0, 2}


@pytest.mark.parametrize("outside", ["x", "train/x", "val/x"])
def test_one_file_outside_the_class_folders_leaves_none_with_a_class_and_is_told(outside, tmp_path, told):
    save(tmp_path, "train/cats/0", "train/dogs/0", "val/cats/1", "val/dogs/1", outside)
    in_a_part = outside != "x"
    assert (classes(tmp_path) is None) == (classes(tmp_path, train=False) is None) == in_a_part
    if in_a_part:
        assert told[-1] == f"Under {tmp_path}: folders cats, dogs, but {outside}.png outside them, so no classes."


@pytest.mark.parametrize(
    "files", [["0", "1"], ["cats/0", "cats/1"], ["train/0", "val/1"], ["train/cats/0", "val/cats/1", "val/dogs/2"]]
)
def test_fewer_than_two_folders_are_no_classes(files, tmp_path, told):
    save(tmp_path, *files)
    assert classes(tmp_path) is None
    assert not any("class" in line for line in told)


def test_many_classes_are_told_by_their_number(tmp_path, told):
    save(tmp_path, *(f"{index:03}/0" for index in range(100)))
    folder(tmp_path, True, download=False)
    assert told == [f"Under {tmp_path}: 100 classes: 000, 001, 002, 003, 004, 005, 006, 007, and 92 more."]


def test_classes_are_kept_beside_the_images(tmp_path):
    save(tmp_path / "data", "train/cats/0", "train/dogs/0", "test/dogs/1", "test/cats/1", "test/cats/2")
    for train, expected in ((True, [0, 1]), (False, [0, 0, 1])):
        arrays = open_arrays("folder", tmp_path / "data", train=train, image_size=None, cache_dir=tmp_path / "cache")
        assert arrays.conditions.tolist() == expected
