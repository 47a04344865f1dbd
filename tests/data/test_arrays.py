from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset, Subset

from lit_wgan.data.arrays import Pixels, cached_array, to_pixels, to_square


class Counted(Dataset[Tensor]):
    """Images whose every pixel is their index; counts how often it is read and may fail or call back at an index."""

    def __init__(self, count=5, shape=(3, 4, 6), at=None, then=None):
        self.count, self.shape, self.at, self.then, self.reads = count, shape, at, then, 0

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        self.reads += 1
        if index == self.at:
            self.then()
        return torch.full(self.shape, index, dtype=torch.uint8)


def interrupt():
    raise KeyboardInterrupt


def random_image(mode, size=(9, 7)):
    bands = len(Image.new(mode, size).getbands())
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], bands), np.uint8)
    return Image.fromarray(values.squeeze(), mode) if bands == 1 else Image.fromarray(values)


def test_array_holds_every_image_in_order(tmp_path):
    array = cached_array(tmp_path / "a.npy", lambda: Counted(70))
    assert array.shape == (70, 3, 4, 6)
    assert array.dtype == np.uint8
    assert (array == np.arange(70)[:, None, None, None]).all()


def test_array_is_memory_mapped_and_read_only(tmp_path):
    array = cached_array(tmp_path / "a.npy", Counted)
    assert isinstance(array, np.memmap)
    assert not array.flags.writeable


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_worker_processes_give_the_same_array(tmp_path):
    alone = cached_array(tmp_path / "a.npy", lambda: Counted(40))
    helped = cached_array(tmp_path / "b.npy", lambda: Counted(40), num_workers=1)
    assert np.array_equal(alone, helped)


def test_second_call_does_not_open_the_dataset(tmp_path):
    first = cached_array(tmp_path / "a.npy", Counted)
    second = cached_array(tmp_path / "a.npy", lambda: pytest.fail("the dataset was opened again"))
    assert np.array_equal(first, second)


def test_each_image_but_the_first_is_read_once(tmp_path):
    dataset = Counted(5)
    cached_array(tmp_path / "a.npy", lambda: dataset)
    assert dataset.reads == 6


@pytest.mark.parametrize("kept_bytes", [0, 5, 60, 200])
def test_damaged_file_is_written_again(tmp_path, kept_bytes):
    path = tmp_path / "a.npy"
    whole = np.array(cached_array(path, Counted))
    path.write_bytes(path.read_bytes()[:kept_bytes])
    assert np.array_equal(cached_array(path, Counted), whole)


def test_file_of_another_kind_is_written_again(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(b"PK not an array at all" * 20)
    assert cached_array(path, Counted).shape == (5, 3, 4, 6)


def test_interrupted_write_leaves_nothing_behind(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        cached_array(tmp_path / "a.npy", lambda: Counted(at=3, then=interrupt))
    assert list(tmp_path.iterdir()) == []


def test_interrupted_rewrite_leaves_the_other_files_alone(tmp_path):
    other = cached_array(tmp_path / "b.npy", Counted)
    with pytest.raises(KeyboardInterrupt):
        cached_array(tmp_path / "a.npy", lambda: Counted(at=3, then=interrupt))
    assert [path.name for path in tmp_path.iterdir()] == ["b.npy"]
    assert np.array_equal(other, cached_array(tmp_path / "b.npy", Counted))


def test_two_writers_at_once_both_get_a_whole_array(tmp_path):
    path, inner = tmp_path / "a.npy", []
    outer = cached_array(path, lambda: Counted(at=3, then=lambda: inner.append(cached_array(path, Counted))))
    assert np.array_equal(outer, inner[0])
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]


def test_global_random_state_does_not_depend_on_the_cache(tmp_path):
    before = torch.get_rng_state()
    cached_array(tmp_path / "a.npy", lambda: Counted(at=3, then=lambda: torch.rand(7)))
    assert torch.equal(torch.get_rng_state(), before)


def test_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"Expected data\.cache_dir .* but got .*file/cache .*--data\.cache_dir"):
        cached_array(tmp_path / "file" / "cache" / "a.npy", Counted)


def test_images_of_mixed_size_are_refused_by_index():
    images = [torch.zeros(3, 4, 4, dtype=torch.uint8), torch.zeros(3, 5, 4, dtype=torch.uint8)]
    with pytest.raises(
        ValueError, match=r"first, \(3, 4, 4\), but got \(3, 5, 4\) for item 1 of list.*--data\.image_size"
    ):
        Pixels(images, None)[1]
    assert Pixels(images, 4)[1].shape == (3, 4, 4)


def test_images_of_mixed_channels_are_refused():
    images = [torch.zeros(3, 4, 4, dtype=torch.uint8), torch.zeros(1, 4, 4, dtype=torch.uint8)]
    with pytest.raises(
        ValueError, match=r"but got \(1, 4, 4\) for item 1 of list\. Give all the same number of channels"
    ):
        Pixels(images, 4)[1]


def test_items_of_a_subset_are_named_by_their_place_in_the_whole():
    whole = Counted(9, at=7, then=None)
    whole.then = lambda: setattr(whole, "shape", (3, 1, 1))
    with pytest.raises(ValueError, match="item 7 of Counted"):
        Pixels(Subset(whole, [2, 7]), None)[1]


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 3), ("LA", 3), ("P", 3), ("CMYK", 3)])
def test_pillow_modes_become_grey_or_colour(mode, channels):
    pixels = to_pixels(Image.new(mode, (6, 4)))
    assert pixels.shape == (channels, 4, 6)
    assert pixels.dtype == torch.uint8


def test_pillow_pixels_keep_their_values():
    image = random_image("RGB")
    assert np.array_equal(to_pixels(image).permute(1, 2, 0), np.asarray(image))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_floats_of_grey_levels_give_the_grey_levels_back(dtype):
    levels = torch.arange(256)
    assert torch.equal(to_pixels((levels.double() / 255).to(dtype).view(1, 16, 16)).flatten(), levels.byte())


def test_floats_round_half_up():
    assert to_pixels(torch.tensor([[0.0, 0.5, 1.0]])).tolist() == [[[0, 128, 255]]]


@pytest.mark.parametrize("wrap", [lambda image: (image, 7), lambda image: [image], lambda image: image])
def test_item_may_be_a_tuple_that_begins_with_the_image(wrap):
    assert to_pixels(wrap(torch.ones(4, 6, dtype=torch.uint8))).shape == (1, 4, 6)


@pytest.mark.parametrize(
    ("item", "got"),
    [
        (np.zeros((4, 4), np.uint8), "ndarray"),
        ("picture.png", "str"),
        ((), "tuple"),
        (torch.zeros(4, dtype=torch.uint8), r"torch\.uint8 \(4,\)"),
        (torch.zeros(3, 4, 4, dtype=torch.int64), r"torch\.int64 \(3, 4, 4\)"),
    ],
)
def test_items_that_are_no_images_are_refused(item, got):
    with pytest.raises(ValueError, match=rf"Expected item 3 to be a PIL image.* but got {got}\. Return one of these"):
        to_pixels(item, "item 3")


@pytest.mark.parametrize("values", [[-1.0, 1.0], [0.0, 255.0], [0.0, float("nan")]])
def test_floats_outside_the_unit_interval_are_refused(values):
    with pytest.raises(ValueError, match=r"Expected item 3 to hold floats in \[0, 1\], but got .*\(x \+ 1\) / 2"):
        to_pixels(torch.tensor([values]), "item 3")


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_images_of_more_than_8_bits_are_refused(mode):
    with pytest.raises(ValueError, match=rf"Expected item 3 to have 8 bits a channel, but got Pillow's mode {mode}"):
        to_pixels(Image.new(mode, (2, 2)), "item 3")


def test_square_of_the_same_size_is_the_image_itself():
    image = to_pixels(random_image("RGB", (8, 8)))
    assert torch.equal(to_square(image, 8), image)


@pytest.mark.parametrize("image_size", [5, 16, 40])
def test_square_is_the_centre_resized_by_pillows_bicubic(image_size):
    image = random_image("RGB", (31, 21))
    expected = image.crop((5, 0, 26, 21)).resize((image_size, image_size), Image.Resampling.BICUBIC)
    difference = to_square(to_pixels(image), image_size).int() - to_pixels(expected).int()
    assert difference.abs().max() <= 1


def test_square_of_celeba_is_its_middle_178_rows():
    image = torch.arange(218, dtype=torch.uint8).view(1, 218, 1).expand(3, 218, 178)
    assert torch.equal(to_square(image, 178), image[:, 20:198])


def test_paths_may_lie_in_folders_yet_to_be_made(tmp_path: Path):
    assert len(cached_array(tmp_path / "new" / "er" / "a.npy", Counted)) == 5
