"""What a data set's items are told to be: found in an item, turned into tensors, kept beside the images."""

from collections import UserDict

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset

from lit_wgan.data.arrays import cached_arrays
from lit_wgan.data.degrade import Degradation, Downscaled, Noisy
from lit_wgan.data.item_conditions import Examples, find_condition, to_condition

PIXELS = torch.zeros(1, 4, 4, dtype=torch.uint8)
GREY = Image.new("L", (6, 5), 7)


@pytest.mark.parametrize(
    ("value", "dtype", "shape"),
    [
        (3, torch.int64, ()),
        (True, torch.int64, ()),
        (np.int32(3), torch.int64, ()),
        (np.uint8(3), torch.int64, ()),
        (np.array(3), torch.int64, ()),
        (torch.tensor(3, dtype=torch.uint8), torch.int64, ()),
        (0.5, torch.float32, ()),
        (np.float64(0.5), torch.float32, ()),
        (torch.tensor(0.5, dtype=torch.bfloat16), torch.float32, ()),
        ([3], torch.int64, ()),
        (np.array([3], dtype=np.uint8), torch.int64, ()),  # as MedMNIST's labels are
        ((0, 1, 0), torch.float32, (3,)),
        (np.array([0, 1], dtype=np.uint8), torch.float32, (2,)),
        (torch.ones(2, 3, 4, dtype=torch.int64), torch.float32, (2, 3, 4)),
        (np.ones((3, 4)), torch.float32, (3, 4)),
        (torch.ones(1, 3, 4), torch.float32, (1, 3, 4)),
        (GREY, torch.uint8, (1, 5, 6)),
        (GREY.convert("RGB"), torch.uint8, (3, 5, 6)),
        (np.asarray(GREY), torch.uint8, (1, 5, 6)),
        (np.asarray(GREY.convert("RGB")), torch.uint8, (3, 5, 6)),
        (torch.ones(2, 3, 4, dtype=torch.uint8), torch.uint8, (2, 3, 4)),
    ],
)
def test_whole_numbers_are_classes_bytes_of_two_or_three_axes_images_and_all_else_floats(value, dtype, shape):
    condition = to_condition(value)
    assert (condition.dtype, tuple(condition.shape)) == (dtype, shape)
    if not isinstance(value, Image.Image) and condition.numel() in (1, 2):
        assert condition.flatten().tolist() == torch.as_tensor(value).float().flatten().tolist()


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (None, "None"),
        ("cat", "'cat'"),
        (b"cat", "b'cat'"),
        ({"a": 1}, "dict with the keys a"),
        ([1, [2]], "list"),
        (["a", "b"], "list"),
        (np.array(["a"]), r"<U1 \(1,\)"),
        (np.array([None]), r"object \(1,\)"),
        (np.ones(2, dtype=">f4"), r">f4 \(2,\)"),
        (2**70, "int"),
        ([], r"torch\.float32 \(0,\)"),
        (float("nan"), r"torch\.float32 \(\) with numbers that are not finite"),
        (torch.tensor([1.0, float("inf")]), r".*numbers that are not finite"),
        (1e300, r".*numbers that are not finite"),
        (1j, "torch.complex"),
    ],
)
def test_what_is_no_condition_is_refused_and_names_the_item(value, got):
    with pytest.raises(
        ValueError, match=rf"the condition of item 7 of Mine to be a whole number, .* but got {got}.*Let "
    ):
        to_condition(value, "item 7 of Mine")


@pytest.mark.parametrize(
    ("condition_of", "item"),
    [
        (1, (PIXELS, 5)),
        (-1, [PIXELS, 4, 5]),
        ("label", {"image": PIXELS, "label": 5}),
        ("label", UserDict(image=PIXELS, label=5)),
        (lambda item: item[1] + 2, (PIXELS, 3)),
    ],
)
def test_a_place_a_key_and_a_function_find_the_condition(condition_of, item):
    assert find_condition(condition_of, item, "item") == 5


@pytest.mark.parametrize(
    ("condition_of", "item", "told"),
    [
        (7, (PIXELS, 5), "got 7 for item 0, which is a tuple of 2. Count from 0; what comes second is 1."),
        (1, (PIXELS,), "which is a tuple of 1. Count"),
        (1, PIXELS, r"which is a torch.uint8 \(1, 4, 4\). Let the data set's __getitem__ return"),
        (1, GREY, "which is an Image. Let the data set's __getitem__ return"),
        (1, {"image": GREY, "label": 1}, "which is a dict with the keys image, label. Give one of its keys, or"),
        (
            "lable",
            {"image": GREY, "label": 1},
            "got 'lable' for item 0, which is a dict with the keys image, label. Give",
        ),
        ("label", (PIXELS, 5), "got 'label' for item 0, which is a tuple of 2. Give the place"),
        ("label", GREY, "which is an Image. Let the data set's"),
    ],
)
def test_an_item_without_the_condition_is_described(condition_of, item, told):
    with pytest.raises(ValueError, match=f"Expected data.condition_of to tell .* {told}"):
        find_condition(condition_of, item, "item 0")


class Listed(Dataset):
    """Images whose every pixel is their index, with the given conditions."""

    def __init__(self, conditions):
        self.conditions, self.reads = conditions, 0

    def __len__(self):
        return len(self.conditions)

    def __getitem__(self, index):
        self.reads += 1
        return torch.full((1, 4, 4), index, dtype=torch.uint8), self.conditions[index]


@pytest.mark.parametrize(
    ("conditions", "first", "other"),
    [
        ([0, 1, 0.5], "a whole number", "a number"),
        ([[1.0, 2.0], [1.0, 2.0], [1.0]], r"floats \(2,\)", r"floats \(1,\)"),
        ([GREY, GREY, GREY.resize((4, 4))], r"an image \(1, 5, 6\)", r"an image \(1, 4, 4\)"),
        ([PIXELS, PIXELS, PIXELS.float()], r"an image \(1, 4, 4\)", r"floats \(1, 4, 4\)"),
    ],
)
def test_a_condition_unlike_the_first_is_refused_and_names_its_item(conditions, first, other):
    examples = Examples(Listed(conditions), None, 1)
    examples[1]
    with pytest.raises(ValueError, match=rf"the first item, {first}, but got {other} for item 2 of Listed\. Let"):
        examples[2]


def test_an_error_in_a_function_of_the_item_keeps_its_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError) as raised:
        cached_arrays(tmp_path / "a.npy", lambda: Listed([1, 0]), condition_of=lambda item: 1 // item[1])
    assert raised.traceback[-1].path.name == "test_item_conditions.py"
    assert list(tmp_path.iterdir()) == []


# On disk


def opened(path, conditions, **options):
    return cached_arrays(path, lambda: Listed(conditions), **{"condition_of": 1} | options)


@pytest.mark.parametrize(
    ("conditions", "dtype", "expected"),
    [
        ([3, 0, 2], np.int64, [3, 0, 2]),
        ([[0.5], [1.5], [2.5]], np.float32, [[0.5], [1.5], [2.5]]),
        ([PIXELS + k for k in range(3)], np.uint8, [(PIXELS + k).tolist() for k in range(3)]),
    ],
)
def test_conditions_are_kept_beside_the_images_row_by_row(conditions, dtype, expected, tmp_path):
    for _ in range(2):
        images, kept = opened(tmp_path / "a.npy", conditions)
        assert images[:, 0, 0, 0].tolist() == [0, 1, 2]
        assert (kept.dtype, kept.tolist()) == (dtype, expected)
        assert isinstance(kept, np.memmap)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.conditions.npy", "a.npy"]
    assert np.load(tmp_path / "a.conditions.npy").tolist() == expected


def test_without_conditions_the_file_of_images_is_as_before(tmp_path):
    images, conditions = opened(tmp_path / "a.npy", [1, 2], condition_of=None)
    assert conditions is None
    np.save(tmp_path / "b.npy", images)
    assert [path.name for path in tmp_path.iterdir() if path.name != "b.npy"] == ["a.npy"]
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


def test_images_of_an_earlier_version_are_decoded_once_more_where_conditions_are_asked_for(tmp_path):
    opened(tmp_path / "a.npy", [1, 2], condition_of=None)
    assert opened(tmp_path / "a.npy", [1, 2]).conditions.tolist() == [1, 2]
    again = cached_arrays(tmp_path / "a.npy", lambda: pytest.fail("decoded again"), condition_of=1)
    assert again.conditions.tolist() == [1, 2]


@pytest.mark.parametrize("kept_bytes", [0, 60, 130, -1, None])
@pytest.mark.parametrize("name", ["a.npy", "a.conditions.npy"])
def test_where_one_file_is_damaged_or_gone_both_are_written_again(name, kept_bytes, tmp_path):
    opened(tmp_path / "a.npy", [1, 2])
    path = tmp_path / name
    contents = path.read_bytes()[:kept_bytes]
    path.unlink()
    if kept_bytes is not None:
        path.write_bytes(contents)
    images, conditions = opened(tmp_path / "a.npy", [3, 4])
    assert (images[:, 0, 0, 0].tolist(), conditions.tolist()) == ([0, 1], [3, 4])


def test_files_of_different_readings_are_no_pair(tmp_path):
    """As a process leaves them that is killed when it has replaced one of two."""
    opened(tmp_path / "a.npy", [1, 2])
    opened(tmp_path / "b.npy", [3, 4])
    (tmp_path / "b.conditions.npy").replace(tmp_path / "a.conditions.npy")
    assert opened(tmp_path / "a.npy", [5, 6]).conditions.tolist() == [5, 6]


@pytest.mark.parametrize("array", [np.array(["a", "b"]), np.zeros(3, np.int64), np.int64(1), np.array([None, None])])
def test_a_file_of_other_things_than_conditions_is_written_again(array, tmp_path):
    opened(tmp_path / "a.npy", [1, 2])
    path = tmp_path / "a.conditions.npy"
    trailer = path.read_bytes()[-16:]
    np.save(path, array)
    path.write_bytes(path.read_bytes() + trailer)
    assert opened(tmp_path / "a.npy", [3, 4]).conditions.tolist() == [3, 4]


class Drawn(Dataset):
    """Images of a grey level that is drawn at every reading, and told."""

    def __len__(self):
        return 40

    def __getitem__(self, index):
        level = int(torch.randint(256, ()))
        return torch.full((1, 4, 4), level, dtype=torch.uint8), level


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_image_and_condition_come_from_one_reading_of_an_item(workers, tmp_path):
    images, levels = cached_arrays(tmp_path / "a.npy", Drawn, condition_of=1, num_workers=workers)
    assert images[:, 0, 0, 0].tolist() == levels.tolist()
    assert len(set(levels)) > 10


def test_every_item_but_the_first_is_read_once(tmp_path):
    listed = Listed([1, 2, 3])
    cached_arrays(tmp_path / "a.npy", lambda: listed, condition_of=1)
    assert listed.reads == 3 + 2


# Made of the images


def test_downscaled_gives_the_means_over_squares():
    pixels = torch.tensor([[[0, 2, 10, 10], [4, 6, 10, 11]]], dtype=torch.uint8)
    assert Downscaled(2)(pixels).tolist() == [[[3, 10]]]
    assert Downscaled(1)(pixels).equal(pixels)


def test_downscaled_by_what_does_not_divide_the_sides_is_refused():
    with pytest.raises(ValueError, match="Downscaled to divide the sides of the images, 4 x 4, but got 3. Choose"):
        Downscaled(3)(PIXELS)
    with pytest.raises(ValueError, match="Expected factor to be above 0, but got 0"):
        Downscaled(0)


def test_noise_has_the_given_width_and_depends_on_image_and_seed_alone():
    image, other = (torch.full((1, 64, 64), level, dtype=torch.uint8) for level in (128, 127))
    noise = (Noisy(0.2)(image).double() - 128) / 127.5
    assert noise.std().item() == pytest.approx(0.2, rel=0.05)
    assert Noisy(0.2)(image).equal(Noisy(0.2)(image))
    assert not Noisy(0.2, seed=1)(image).equal(Noisy(0.2)(image))
    assert not (Noisy(0.2)(other) + 1).equal(Noisy(0.2)(image))
    assert {0, 255} <= set(Noisy(2.0)(image).flatten().tolist())
    with pytest.raises(ValueError, match="Expected std to be above 0"):
        Noisy(0)


def test_a_degradation_sees_the_image_that_is_trained_on_and_a_function_the_item(tmp_path):
    class Photographs(Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return Image.new("RGB", (20 + index, 30), (index,) * 3), GREY

    class Shape(Degradation):
        def __call__(self, pixels):
            return list(pixels.shape)

    for condition_of, expected in [(Shape(), [3, 8, 8]), (lambda item: list(item[0].size), [20, 30])]:
        example = Examples(Photographs(), (8, 8), condition_of)[0]
        assert example[1].tolist() == expected
    pixels, condition = Examples(Photographs(), (8, 8), 1)[0]
    assert (pixels.shape, condition.shape) == ((3, 8, 8), (1, 5, 6)), "a condition of an image's own was resized"
