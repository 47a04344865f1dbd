"""What a run ended in: digests of its weights, and its last figures."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from lightning.pytorch import Trainer
from torch import Tensor, nn

from lit_wgan.runs.metrics_file import read_rows

NETWORKS = ("generator", "critic", "ema_generator")


def write_result(directory: Path, config: str, system: nn.Module, trainer: Trainer) -> None:
    """Write result.json into a run's directory.

    Args:
        directory: the run's.
        config: name of the configuration in it that the run ended with.
        system: holds the final weights.
        trainer: knows the final figures, where the run has no metrics.csv.
    """
    metrics = _last_figures(directory / "metrics.csv")
    if not metrics:
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
    networks = {name: getattr(system, name, None) for name in NETWORKS}
    result = {
        "config": config,
        "generator_updates": trainer.global_step,
        "weights_sha256": {name: weights_sha256(net.state_dict()) for name, net in networks.items() if net is not None},
        "metrics": dict(sorted(metrics.items())),
    }
    (directory / "result.json").write_text(json.dumps(result, indent=2) + "\n")


def weights_sha256(weights: Mapping[str, Tensor]) -> str:
    """The SHA-256 of the names, types, shapes and bytes of weights, in the order of their names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _last_figures(path: Path) -> dict[str, float]:
    """The newest of each of the figures in a metrics.csv."""
    newest: dict[str, float] = {}
    for _, figures in read_rows(path):
        newest |= figures
    newest.pop("epoch", None)  # no unit of endless data
    return newest
