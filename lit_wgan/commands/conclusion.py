"""The last words of a training run, and its result.json."""

from pathlib import Path

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info

from lit_wgan.evaluation.options import OF_CLASS
from lit_wgan.runs.result import write_result


def conclude(trainer: Trainer, system: LightningModule, config: str) -> None:
    """Write result.json, and say where the results are and how good they were; to be called on all devices.

    Args:
        trainer: has trained the system.
        system: holds the final weights.
        config: name of the configuration file in the run's directory.
    """
    directory = trainer.log_dir  # asks all devices
    if directory is not None and trainer.is_global_zero:
        write_result(Path(directory), config, system, trainer)
    logged = sorted(trainer.callback_metrics.items())
    of_all = [(name, value) for name, value in logged if OF_CLASS not in name]
    metrics = [f"{name} {value:.4g}" for name, value in of_all if name.startswith(("eval/", "fidelity/"))]
    rank_zero_info(f"{trainer.global_step} generator updates done. {', '.join(metrics)}")
    if directory is None:
        rank_zero_info("Nothing is kept of a trial run, trainer.fast_dev_run.")
    else:
        rank_zero_info(f"Everything is in {directory}: metrics.csv, samples/, checkpoints/, config.yaml.")
