"""Nodes that stand by: torchrun brings as many as there are, of which a run takes those it can be divided among.

A minibatch of 64 rows, or one in 8 shards, cannot be divided among three nodes of one device each. Then one of them
waits. When torchrun starts all processes anew, since a node was lost or has come, the run takes what fits then.
"""

import os
import signal
from datetime import timedelta
from types import TracebackType

import torch.distributed as dist

from lit_wgan.engine.ending import tell
from lit_wgan.engine.launch import find_launch

OVER = "lit_wgan/run is over"
"""The key under which rank 0 tells the nodes that stand by."""
LONG = timedelta(days=20)  # torch counts it in milliseconds, as a number of 32 bits


class Standby:
    """Context around a run, at the end of which the nodes that stand by end as well."""

    def __init__(self) -> None:
        self._store: dist.TCPStore | None = None  # type: ignore[name-defined]  # torch does not mark it as its own

    def choose_nodes(self, option: str, value: int) -> None:
        """Let this process train on as many nodes as possible, or wait until the others are done.

        Where no number of nodes fits, all are taken, for the usual checks to refuse.

        Args:
            option: in words, what is divided among the devices.
            value: its value, a multiple of the number of devices.

        Raises:
            SystemExit: with status 0, on a node that stood by, when the run is over.
            DistError: there, if the process of rank 0 is lost.
        """
        launch = find_launch()
        if launch is None or launch.launcher != "torchrun" or not launch.nodes or not launch.devices:
            return
        taken = nodes_taken(launch.nodes, launch.devices, value)
        if taken in (0, launch.nodes):
            return
        takes_part, rank = int(os.environ["GROUP_RANK"]) < taken, int(os.environ["RANK"])
        if not takes_part:
            if int(os.environ["LOCAL_RANK"]) == 0:
                tell("lit-wgan: This node stands by, until torchrun starts the run anew or the run is over.")
            _wait()
        os.environ |= {"GROUP_WORLD_SIZE": str(taken), "WORLD_SIZE": str(taken * launch.devices)}
        if rank == 0:
            devices = launch.nodes * launch.devices
            tell(
                f"lit-wgan: {option}={value} cannot be divided among {devices} devices, so {taken} of {launch.nodes} "
                "nodes train and the others stand by."
            )
            # The server of the process group, which joins it at the same port, or torchrun's own.
            self._store = _connect(is_master=os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True")

    def __enter__(self) -> "Standby":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Tell the nodes that stand by that the run is over, unless it has failed."""
        if self._store is not None and (error is None or (isinstance(error, SystemExit) and not error.code)):
            self._store.set(OVER, "")


def nodes_taken(nodes: int, devices: int, divided: int) -> int:
    """The largest number of nodes, of so many devices each, whose devices divide a number; 0 if none do."""
    return next((taken for taken in range(nodes, 0, -1) if divided % (taken * devices) == 0), 0)


def _wait() -> None:
    """Wait until rank 0 says that the run is over, and end; or until a signal ends this process, as nothing is lost."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # Python's own handlers would not run while torch waits
    _connect(is_master=False).wait([OVER], LONG)
    raise SystemExit(0)


def _connect(is_master: bool) -> "dist.TCPStore":  # type: ignore[name-defined]
    address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    return dist.TCPStore(  # type: ignore[attr-defined]
        address, port, is_master=is_master, timeout=LONG, wait_for_workers=False, multi_tenant=True
    )
