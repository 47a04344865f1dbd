"""Runs whose processes a launcher starts: torchrun, ``fabric run`` or SLURM's ``srun``.

All processes of a launch train one model, or stop with an error. Lightning would train a model in each of them where
``trainer.devices`` does not match.
"""

import os
from collections.abc import Callable
from typing import Any, NamedTuple

from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning.pytorch import Trainer

from lit_wgan.errors import UsageError


class Launch(NamedTuple):
    """Launcher, processes, devices per node and nodes; the last two are None where the launcher does not tell."""

    launcher: str
    processes: int
    devices: int | None
    nodes: int | None


def find_launch() -> Launch | None:
    """The launch that this process is part of, from its variables; None where Lightning starts the processes.

    Raises:
        UsageError: for a SLURM job that does not tell its tasks per node, or that was not started by ``srun``.
    """
    # Lightning looks in this order too. A job named bash or interactive is no launch by SLURM.
    if TorchElasticEnvironment.detect():
        return _torchrun("torchrun")
    if SLURMEnvironment.detect():
        return _slurm()
    return _torchrun("the variable WORLD_SIZE") if "WORLD_SIZE" in os.environ else None


def trainer_options(devices: Any, num_nodes: int) -> dict[str, int]:
    """The Trainer's ``devices`` and ``num_nodes`` that match the launch, for those that are given as its defaults."""
    launch = find_launch()
    if launch is None or launch.devices is None or launch.nodes is None:
        return {}
    options = {"devices": launch.devices} if devices == "auto" else {}
    return options | ({"num_nodes": launch.nodes} if num_nodes == 1 else {})


def check_processes(trainer: Trainer) -> None:
    """Raise a UsageError unless as many processes were started as the trainer expects."""
    expected = trainer.num_devices * trainer.num_nodes
    launch = find_launch()
    launcher, started = (launch.launcher, launch.processes) if launch else ("the cluster", trainer.world_size)
    if not expected == started == trainer.world_size:
        raise UsageError(
            f"Expected {expected} processes for trainer.devices={trainer.num_devices} and trainer.num_nodes="
            f"{trainer.num_nodes}, but got {started} from {launcher}. "
            "Start one per device, and leave both options out."
        )


def when_connected(trainer: Trainer, function: Callable[[], object]) -> None:
    """Call a function as soon as the processes of a trainer can communicate, before any of them prepares data.

    Lightning's first hook there is one of the data, behind barriers that not all data have.
    """
    connect = trainer.strategy.setup_environment

    def connect_and_call() -> None:
        connect()
        function()

    trainer.strategy.setup_environment = connect_and_call  # type: ignore[method-assign]


def _torchrun(launcher: str) -> Launch:
    processes, devices = int(os.environ["WORLD_SIZE"]), os.environ.get("LOCAL_WORLD_SIZE")
    if devices is None:  # Lightning's own children, which are given trainer.devices
        return Launch(launcher, processes, None, None)
    nodes = os.environ.get("GROUP_WORLD_SIZE", processes // int(devices))
    return Launch(launcher, processes, int(devices), int(nodes))


def _slurm() -> Launch:
    processes, devices = int(os.environ["SLURM_NTASKS"]), os.environ.get("SLURM_NTASKS_PER_NODE")
    if processes > 1 and devices is None:
        raise UsageError(
            f"Expected --ntasks-per-node among the options of the SLURM job, but got --ntasks={processes} alone. "
            "Give --nodes and --ntasks-per-node instead."
        )
    if processes > 1 and "SLURM_STEP_ID" not in os.environ:
        raise UsageError(
            f"Expected srun to start the {processes} tasks of the SLURM job, but got one process without it. "
            "Write srun before lit-wgan."
        )
    return Launch("srun", processes, int(devices or 1), int(os.environ.get("SLURM_NNODES", 1)))
