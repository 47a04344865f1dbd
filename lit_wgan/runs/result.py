"""What a run ended in: digests of its weights, and the last value of each metric."""

import json
from pathlib import Path

from lightning.pytorch import Trainer
from torch import nn

from lit_wgan.engine.digests import weights_sha256
from lit_wgan.engine.files import atomic_write
from lit_wgan.runs.run import Run

NETWORKS = ("generator", "critic", "ema_generator")


def write_result(directory: Path, config: str, system: nn.Module, trainer: Trainer) -> None:
    """Write result.json into a run's directory.

    Args:
        directory: the run's.
        config: name of the configuration file in it with which the run ended.
        system: holds the final weights.
        trainer: holds the last metrics, where the run has no metrics.csv.
    """
    metrics = Run(directory).metrics
    if not metrics:
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
    networks = {name: getattr(system, name, None) for name in NETWORKS}
    result = {
        "config": config,
        "generator_updates": trainer.global_step,
        "weights_sha256": {name: weights_sha256(net.state_dict()) for name, net in networks.items() if net is not None},
        "metrics": dict(sorted(metrics.items())),
    }
    with atomic_write(directory / "result.json") as file:
        file.write(f"{json.dumps(result, indent=2)}\n".encode())
