"""A folder of image files as a dataset."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset

from lit_wgan.data.folder_classes import find_classes
from lit_wgan.data.folder_files import describe_passed_over, find_images
from lit_wgan.data.folder_parts import find_parts, part_names
from lit_wgan.data.held_out import part_indices
from lit_wgan.data.image_files import ARRAYS, suffixes
from lit_wgan.data.image_reading import is_grey, read_image
from lit_wgan.data.pixels import PIXELS_VERSION
from lit_wgan.data.sources import Source
from lit_wgan.engine.digests import fingerprint
from lit_wgan.engine.notices import tell_once


def folder(root: Path, train: bool, download: bool) -> Source:
    """The image files anywhere under a folder, in the order of their paths, with or without class folders.

    If there are some under ``train`` and some under ``test`` or ``val`` (tried in this order), these are the parts;
    other usual names, such as ``Training`` and ``valid``, mean the same. If not, a tenth of the files is held out,
    chosen by a permutation that depends only on their number. The images are greyscale if every file is (Pillow's modes
    L and 1), else in colour; those of more than 8 bits are as they are, of any number of channels. Hidden files are
    skipped. A file that is linked to from elsewhere counts once. Class folders give each image the number of its class
    as its condition, see :func:`find_classes`.
    """
    files = image_files(root)
    parts, names = find_parts(files), part_names(files)
    if parts is not None:
        tell_once(f"Under {root}: {parts.description}.")
        of_part = {True: parts.train, False: parts.held_out}
    else:
        if names:
            tell_once(f"Under {root}: {' and '.join(names)} alone, so that a tenth of all images is held out.")
        of_part = {
            part: [files[index] for index in part_indices(len(files), len(files) // 10, part)] for part in (True, False)
        }
    found = find_classes(of_part[True], of_part[False], parts is not None, parts is not None or bool(names))
    if found is not None:
        tell_once(f"Under {root}: {found.description}.")
    classes = found and (found.train if train else found.held_out)
    key = [PIXELS_VERSION, *fingerprint(root, files)]
    return Source(
        key,
        lambda: FolderImages(root, of_part[train], grey=all_grey(root, files), conditions=classes),
        None if classes is None else 1,
        keeps_floats=True,
    )


class FolderImages(Dataset[Any]):
    """Image files as :func:`read_image` gives them or, if there are conditions, as pairs of an image and its condition.

    Args:
        root: the folder that the paths are relative to.
        files: paths of image files.
        grey: whether to leave greyscale images greyscale instead of turning them into colour images.
        conditions: of the files, as many.

    Raises:
        UsageError: on meeting a file that cannot be read, which the message names.
    """

    def __init__(self, root: Path, files: Sequence[str], *, grey: bool, conditions: Any = None) -> None:
        self.root = root
        self.files = files
        self.grey = grey
        self.conditions = conditions

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Any:
        image = read_image(self.root / self.files[index], self.grey)
        return image if self.conditions is None else (image, self.conditions[index])

    def name_of(self, index: int) -> str:
        """The path of an item's file, which is what error messages call it."""
        return str(self.root / self.files[index])


def all_grey(root: Path, files: Sequence[str]) -> bool:
    """Whether every file is greyscale, of 8 bits; reads headers, up to the first file that is not."""
    return all(is_grey(root / file) for file in files)


def image_files(root: Path, option: str = "data.root") -> list[str]:
    """The paths of the image files anywhere under a folder, relative to it and sorted; errors name the option.

    What is passed over is told in one line.

    Raises:
        FileNotFoundError: if it is no folder, or holds no images.
    """
    if not root.is_dir():
        raise FileNotFoundError(
            f"Expected {option} to be a folder of images, but got {root}, which is not a folder. "
            f"Point --{option} at one."
        )
    files, passed_over = find_images(root)
    others = describe_passed_over(passed_over)
    if not files:
        raise FileNotFoundError(
            f"Expected {option} to hold images ({', '.join((*suffixes(), ARRAYS))}), but got none under {root}"
            f"{f' ({others})' if others else ''}. Point --{option} at a folder that holds some."
        )
    if others:
        tell_once(f"Passed over under {root}: {others}.")
    return files
