"""Worker processes of peers.py: each trains one variant of one case, in blocks, on request."""

import json
import logging
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from cases import CASES, Case, train
from lightning.pytorch import Callback, Trainer
from plain_loops import HandWritten, Tuned
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from lit_wgan import WGANGP

LOOPS = {"hand": HandWritten, "tuned": Tuned}
LIT_VARIANTS = ["lit", "fast", "compiled"]
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}


def options_of(case: Case, variant: str, device: str) -> dict[str, Any]:
    """Options of WGANGP and of the Trainer for a variant; docs/performance.md says why they differ by device."""
    trainer: dict[str, Any] = {"accelerator": "gpu" if device == "cuda" else "cpu"}
    if variant == "lit":
        return trainer
    on_gpu = device == "cuda"
    options = {"gp_mixed_precision": True, "channels_last": on_gpu or case.cpu_channels_last}
    options |= {"compile": on_gpu or variant == "compiled"}
    return trainer | {"options": options, "precision": "bf16-mixed", "benchmark": on_gpu}


class Operations(TorchDispatchMode):
    """Counts the multiplications and additions of matrix products and convolutions, as torch's FlopCounterMode does.

    Not that itself: its hooks on modules do not bear a gradient of a gradient.
    """

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func._overloadpacket in flop_registry:
            self.count += flop_registry[func._overloadpacket](*args, **(kwargs or {}), out_val=out)
        return out


class Turns:
    """A worker's turns: waits to be told a number of updates, and replies how long they took."""

    def __init__(self, device: torch.device, clock: str):
        self.device = device
        self.clock = CLOCKS[clock]
        self.replies, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: SIM115  # progress bars go nowhere
        self.operations: int | None = None
        self.updates = 0

    def wait(self) -> bool:
        """Wait for a turn; False if there is none any more."""
        turn = sys.stdin.readline()
        self.updates = int(turn or 0)
        self.forget_peak()
        self.started = self.clock()
        return bool(turn)

    def done(self) -> None:
        """Reply with the time and memory of the turn."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        seconds = (self.clock() - self.started) / self.updates
        self.reply({"seconds": seconds, "memory": self.peak(), "operations": self.operations})

    def reply(self, found: dict[str, Any]) -> None:
        print(json.dumps(found), file=self.replies, flush=True)

    def forget_peak(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()
        else:
            Path("/proc/self/clear_refs").write_text("5")

    def peak(self) -> float:
        """The most memory since the turn began, in MiB: what tensors took on a GPU, the process on a CPU."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated() / 2**20
        return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


class TrainerTurns(Callback):
    """Lets a Trainer take its turns."""

    def __init__(self, turns: Turns):
        self.turns = turns
        self.updates = 0

    def on_train_start(self, trainer: Trainer, *_: Any) -> None:
        trainer.should_stop = not self.turns.wait()

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        self.updates += 1
        if self.updates == self.turns.updates:
            self.turns.done()
            self.updates = 0
            trainer.should_stop = not self.turns.wait()


class Counted(WGANGP):
    """Counts the operations of its first update, unless that is compiled."""

    turns: Turns

    def training_step(self, batch: Any, batch_idx: int) -> None:
        if batch_idx or self.compiles:
            super().training_step(batch, batch_idx)
            return
        with Operations() as operations:
            super().training_step(batch, batch_idx)
        self.turns.operations = operations.count


def work(case_name: str, variant: str, batch_size: int, device_name: str, clock: str) -> None:
    """Run as the worker of one variant."""
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    device = torch.device(device_name)
    turns = Turns(device, clock)
    if variant == "matrices":
        work_matrices(turns)
    elif variant in LOOPS:
        os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)  # set by Lightning, it makes optimizers a little slower
        work_plain(LOOPS[variant](CASES[case_name], batch_size, device), turns)
    else:
        Counted.turns = turns
        options = options_of(CASES[case_name], variant, device_name)
        with tempfile.TemporaryDirectory() as folder:
            train(CASES[case_name], batch_size, [TrainerTurns(turns)], folder, system_class=Counted, **options)


def work_plain(loop: HandWritten, turns: Turns) -> None:
    while turns.wait():
        if turns.operations is None:
            with Operations() as operations:
                loop.update()
            turns.operations = operations.count
        else:
            for _ in range(turns.updates):
                loop.update()
        turns.done()


def work_matrices(turns: Turns) -> None:
    while turns.wait():
        dtypes = torch.float32, torch.bfloat16
        turns.reply({str(dtype)[6:]: matrix_rate(dtype, turns.device, turns.clock) for dtype in dtypes})


def matrix_rate(dtype: torch.dtype, device: torch.device, clock: Callable[[], float]) -> float:
    """Operations per second in large products, the better of a product of matrices and a convolution of 1x1.

    On CPUs the two may come from different libraries.
    """
    n = 8192 if device.type == "cuda" else 1536
    a, b = torch.randn(2, n, n, device=device, dtype=dtype)
    images = a.view(n // 64, n, 8, 8).to(memory_format=torch.channels_last)

    def seconds(a: Tensor, b: Tensor, operation: Any) -> float:
        operation(a, b)
        synchronize(device)
        started = clock()
        for _ in range(10):
            operation(a, b)
        synchronize(device)
        return (clock() - started) / 10

    products = seconds(a, b, torch.mm), seconds(images, b.view(n, n, 1, 1), torch.conv2d)
    return 2 * n**3 / min(products)


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    case, variant, batch_size, device, clock = sys.argv[1:]
    work(case, variant, int(batch_size), device, clock)
