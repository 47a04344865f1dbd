"""Folders as people have them: phone pictures, many formats, links, parts by other names, broken files."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from lit_wgan.data import image_files as image_files_module
from lit_wgan.data.folder_files import describe_passed_over, find_images
from lit_wgan.data.folder_parts import kind_of
from lit_wgan.data.folders import FolderImages, all_grey, folder, image_files
from lit_wgan.data.image_files import suffixes
from lit_wgan.data.images import open_images
from lit_wgan.data.pixels import Pixels
from lit_wgan.engine.notices import tell_once
from lit_wgan.evaluation.image_sets import open_image_set

ORIENTATION = 0x0112


def save(path: Path, image: Image.Image | None = None, **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or Image.new("RGB", (4, 4))).save(path, **options)


def half_white(mode: str = "RGB") -> Image.Image:
    """An image 6 wide and 4 high, whose left half is white."""
    image = Image.new(mode, (6, 4))
    image.paste("white", (0, 0, 3, 4))
    return image


def files_of(source) -> list[str]:
    return list(source.open().files)


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """The lines that are told."""
    lines: list[str] = []
    monkeypatch.setattr("lit_wgan.engine.notices.rank_zero_info", lines.append)
    tell_once.cache_clear()
    return lines


# Pixels


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_images_stand_upright_in_training_and_evaluation_alike(suffix, tmp_path):
    stored = half_white().rotate(90, expand=True)
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the top of what is seen is on the right of what is stored
    save(tmp_path / f"a{suffix}", stored, exif=exif, quality=100)
    trained = Pixels(FolderImages(tmp_path, [f"a{suffix}"], grey=False), None)[0]
    assert trained.shape == (3, 4, 6)
    assert trained[:, :, :2].float().mean() > 200
    assert trained[:, :, 4:].float().mean() < 50
    assert torch.equal(open_image_set(tmp_path).images[0], trained)


def test_damaged_exif_data_do_not_spoil_the_image(tmp_path):
    save(tmp_path / "a.jpg", half_white(), exif=b"Exif\0\0no TIFF at all")
    assert Pixels(FolderImages(tmp_path, ["a.jpg"], grey=False), None)[0].shape == (3, 4, 6)


@pytest.mark.parametrize(
    ("name", "mode", "channels"),
    [
        ("a.png", "1", 1),
        ("a.png", "L", 1),
        ("a.png", "LA", 3),
        ("a.png", "P", 3),
        ("a.tif", "CMYK", 3),
        ("a.gif", "RGB", 3),
    ],
)
def test_modes_become_grey_or_colour(name, mode, channels, tmp_path):
    save(tmp_path / name, half_white("RGB" if mode in ("RGB", "CMYK") else "L").convert(mode))
    pixels = Pixels(FolderImages(tmp_path, [name], grey=all_grey(tmp_path, [name])), None)[0]
    assert pixels.shape == (channels, 4, 6)
    assert (pixels[:, :, 0] > 250).all()
    assert (pixels[:, :, 5] < 5).all()


def test_a_palette_with_transparency_keeps_its_colours(tmp_path):
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 200, 100, 50])
    save(tmp_path / "a.png", image, transparency=1)
    pixels = Pixels(FolderImages(tmp_path, ["a.png"], grey=False), None)[0]
    assert pixels[:, 0, 0].tolist() == [200, 100, 50]


def test_16_bits_among_8_are_refused_by_the_name_of_the_file(tmp_path):
    save(tmp_path / "a.png", half_white("L"))
    save(tmp_path / "b.png", Image.fromarray(np.full((4, 6), 40_000, np.uint16)))
    images = Pixels(FolderImages(tmp_path, ["a.png", "b.png"], grey=True), None)
    with pytest.raises(ValueError, match=r"8 bits a channel, as .*a\.png has, but got 16 bits a channel for .*b\.png"):
        _ = images[1]


def test_the_first_picture_of_an_animation_is_taken(tmp_path):
    frames = [Image.new("L", (4, 4), level) for level in (10, 200)]
    save(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert Pixels(FolderImages(tmp_path, ["a.gif"], grey=False), None)[0].unique().tolist() == [10]


# Which files


def test_every_format_that_is_read_is_found_by_its_endings(tmp_path):
    expected = {".jpg", ".JPEG", ".jfif", ".png", ".gif", ".bmp", ".tif", ".TIFF", ".webp", ".jp2", ".avif", ".pgm"}
    expected = {suffix for suffix in expected if suffix.lower() in suffixes()}
    assert len(expected) >= 10
    for number, suffix in enumerate(sorted(expected)):
        save(tmp_path / f"{number:02}{suffix}", Image.new("L", (16, 16), 100).convert("RGB"))
    images = open_image_set(tmp_path).images
    assert len(images) == len(expected)
    assert all(abs(images[index].float() - 100).max() < 10 for index in range(len(images)))


def test_what_is_passed_over_is_told_in_one_line_without_hidden_files(tmp_path, told):
    save(tmp_path / "a.png")
    for name in ("b.heic", "c.HEIC", "labels.csv", "README", ".hidden.png", "__MACOSX/._a.png", "@eaDir/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "gone.png").symlink_to("nowhere.png")
    os.mkfifo(tmp_path / "pipe.png")
    for _ in range(2):
        assert image_files(tmp_path) == ["a.png"]
    (line,) = told
    assert line.startswith(f"Passed over under {tmp_path}: 2 .heic, 1 ")
    assert set(line.rpartition(": ")[2].rstrip(".").split(", ")[1:]) == {
        "1 .csv",
        "1 without an ending",
        "1 links that lead nowhere",
        "1 special files",
    }


def test_kinds_of_files_beyond_the_most_frequent_are_added_up(tmp_path):
    for number in range(11):
        (tmp_path / f"a.k{number}").touch()
    (tmp_path / "b.k0").touch()
    told = describe_passed_over(find_images(tmp_path).passed_over)
    assert told.startswith("2 .k0, 1 .k")
    assert told.endswith(", 3 of other kinds")


def test_heif_is_read_where_the_package_for_it_is_installed(monkeypatch):
    registered = []
    plugin = SimpleNamespace(register_heif_opener=lambda: registered.append(True))
    monkeypatch.setitem(sys.modules, "pillow_heif", plugin)
    image_files_module._load_formats.cache_clear()
    image_files_module._load_formats()
    assert registered


def test_a_folder_without_images_says_what_it_holds_instead(tmp_path):
    (tmp_path / "a.heic").touch()
    with pytest.raises(FileNotFoundError, match=r"but got none under .* \(1 \.heic\)\. Point"):
        image_files(tmp_path)


def test_a_folder_that_cannot_be_read_is_counted(tmp_path, monkeypatch):
    save(tmp_path / "a.png")
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    files, passed_over = find_images(tmp_path)
    assert (files, describe_passed_over(passed_over)) == (["a.png"], "1 folders that cannot be read")


def test_links_to_the_own_folder_and_its_parent_end_and_repeat_nothing(tmp_path):
    for number in range(3):
        save(tmp_path / "photos" / "cats" / f"{number}.png")
    (tmp_path / "photos" / "again").symlink_to(tmp_path / "photos")
    (tmp_path / "photos" / "cats" / "up").symlink_to(tmp_path / "photos")
    (tmp_path / "photos" / "cats" / "self").symlink_to(tmp_path / "photos" / "cats")
    (tmp_path / "photos" / "dogs").symlink_to(tmp_path / "photos" / "cats")
    files, passed_over = find_images(tmp_path / "photos")
    assert files == [f"cats/{number}.png" for number in range(3)]
    assert describe_passed_over(passed_over) == "4 links to folders that count already"


def test_links_to_a_file_count_once(tmp_path):
    save(tmp_path / "z" / "a.png")
    (tmp_path / "soft.png").symlink_to(tmp_path / "z" / "a.png")
    (tmp_path / "y").mkdir()
    (tmp_path / "y" / "hard.png").hardlink_to(tmp_path / "z" / "a.png")
    files, passed_over = find_images(tmp_path)
    assert len(files) == 1
    assert describe_passed_over(passed_over) == "2 links to files that count already"


def test_links_to_what_lies_elsewhere_are_followed(tmp_path):
    save(tmp_path / "elsewhere" / "cats" / "a.png")
    save(tmp_path / "elsewhere" / "b.png")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cats").symlink_to(tmp_path / "elsewhere" / "cats")
    (tmp_path / "photos" / "b.png").symlink_to(tmp_path / "elsewhere" / "b.png")
    assert find_images(tmp_path / "photos").files == ["b.png", "cats/a.png"]


def test_nothing_below_the_folder_cache_is_a_training_image(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "cats" / "cache" / "b.png")
    save(tmp_path / "cache" / "c.png")
    assert find_images(tmp_path).files == ["a.png", "cats/cache/b.png"]


@pytest.mark.parametrize("name", [b"a\xff.png", b"a\nb.png", "ä 'b'.PNG".encode()])
def test_names_may_be_any_bytes(name, tmp_path):
    for number in range(2):
        save(tmp_path / f"{number}.png")
    os.rename(os.fsencode(tmp_path / "0.png"), os.path.join(os.fsencode(tmp_path), name))
    parts = [open_images("folder", tmp_path, train=p, image_size=None, cache_dir=tmp_path / "c") for p in (True, False)]
    assert [len(part) for part in parts] == [1, 1]
    assert len(open_image_set(tmp_path).images) == 2


@pytest.mark.parametrize(
    ("contents", "reason"),
    [(b"", "UnidentifiedImageError"), (b"no image", "UnidentifiedImageError"), (None, "truncated")],
)
def test_a_file_that_cannot_be_read_is_named(contents, reason, tmp_path):
    save(tmp_path / "a.jpg", Image.effect_noise((64, 64), 99))
    broken = (tmp_path / "a.jpg").read_bytes()[:1500] if contents is None else contents
    (tmp_path / "a.jpg").write_bytes(broken)
    with pytest.raises(ValueError, match=rf"Expected .*a\.jpg to be an image that can be read, .*{reason}"):
        Pixels(FolderImages(tmp_path, ["a.jpg"], grey=False), None)


def test_an_image_too_large_to_be_decoded_is_named(tmp_path, monkeypatch):
    save(tmp_path / "a.png", Image.new("L", (40, 40)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ValueError, match=r"Expected .*a\.png to be an image that can be read, .*DecompressionBomb"):
        Pixels(FolderImages(tmp_path, ["a.png"], grey=False), None)


def test_images_of_one_pixel_are_enlarged(tmp_path):
    save(tmp_path / "a.png", Image.new("RGB", (1, 1), (1, 2, 3)))
    pixels = Pixels(FolderImages(tmp_path, ["a.png"], grey=False), (8, 8))[0]
    assert pixels.amax((1, 2)).tolist() == pixels.amin((1, 2)).tolist() == [1, 2, 3]


def test_a_root_may_begin_with_the_home_folder_and_is_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for number in range(2):
        save(tmp_path / "photos" / f"{number}.png")
    assert len(open_images("folder", "~/photos", train=True, image_size=None, cache_dir=tmp_path / "c")) == 1
    assert len(open_image_set("~/photos").images) == 2
    with pytest.raises(FileNotFoundError, match=r"but got .*0\.png, which is not a folder"):
        image_files(tmp_path / "photos" / "0.png")


# Parts


@pytest.mark.parametrize(
    ("train", "held_out"),
    [
        ("train", "valid"),
        ("training", "validation"),
        ("Train", "Test"),
        ("TRAIN", "val"),
        ("trn", "dev"),
        ("train2017", "val2017"),
        ("train_images", "test_images"),
        ("set/train", "set/test"),
        ("trainset", "held-out"),
    ],
)
def test_the_usual_names_of_parts_are_known(train, held_out, tmp_path, told):
    for number in range(3):
        save(tmp_path / train / "cats" / f"{number}.png")
    save(tmp_path / held_out / "0.png")
    parts = [files_of(folder(tmp_path, part, download=False)) for part in (True, False)]
    assert parts == [[f"{train}/cats/{number}.png" for number in range(3)], [f"{held_out}/0.png"]]
    (line,) = told
    names = [os.path.basename(train), os.path.basename(held_out)]
    assert line == f"Under {tmp_path}: 3 training images in {names[0]}, 1 held-out ones in {names[1]}."


def test_parts_below_each_class_are_known(tmp_path):
    for name in ("cats/train/0", "cats/test/0", "dogs/train/0", "dogs/test/0"):
        save(tmp_path / f"{name}.png")
    assert files_of(folder(tmp_path, True, download=False)) == ["cats/train/0.png", "dogs/train/0.png"]


def test_what_belongs_to_no_part_is_left_out_and_told(tmp_path, told):
    for name in ("train/0", "training/0", "test/0", "val/0", "other/0", "0"):
        save(tmp_path / f"{name}.png")
    assert files_of(folder(tmp_path, False, download=False)) == ["test/0.png"]
    expected = "2 training images in train and training, 1 held-out ones in test, 3 elsewhere that are not used."
    assert told == [f"Under {tmp_path}: {expected}"]


@pytest.mark.parametrize("other", ["trains", "tested", "valley", "device", "evaluate me", "latest"])
def test_other_names_are_no_parts(other, tmp_path, told):
    assert kind_of(other) is None
    save(tmp_path / "train" / "0.png")
    save(tmp_path / other / "1.png")
    assert len(files_of(folder(tmp_path, True, download=False))) == 1
    assert told == [f"Under {tmp_path}: train alone, so that a tenth of all images is held out."]


def test_a_held_out_image_that_is_linked_to_is_no_training_image(tmp_path):
    for name in ("train/0", "all/1", "test/2"):
        save(tmp_path / f"{name}.png")
    (tmp_path / "train" / "1.png").symlink_to(tmp_path / "all" / "1.png")
    (tmp_path / "train" / "2.png").symlink_to(tmp_path / "test" / "2.png")
    assert files_of(folder(tmp_path, True, download=False)) == ["train/0.png", "train/1.png"]
    assert files_of(folder(tmp_path, False, download=False)) == ["test/2.png"]
