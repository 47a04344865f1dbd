"""Images as they are: rectangles, 16 bits, floats, several channels, in their own range of values."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from lit_wgan import WGAN, ImageData
from lit_wgan.data.folders import folder
from lit_wgan.data.image_minibatches import rows_of
from lit_wgan.data.image_reading import read_image
from lit_wgan.data.images import open_images
from lit_wgan.data.pixels import Pixels, to_image
from lit_wgan.data.resizing import crop_and_resize
from lit_wgan.data.transforms import PixelRange, restored_transform
from lit_wgan.data.value_range import ValueRange
from lit_wgan.evaluation.image_sets import open_image_set
from lit_wgan.evaluation.options import EvaluationOptions
from lit_wgan.evaluation.trained import with_training_set

tifffile = pytest.importorskip("tifffile")
RANDOM = np.random.default_rng(0)


def numbers(*shape: int, dtype: str = "uint16") -> np.ndarray:
    return (RANDOM.random(shape) * (65535 if dtype == "uint16" else 255 if dtype == "uint8" else 1)).astype(dtype)


def saved(path: Path, array: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".tif":
        colours = array.ndim == 3 and array.shape[-1] in (3, 4)
        tifffile.imwrite(path, array, photometric="rgb" if colours else "minisblack")
    else:
        Image.fromarray(array).save(path)
    return path


def opened(folder: Path, train: bool = True, image_size=None, **options) -> np.ndarray:
    cache = folder.parent / "cache"
    return open_images("folder", folder, train=train, image_size=image_size, cache_dir=cache, **options)


def data_of(folder: Path, **options) -> ImageData:
    return ImageData("folder", str(folder), cache_dir=str(folder.parent / "cache"), batch_size=4, **options)


# Rectangles


def test_a_rectangle_is_the_largest_centred_part_of_its_ratio():
    image = torch.arange(100, dtype=torch.uint8).expand(1, 80, 100)
    assert torch.equal(crop_and_resize(image, (80, 40)), image[:, :, 30:70])
    assert torch.equal(crop_and_resize(image, (20, 100)), image[:, 30:50])


def test_images_become_rectangles_and_the_data_tell_their_size(tmp_path):
    for number in range(4):
        saved(tmp_path / "photos" / f"{number}.png", numbers(8, 10, 3, dtype="uint8"))
    data = data_of(tmp_path / "photos", image_size=[4, 5])
    data.prepare_data()
    assert data.sizes() == {"image_size": [4, 5], "channels": 3, "data_shape": [3, 4, 5]}
    data.setup("fit")
    assert data.images[True].shape == (3, 3, 4, 5)
    assert data.transform is None
    assert any("-4x5-" in path.name for path in (tmp_path / "cache").iterdir())


@pytest.mark.parametrize("size", [[4], [4, 5, 6], [0, 5], []])
def test_sizes_that_are_no_height_and_width_are_refused(size, tmp_path):
    with pytest.raises(ValueError, match=r"Expected data\.image_size to be positive or null, but got .*height and"):
        open_images("digits", tmp_path, train=True, image_size=size, cache_dir=tmp_path)


def test_classes_and_conditions_of_images_tell_their_sizes(tmp_path):
    pairs = [(numbers(4, 4, dtype="uint8"), number % 3) for number in range(20)]
    data = ImageData(pairs, cache_dir=str(tmp_path), condition_of=1)
    assert data.sizes()["num_classes"] == 3
    vectors = [(image, [0.5, number]) for image, number in pairs]
    sizes = ImageData(vectors, cache_dir=str(tmp_path), condition_of=1).sizes()
    assert (sizes["condition_dim"], sizes["shape"]) == (2, [2])
    small = [(image, image[None, :2, :2]) for image, _ in pairs]
    assert ImageData(small, cache_dir=str(tmp_path), condition_of=1).sizes()["condition_channels"] == 1


# Files


@pytest.mark.parametrize(
    ("name", "shape", "dtype"),
    [
        ("a.png", (5, 6), "uint16"),
        ("a.tif", (5, 6), "uint16"),
        ("a.tif", (5, 6), "float32"),
        ("a.tif", (5, 6), "float64"),
        ("a.tif", (7, 5, 6), "uint16"),  # pages
        ("a.tif", (2, 5, 6), "float32"),
        ("a.tif", (7, 5, 6), "uint8"),
        ("a.npy", (5, 6), "float32"),
        ("a.npy", (2, 5, 6), "uint16"),
    ],
)
def test_files_keep_their_values_type_and_channels(name, shape, dtype, tmp_path):
    stored = numbers(*shape, dtype=dtype)
    read = to_image(read_image(saved(tmp_path / name, stored), grey=True), values=ValueRange(keeps_floats=True))
    assert read.dtype == getattr(torch, "float32" if dtype == "float64" else dtype)
    assert np.array_equal(read.numpy(), stored.reshape(-1, 5, 6).astype(dtype).astype(read.numpy().dtype))


@pytest.mark.parametrize(
    ("name", "channels", "dtype"),
    [
        ("a.tif", 3, "uint16"),
        ("a.tif", 3, "float32"),
        ("a.tif", 4, "uint16"),
        ("a.npy", 2, "uint16"),
        ("a.npy", 5, "float32"),
    ],
)
def test_channels_may_be_last(name, channels, dtype, tmp_path):
    stored = numbers(11, 12, channels, dtype=dtype)
    read = to_image(read_image(saved(tmp_path / name, stored), grey=True), values=ValueRange(keeps_floats=True))
    assert np.array_equal(read.permute(1, 2, 0).numpy(), stored)


def test_a_png_of_16_bits_keeps_its_colours(tmp_path):
    import struct
    import zlib

    stored = numbers(4, 5, 3)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in stored)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">2I5B", 5, 4, 16, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    assert np.array_equal(read_image(tmp_path / "a.png", grey=True).permute(1, 2, 0), stored)


def test_whole_numbers_with_a_sign_are_floats_in_the_range_that_is_asked_for(tmp_path):
    stored = np.array([[-1000, 3000], [0, 7]], np.int16)
    read = read_image(saved(tmp_path / "a.tif", stored), grey=True)
    kept = to_image(read, values=ValueRange((-1024, 3071)))
    assert (kept.dtype, kept.tolist()) == (torch.float32, [stored.tolist()])


def test_a_thumbnail_is_no_channel(tmp_path):
    stored = numbers(8, 8)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(stored)
        file.write(numbers(2, 2), subfiletype=1)
    assert np.array_equal(read_image(tmp_path / "a.tif", grey=True)[0], stored)


def test_arrays_are_images_where_there_are_no_others(tmp_path):
    for number in range(3):
        saved(tmp_path / "arrays" / f"{number}.npy", numbers(5, 6))
        saved(tmp_path / "both" / f"{number}.npy", numbers(5, 6))
    saved(tmp_path / "both" / "a.png", numbers(5, 6, dtype="uint8"))
    saved(tmp_path / "both" / "b.png", numbers(5, 6, dtype="uint8"))
    assert opened(tmp_path / "arrays").shape == (2, 1, 5, 6)
    assert folder(tmp_path / "both", train=True, download=False).open().files == ["b.png"]


# Values


def test_floats_of_a_data_set_stand_for_bytes_and_keep_their_values_in_a_range(tmp_path):
    images = [numbers(4, 4, dtype="float32") for _ in range(4)]
    options = {"root": tmp_path, "train": True, "image_size": None, "cache_dir": tmp_path}
    assert open_images(images, **options).dtype == np.uint8
    kept = open_images(images, value_range=[0, 1], **options)
    assert kept.dtype == np.float32
    assert any(np.array_equal(kept[0, 0], image) for image in images)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_resizing_averages_without_leaving_the_range(dtype):
    high = 65535 if dtype == "uint16" else 1.0
    edges = torch.from_numpy(np.kron(np.indices((4, 4)).sum(0) % 2, np.ones((8, 8))).astype(dtype) * high)[None]
    small = crop_and_resize(edges.expand(5, -1, -1), (10, 10), (0, high)).float()
    assert (small.amin(), small.amax()) == (0, high)
    assert small.mean() == pytest.approx(high / 2, rel=0.02)
    assert crop_and_resize(edges, (10, 10), (0, high)).dtype == edges.dtype


@pytest.mark.parametrize(
    ("array", "options", "got"),
    [
        (np.full((3, 3), 2.5, np.float32), {}, r"\[0, 1\], but got values from 2\.5 to 2\.5.*value_range \[0,2\.5\]"),
        (np.full((3, 3), 5000, np.uint16), {"value_range": [0, 4095]}, r"\[0, 4095\], but got .* to 5000"),
        (np.array([[1, np.nan]], np.float32), {}, r"finite values, but got 1 of 2 that are nan"),
        (np.full((2, 2), -3, np.int16), {}, r"\[0, 1\], but got values from -3 to -3"),
    ],
)
def test_values_outside_the_range_are_refused_by_the_name_of_the_file(array, options, got, tmp_path):
    for number in range(3):
        saved(tmp_path / "data" / f"{number}.npy", array)
    with pytest.raises(ValueError, match=rf"Expected .*\.npy to hold .*{got}"):
        opened(tmp_path / "data", **options)


@pytest.mark.parametrize("bounds", [[1, 0], [0], [0, float("inf")], [3, 3]])
def test_a_range_is_two_numbers_the_smaller_one_first(bounds):
    with pytest.raises(ValueError, match=r"Expected data\.value_range to be two numbers, the smaller one first"):
        ImageData(value_range=bounds)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.write_bytes(b"II*\0 and no more"), r"Expected .*2\.tif to be an image that can be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:60]), r"Expected .*2\.tif to be an image that can be read"),
        (lambda path: saved(path, numbers(2, 5, 5)), r"first, \(1, 4, 4\), but got \(2, 5, 5\) for .*2\.tif"),
        (
            lambda path: saved(path, numbers(4, 4, dtype="float32")),
            r"16 bits a channel, as .* but got floats for .*2\.tif",
        ),
    ],
)
def test_a_file_that_is_unlike_the_others_is_named(spoil, message, tmp_path):
    for number in range(4):
        saved(tmp_path / "data" / f"{number}.tif", numbers(4, 4))
    spoil(tmp_path / "data" / "2.tif")
    with pytest.raises(ValueError, match=message):
        data_of(tmp_path / "data").prepare_data()


def test_pages_that_differ_are_refused_by_their_number(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(numbers(4, 4))
        file.write(numbers(4, 5))
    with pytest.raises(ValueError, match=r"Expected the pages of .*a\.tif to be alike.* page 2 is uint16 \(1, 4, 5\)"):
        read_image(tmp_path / "a.tif", grey=True)


@pytest.mark.parametrize("array", [numbers(2, 3, 4, 5), np.array(["a"]), np.zeros((2, 2), complex)])
def test_an_array_file_that_is_no_image_is_named(array, tmp_path):
    with pytest.raises(ValueError, match=r"Expected .*a\.npy to hold the numbers of one image.*ArrayData"):
        read_image(saved(tmp_path / "a.npy", array), grey=True)


def test_without_tifffile_the_package_is_named(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.tif", numbers(4, 4, 3))
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(ValueError, match=r'pip install "lit-wgan\[arrays\]"'):
        read_image(path, grey=True)


# Units


class Constant(nn.Module):
    """Makes images of one level, in the networks' units."""

    def __init__(self, level: float, shape: tuple[int, ...]):
        super().__init__()
        self.level, self.shape = nn.Parameter(torch.tensor(level)), shape

    def forward(self, z):
        return self.level.expand(len(z), *self.shape)


@pytest.mark.parametrize(("options", "high"), [({}, 65535), ({"value_range": [0, 131070]}, 131070)])
def test_images_of_16_bits_are_trained_on_as_minus_one_to_one_and_sampled_in_their_own_units(
    options, high, tmp_path, trainer
):
    for number in range(12):
        saved(tmp_path / "data" / f"{number:02}.tif", np.full((2, 5, 5), 5000 * number, np.uint16))
    data = data_of(tmp_path / "data", horizontal_flip=True, **options)
    system = WGAN(Constant(0.0, (2, 5, 5)), nn.Sequential(nn.Flatten(), nn.Linear(50, 1), nn.Flatten(0)), latent_dim=1)
    trainer(max_steps=1).fit(system, datamodule=data)
    real = data.real_samples(5, train=True).real
    assert (real.dtype, set((real % 5000).flatten().tolist())) == (torch.float32, {0.0})
    batch = data.on_after_batch_transfer(next(iter(data.val_dataloader())), 0)
    assert torch.equal(system.transform.inverse(batch.real).round() % 5000, torch.zeros(batch.real.shape))
    assert batch.real.abs().max() <= 1
    nn.init.constant_(system.generator.level, 1.0)
    assert system.sample(slice(2)).unique().tolist() == [high]
    assert isinstance(restored_transform(system.transform.state()), PixelRange)
    assert restored_transform(system.transform.state()).kind() == ["pixel_range", "uint16", 0, high]


def test_dequantising_is_of_bytes(tmp_path):
    for number in range(3):
        saved(tmp_path / "data" / f"{number}.tif", numbers(4, 4))
    data = data_of(tmp_path / "data", dequantise=True)
    with pytest.raises(ValueError, match=r"Expected images of 8 bits .* for data\.dequantise, but got uint16"):
        data.setup("fit")


def test_rows_of_16_bits_are_taken_as_bits():
    array = torch.from_numpy(numbers(5, 2))
    assert torch.equal(rows_of(array, torch.tensor([4, 0])), torch.stack([array[4], array[0]]))


def test_fidelity_of_other_images_than_bytes_is_refused_with_what_to_do(tmp_path):
    for number in range(3):
        saved(tmp_path / "data" / f"{number}.tif", numbers(4, 4))
    with pytest.raises(ValueError, match=r"reference to hold images of 8 bits .* 16 bits a channel in .*0\.tif"):
        open_image_set(tmp_path / "data")
    data = data_of(tmp_path / "data")
    data.setup("fit")
    with pytest.raises(ValueError, match=r"Expected a training set of 8-bit images .* but got uint16\..*ExactW1"):
        with_training_set(EvaluationOptions(), data, lambda: None)


def test_images_of_floats_are_pixels_of_a_data_set_of_any_number_of_channels():
    images = [torch.rand(6, 5, 7) * 4 - 2 for _ in range(3)]
    pixels = Pixels(images, (5, 5), values=ValueRange((-2, 2)))
    assert torch.equal(pixels[1], images[1][:, :, 1:6])
