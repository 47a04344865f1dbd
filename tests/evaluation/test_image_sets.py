import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset, TensorDataset
from torch_fidelity.registry import DATASETS_REGISTRY

from lit_wgan.evaluation.image_sets import UnitRangeImages, open_image_set

PIXELS = np.random.RandomState(0).randint(0, 256, (12, 3, 8, 8), dtype=np.uint8)


class Items(Dataset):
    def __init__(self, images=PIXELS, flip=0.0):
        self.images = torch.from_numpy(images)
        self.flip = flip

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.images[index]
        return (image.flip(-1) if torch.rand(()) < self.flip else image), index


def folder(path, images=PIXELS):
    path.mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image.transpose(1, 2, 0)).save(path / f"{number:03d}.png")
    return path


def npy(path, array):
    np.save(path, array)
    return str(path)


def all_of(opened):
    return torch.stack([torch.tensor(np.asarray(opened.images[index])) for index in range(len(opened.images))])


@pytest.mark.parametrize("kind", ["array", "tensor", "dataset", "folder", "npy", "channels last", "registered"])
def test_every_kind_of_reference_gives_the_same_bytes(kind, tmp_path, monkeypatch):
    monkeypatch.setitem(DATASETS_REGISTRY, "twelve", lambda root, download: Items())
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    given = {
        "array": lambda: PIXELS,
        "tensor": lambda: torch.from_numpy(PIXELS),
        "dataset": Items,
        "folder": lambda: folder(tmp_path / "images"),
        "npy": lambda: npy(tmp_path / "images.npy", PIXELS),
        "channels last": lambda: npy(tmp_path / "last.npy", PIXELS.transpose(0, 2, 3, 1)),
        "registered": lambda: "twelve",
    }[kind]()
    assert torch.equal(all_of(open_image_set(given)), torch.from_numpy(PIXELS))


def test_training_sets_in_unit_range_become_bytes():
    floats = torch.from_numpy(PIXELS) / 127.5 - 1
    for dataset in (TensorDataset(floats), list(floats)):
        assert torch.equal(all_of(open_image_set(UnitRangeImages(dataset))), torch.from_numpy(PIXELS))


@pytest.mark.parametrize("kind", ["array", "dataset", "folder"])
def test_key_changes_with_the_images_and_with_nothing_else(kind, tmp_path):
    other = PIXELS.copy()
    other[5, 0, 0, 0] ^= 1

    def key(images, name):
        if kind == "folder":
            return open_image_set(folder(tmp_path / name, images)).key
        return open_image_set(images if kind == "array" else Items(images)).key

    assert key(PIXELS, "a") != key(other, "b")
    if kind != "folder":
        assert key(PIXELS, "c") == key(PIXELS.copy(), "d")
    else:
        assert open_image_set(tmp_path / "a").key == open_image_set(tmp_path / "a").key


def test_key_of_a_mapped_file_tells_when_it_is_written_again(tmp_path):
    path = npy(tmp_path / "images.npy", PIXELS)
    before = open_image_set(path).key
    assert open_image_set(path).key == before
    npy(path, PIXELS[:11])
    assert open_image_set(path).key != before


def test_random_augmentation_is_refused_and_random_states_are_kept():
    before = torch.get_rng_state()
    with pytest.raises(ValueError, match="Expected reference to give the same images at every reading, but item"):
        open_image_set(Items(flip=0.5))
    assert not torch.equal(torch.get_rng_state(), torch.empty_like(before))
    torch.set_rng_state(before)
    open_image_set(Items(flip=0.0))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            np.zeros((4, 3, 8, 8), np.float32),
            r"Expected reference to be an array of bytes .*, but got float32",
        ),
        (np.zeros((4, 8, 8), np.uint8), r"an array of bytes \(N, C, H, W\), but got uint8 \(4, 8, 8\)"),
        (np.zeros((0, 3, 8, 8), np.uint8), "an array of bytes"),
        ([], "Expected reference to hold images, but got an empty list"),
        (3, "Expected reference to be a folder, an .npy or .npz file, .* but got int"),
        ("no_such_folder", "Expected reference to be a folder of images, .*cifar10-train.* but got no_such_folder"),
        (["text"], "Expected item 0 of list to be a PIL image"),
    ],
)
def test_what_is_no_set_of_images_is_refused(images, message):
    with pytest.raises(ValueError, match=message):
        open_image_set(images)


@pytest.mark.parametrize("kind", ["folder", "dataset"])
def test_images_of_several_sizes_are_refused_with_a_remedy_that_works_here(kind, tmp_path):
    given = [torch.zeros(3, 8, 8).byte(), torch.zeros(3, 9, 8).byte()]
    if kind == "folder":
        folder(tmp_path / "images", [image.numpy() for image in given])
    with pytest.raises(ValueError, match=r"but got \(3, 9, 8\) for .*Resize them all beforehand, generated and real"):
        all_of(open_image_set(tmp_path / "images" if kind == "folder" else given))


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "readme.txt").touch()
    with pytest.raises(FileNotFoundError, match="Expected samples to hold images"):
        open_image_set(tmp_path, "samples")
