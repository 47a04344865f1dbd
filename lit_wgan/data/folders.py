"""A folder of image files as a dataset."""

import contextlib
import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image
from torch.utils.data import Dataset

from lit_wgan.data.held_out import part_indices
from lit_wgan.data.image_files import open_image
from lit_wgan.data.sources import Source
from lit_wgan.engine.digests import fingerprint
from lit_wgan.errors import UsageError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""Those that torchvision's ImageFolder reads."""


def folder(root: Path, train: bool, download: bool) -> Source:
    """The image files anywhere under a folder, in the order of their paths, with or without class folders.

    If there are some under ``train`` and some under ``test`` or ``val`` (tried in this order), these are the parts. If
    not, a tenth of the files is held out, chosen by a permutation that depends only on their number. The images are
    greyscale if every file is (Pillow's mode L), else in colour. Hidden files are skipped.
    """
    files = image_files(root)
    own_parts = [name for name in ("train", "test", "val") if any(file.startswith(name + os.sep) for file in files)]
    if len(own_parts) > 1 and own_parts[0] == "train":
        part = [file for file in files if file.startswith(own_parts[0 if train else 1] + os.sep)]
    else:
        part = [files[index] for index in part_indices(len(files), len(files) // 10, train)]
    return Source(fingerprint(root, files), lambda: FolderImages(root, part, grey=all_grey(root, files)))


class FolderImages(Dataset[Image.Image]):
    """Image files as Pillow images.

    Args:
        root: the folder that the paths are relative to.
        files: paths of image files.
        grey: whether to leave greyscale images greyscale instead of turning them into colour images.

    Raises:
        UsageError: on meeting a file that cannot be read, which the message names.
    """

    def __init__(self, root: Path, files: Sequence[str], *, grey: bool) -> None:
        self.root = root
        self.files = files
        self.grey = grey

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Image.Image:
        with _opened(self.root / self.files[index]) as image:
            return image.convert("RGB") if image.mode == "L" and not self.grey else image.copy()

    def name_of(self, index: int) -> str:
        """The path of an item's file, which is what error messages call it."""
        return str(self.root / self.files[index])


def all_grey(root: Path, files: Sequence[str]) -> bool:
    """Whether every file is greyscale; reads headers, up to the first file in colour."""
    for file in files:
        with _opened(root / file) as image:
            if image.mode != "L":
                return False
    return True


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with open_image(path) as image:
            yield image
    except Exception as error:  # Pillow's decoders raise many kinds, and none of them names the file reliably
        raise UsageError(
            f"Expected {path} to be an image that can be read, but got {type(error).__name__} ({error}). "
            "Replace or remove the file."
        ) from error


def image_files(root: Path, option: str = "data.root") -> list[str]:
    """The paths of the image files anywhere under a folder, relative to it and sorted; errors name the option.

    Raises:
        FileNotFoundError: if it is no folder, or holds no images.
    """
    if not root.is_dir():
        raise FileNotFoundError(
            f"Expected {option} to be a folder of images, but got {root}, which is not a folder. "
            f"Point --{option} at one."
        )
    files = sorted(
        file
        for file in glob.iglob("**/*", root_dir=root, recursive=True)
        if file.lower().endswith(IMAGE_SUFFIXES) and (root / file).is_file()
    )
    if not files:
        raise FileNotFoundError(
            f"Expected {option} to hold images ({', '.join(IMAGE_SUFFIXES)}), but got none under {root}. "
            f"Point --{option} at a folder that holds some."
        )
    return files
