"""Finding and downloading the weights of the Inception network, and reading any extractor's as data.

Nothing is ever measured without weights.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError

import torch

from lit_wgan.engine.collectives import first_on_each_machine
from lit_wgan.errors import UsageError

ENVIRONMENT_VARIABLE = "LIT_WGAN_INCEPTION_WEIGHTS"
TORCH_FIDELITY_FILE = "weights-inception-2015-12-05-6726825d.pth"
PYTORCH_FID_FILE = "pt_inception-2015-12-05-6726825d.pth"  # the same network
SHA256_PREFIX = "6726825d"


def inception_weights(path: str | Path | None = None) -> Path:
    """Return the file of Inception's weights. Call it on all devices: one per machine downloads it where needed.

    Searched in this order: ``path``; the file that ``LIT_WGAN_INCEPTION_WEIGHTS`` names; torch-fidelity's file, then
    pytorch-fid's, in the folder ``checkpoints`` of torch hub (``~/.cache/torch/hub``); torch-fidelity's release page.

    Raises:
        FileNotFoundError: on all devices, if there is no file and no network, or no file under the given name.
    """
    return first_on_each_machine(lambda: find_weights(path) or download_weights())


def find_weights(path: str | Path | None = None) -> Path | None:
    """Return the file if it is on this machine, or None. Arguments and errors: see :func:`inception_weights`."""
    named = path or os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return named_file(named, "weights" if path else ENVIRONMENT_VARIABLE)
    candidates = [_hub_folder() / name for name in (TORCH_FIDELITY_FILE, PYTORCH_FID_FILE)]
    return next((file for file in candidates if file.is_file()), None)


def named_file(path: str | Path, option: str = "weights") -> Path:
    """The file that an option names, or a FileNotFoundError if there is none."""
    if not Path(path).expanduser().is_file():
        raise FileNotFoundError(f"Expected {option} to name a file, but got {path}. Check the path.")
    return Path(path).expanduser()


def download_weights() -> Path:
    """Download torch-fidelity's file into the folder of torch hub; it appears there only once it is complete."""
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

    file = _hub_folder() / TORCH_FIDELITY_FILE
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(URL_INCEPTION_V3, str(file), SHA256_PREFIX, progress=False)
    except (OSError, RuntimeError) as error:
        raise FileNotFoundError(
            f"Expected Inception's weights on this machine or a network to fetch them, but got neither ({error}). "
            f"Put {TORCH_FIDELITY_FILE} into {file.parent}, name the file in the option weights or in "
            f"{ENVIRONMENT_VARIABLE}, or take another extractor (digits needs no download)."
        ) from error
    return file


@contextmanager
def reading_weights(name: str, file: Path | None, remedy: str) -> Iterator[None]:
    """Let ``torch.load`` read tensors alone, even where torch-fidelity would run what a file asks for.

    Args:
        name: of the extractor whose weights are read.
        file: that a user names; None for one that torch-fidelity downloads, whose errors are left as they are.
        remedy: a sentence on what to do about another file.

    Raises:
        UsageError: for a file that is cut short, holds code, or holds something else than this extractor's weights.
    """
    try:
        with _tensors_only():
            yield
    except (
        OSError,
        RuntimeError,
        UnpicklingError,
        EOFError,
        TypeError,
        AttributeError,
        ValueError,
        LookupError,
    ) as error:
        if file is None or (
            isinstance(error, OSError) and error.errno != errno.EINVAL
        ):  # which zip files cut short give
            raise
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if isinstance(error, UnpicklingError):
            reason = "it holds more than tensors"  # torch's own message advises to run what it holds
        raise UsageError(
            f"Expected {file} to hold the weights of {name}, but got a file that is damaged or of another network "
            f"({reason}). {remedy}"
        ) from error


@contextmanager
def _tensors_only() -> Iterator[None]:
    force, forbid = "TORCH_FORCE_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"  # torch's variables
    before = {name: os.environ.pop(name) for name in (force, forbid) if name in os.environ}
    os.environ[force] = "1"
    try:
        yield
    finally:
        del os.environ[force]
        os.environ.update(before)


def _hub_folder() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"
