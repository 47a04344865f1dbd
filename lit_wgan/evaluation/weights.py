"""Where the weights of the Inception network are, and whether a file holds them. Nothing is ever measured without."""

import os
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3, FeatureExtractorInceptionV3

from lit_wgan.engine.collectives import first_on_each_machine
from lit_wgan.errors import UsageError

INCEPTION = "inception-v3-compat"
ENVIRONMENT_VARIABLE = "LIT_WGAN_INCEPTION_WEIGHTS"
TORCH_FIDELITY_FILE = "weights-inception-2015-12-05-6726825d.pth"
PYTORCH_FID_FILE = "pt_inception-2015-12-05-6726825d.pth"  # the same network
SHA256_PREFIX = "6726825d"


def inception_weights(path: str | Path | None = None) -> Path:
    """The file of Inception's weights; called on all devices, of which one per machine downloads it where need be.

    Looked for in this order: ``path``; the file that ``LIT_WGAN_INCEPTION_WEIGHTS`` names; torch-fidelity's file, then
    pytorch-fid's, in the folder ``checkpoints`` of torch hub (``~/.cache/torch/hub``); torch-fidelity's release page.

    Raises:
        FileNotFoundError: on all devices, if there is no file and no network, or no file under the given name.
    """
    return first_on_each_machine(lambda: find_weights(path) or download_weights())


def find_weights(path: str | Path | None = None) -> Path | None:
    """The file on this machine, or None."""
    named = path or os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        if not Path(named).expanduser().is_file():
            option = "weights" if path else ENVIRONMENT_VARIABLE
            raise FileNotFoundError(f"Expected {option} to name a file, but got {named}. Check the path.")
        return Path(named).expanduser()
    candidates = [_hub_folder() / name for name in (TORCH_FIDELITY_FILE, PYTORCH_FID_FILE)]
    return next((file for file in candidates if file.is_file()), None)


def download_weights() -> Path:
    """Fetch torch-fidelity's file into the folder of torch hub; it appears there only when it is complete."""
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


def load_inception(layers: list[str], path: Path) -> FeatureExtractorInceptionV3:
    """torch-fidelity's Inception network with the weights of a file.

    Raises:
        UsageError: for a file that is cut short, or holds something else than this network's weights.
    """
    try:
        torch.load(path, map_location="cpu", weights_only=True)  # torch-fidelity would run what a pickle asks for
        return FeatureExtractorInceptionV3(INCEPTION, layers, feature_extractor_weights_path=str(path))
    except (RuntimeError, UnpicklingError, EOFError, TypeError, AttributeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UsageError(
            f"Expected {path} to hold the weights of {INCEPTION}, but got a file that is damaged or of another network "
            f"({reason}). Replace it with {TORCH_FIDELITY_FILE}."
        ) from error


def _hub_folder() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"
