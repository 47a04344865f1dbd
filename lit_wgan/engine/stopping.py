"""Stopping: any device may receive a signal, and all agree to stop at the end of the same update."""

import os
import signal
import subprocess
from collections import deque

import torch
import torch.distributed as dist
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor

STOP_SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT, signal.SIGHUP)
"""The signals that ask a run to stop: a scheduler's, SLURM's, Ctrl-C's, and that of a terminal that is closed."""


def stop_signals() -> list[signal.Signals]:
    """Those of the stop signals that this process is to obey: not SIGHUP where that is ignored, as under ``nohup``."""
    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return [number for number in STOP_SIGNALS if not (ignored and number == signal.SIGHUP)]


class StopRequest:
    """A vote on whether to stop, cast by each device with every generator update and counted alike by all.

    The vote is averaged along with the generator's gradients, so that it costs no communication of its own.
    """

    def __init__(self) -> None:
        self.signal = 0
        """The signal that this process received, or 0."""
        self._cast: Tensor | None = None
        self._coming: deque[tuple[Tensor, torch.cuda.Event | None]] = deque()
        self._agreed = False

    def vote(self, device: torch.device, dtype: torch.dtype) -> Tensor:
        """1 if this process received a signal, else 0, shape ``(1,)``; to be averaged over the devices in place."""
        self._cast = torch.full((1,), float(self.signal != 0), device=device, dtype=dtype)
        return self._cast

    def agreed(self) -> bool:
        """Whether any device has voted to stop; equal on all devices if all ask after the same update.

        On a GPU this counts the votes of the update before, which have arrived, so that the host does not wait.
        """
        if self._cast is not None:
            self._coming.append((self._cast.to("cpu", non_blocking=True), _event(self._cast)))
            self._cast = None
        while self._coming and (self._coming[0][1] is None or len(self._coming) > 1):
            result, event = self._coming.popleft()
            if event is not None:
                event.synchronize()
            self._agreed |= bool(result > 0)
        return self._agreed


def _event(tensor: Tensor) -> torch.cuda.Event | None:
    """A CUDA event behind all work that is queued on the tensor's device, or None on a CPU."""
    if not tensor.is_cuda:
        return None
    event = torch.cuda.Event()
    event.record()
    return event


def agree_on_signal(received: int, device: torch.device) -> signal.Signals:
    """The signal that made the devices stop, which some of them may not have received."""
    return signal.Signals(largest_signal(received, device))


def largest_signal(received: int, device: torch.device) -> int:
    """The largest number of a signal that one of the devices has received, or 0; all of them must ask together."""
    number = torch.tensor(received, device=device)
    if dist.is_initialized():
        dist.all_reduce(number, dist.ReduceOp.MAX)
    return int(number)


def requeue() -> None:
    """Ask SLURM to run this job again; without SLURM, do nothing."""
    job = os.environ.get("SLURM_JOB_ID")
    if "SLURM_ARRAY_JOB_ID" in os.environ:
        job = f"{os.environ['SLURM_ARRAY_JOB_ID']}_{os.environ['SLURM_ARRAY_TASK_ID']}"
    if job is None:
        return
    try:
        subprocess.run(["scontrol", "requeue", job], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        rank_zero_warn(f"SLURM did not requeue job {job}: {error}. Submit it again to continue.")
