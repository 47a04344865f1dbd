import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Subset

from lit_wgan.data.pixels import Pixels, to_pixels
from lit_wgan.data.resizing import crop_and_resize


def random_image(mode, size=(9, 7)):
    bands = len(Image.new(mode, size).getbands())
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], bands), np.uint8)
    return Image.fromarray(values.squeeze(), mode) if bands == 1 else Image.fromarray(values)


def test_images_of_mixed_size_are_refused_by_index():
    images = [torch.zeros(3, 4, 4, dtype=torch.uint8), torch.zeros(3, 5, 4, dtype=torch.uint8)]
    with pytest.raises(
        ValueError, match=r"first, \(3, 4, 4\), but got \(3, 5, 4\) for item 1 of list.*--data\.image_size"
    ):
        Pixels(images, None)[1]
    assert Pixels(images, (4, 4))[1].shape == (3, 4, 4)


def test_images_of_mixed_channels_are_refused():
    images = [torch.zeros(3, 4, 4, dtype=torch.uint8), torch.zeros(1, 4, 4, dtype=torch.uint8)]
    with pytest.raises(
        ValueError, match=r"but got \(1, 4, 4\) for item 1 of list\. Give all the same number of channels"
    ):
        Pixels(images, (4, 4))[1]


def test_items_of_a_subset_are_named_by_their_place_in_the_whole():
    whole = [torch.zeros(3, 4, 4, dtype=torch.uint8)] * 7 + [torch.zeros(3, 1, 1, dtype=torch.uint8)]
    with pytest.raises(ValueError, match="item 7 of list"):
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
        (np.zeros((4, 4), np.int16), r"torch\.int16 \(4, 4\)"),
        (np.zeros((4, 4), "U1"), r"<U1 \(4, 4\)"),
        ({"picture": np.zeros((4, 4), np.uint8)}, "dict with the keys picture"),
        ("picture.png", "str"),
        ((), "tuple"),
        (torch.zeros(4, dtype=torch.uint8), r"torch\.uint8 \(4,\)"),
        (torch.zeros(3, 0, 4), r"torch\.float32 \(3, 0, 4\)"),
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
    assert torch.equal(crop_and_resize(image, (8, 8)), image)


@pytest.mark.parametrize("image_size", [5, 16, 40])
def test_square_is_the_centre_resized_by_pillows_bicubic(image_size):
    image = random_image("RGB", (31, 21))
    expected = image.crop((5, 0, 26, 21)).resize((image_size, image_size), Image.Resampling.BICUBIC)
    difference = crop_and_resize(to_pixels(image), (image_size, image_size)).int() - to_pixels(expected).int()
    assert difference.abs().max() <= 1


def test_square_of_celeba_is_its_middle_178_rows():
    image = torch.arange(218, dtype=torch.uint8).view(1, 218, 1).expand(3, 218, 178)
    assert torch.equal(crop_and_resize(image, (178, 178)), image[:, 20:198])


@pytest.mark.parametrize("channels", [1, 3])
def test_arrays_have_their_channels_last_or_first(channels):
    last = np.random.RandomState(0).randint(0, 256, (6, 5, channels), dtype=np.uint8)
    expected = torch.from_numpy(last).permute(2, 0, 1)
    for array in (last, last.transpose(2, 0, 1), last.astype(np.float32) / 255, last[:, ::-1].copy()[:, ::-1]):
        assert torch.equal(to_pixels(array), expected)
        assert torch.equal(to_pixels({"image": array, "label": 3}), expected)
        assert torch.equal(to_pixels({"x": 0.5, "image": array}), expected)
        assert torch.equal(to_pixels({"pixel_values": array, "label": 3}), expected)
    assert torch.equal(to_pixels(last[..., 0]), expected[:1])
    assert torch.equal(to_pixels(np.asarray(Image.fromarray(last[..., 0]))), expected[:1]), "a read-only array"


def test_a_pillow_image_is_turned_as_its_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its left side
    Image.new("RGB", (6, 4)).save(tmp_path / "a.jpg", exif=exif)
    with Image.open(tmp_path / "a.jpg") as image:
        assert to_pixels(image).shape == (3, 6, 4)
        assert to_pixels(image.convert("RGB")).shape == (3, 6, 4), "converted images carry the mark too"
