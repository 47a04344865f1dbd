"""Make the extractors that are registered with torch-fidelity; what is in a file of weights is data."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from torch import nn

from lit_wgan.engine.digests import file_sha256
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.weights import named_file, reading_weights

_CLIP, _DINO = "torch_fidelity.feature_extractor_clip", "torch_fidelity.feature_extractor_dinov2"


def make_registered(name: str, outputs: list[str], file: Path | None) -> nn.Module:
    """Make an extractor by its name, with the weights of a file, or with those that torch-fidelity downloads.

    Raises:
        FileNotFoundError: if there is no such file.
        UsageError: for a file that does not hold tensors of this extractor, or that would be run as a program.
    """
    from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY
    from torch_fidelity.utils import create_feature_extractor

    module = FEATURE_EXTRACTORS_REGISTRY[name].__module__
    if file is not None:
        _check(name, module, file)
    is_users = not module.startswith(("torch_fidelity.", "lit_wgan."))
    downloads_program = file is None and module in (_CLIP, _DINO)  # which torch-fidelity knows by name or hash
    trusted = is_users or downloads_program
    options: dict[str, Any] = {"feature_extractor_weights_path": str(file)} if file else {}
    with nullcontext() if trusted else reading_weights(name, file, "Give the weights of this extractor."):
        return create_feature_extractor(name, outputs, cuda=False, verbose=False, **options)


def _check(name: str, module: str, file: Path) -> None:
    named_file(file)
    if module == _DINO:
        raise UsageError(f"Expected no weights for {name}, which downloads its own, but got {file}. Leave them out.")
    if module == _CLIP:
        from torch_fidelity.feature_extractor_clip import MODEL_METADATA

        published, got = MODEL_METADATA[name]["hash"], file_sha256(file)
        if got != published:
            raise UsageError(
                f"Expected the weights of {name} to be OpenAI's file with SHA-256 {published}, since such a file is a "
                f"program, but got {file} with {got}. Leave them out to download that file."
            )
