"""Time and memory of one generator update: lit-wgan against the same maths as plain loops.

    python benchmarks/peers.py [--cases toy digits ...] [--variants hand tuned ...] [--device cpu|cuda]
                               [--batch-sizes 64 128 ...] [--seconds 30] [--clock wall|processor] [--json FILE]

Each variant lives in a process of its own, which also gives its memory, and one of them runs at a time: blocks of
updates take turns, round by round. The table gives medians over the rounds and quartiles; ratios are medians of those
within a round, which a machine that is busy with other things disturbs least. The last process of a round measures
what the device makes of large products of matrices, of which the share is taken. lit-wgan runs in Lightning's Trainer
with its progress bar and loggers on. On a CPU that others use too, OMP_NUM_THREADS=1 and the processor's clock give
the times of a machine with one core that nobody else uses.
"""

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from cases import CASES, N_CRITIC, Case, train
from lightning.pytorch import Callback, Trainer
from plain_loops import HandWritten, Tuned
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from lit_wgan import WGANGP

LOOPS = {"hand": HandWritten, "tuned": Tuned}
TITLES = {
    "hand": "plain loop, by hand",
    "tuned": "plain loop, tuned",
    "lit": "lit-wgan",
    "fast": "lit-wgan, fastest",
    "compiled": "lit-wgan, fastest, compiled",
}
DEFAULT_CASES = [name for name in CASES if name != "cifar10_128"]
DEFAULT_VARIANTS = ["hand", "tuned", "lit", "fast"]
LIT_VARIANTS = ["lit", "fast", "compiled"]
FEWEST_ROUNDS = 3
BLOCK_SECONDS = 1.0
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}


def options_of(case: Case, variant: str, device: str) -> dict[str, Any]:
    """What a variant of lit-wgan gives WGANGP and the Trainer; docs/performance.md says why it differs by device."""
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
    """A worker's side: waits for its turn, which says how many updates, and replies how long they took."""

    def __init__(self, device: torch.device, clock: str):
        self.device = device
        self.clock = CLOCKS[clock]
        self.replies, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: SIM115  # progress bars go nowhere
        self.operations: int | None = None
        self.updates = 0

    def wait(self) -> bool:
        """Whether there is a turn."""
        turn = sys.stdin.readline()
        self.updates = int(turn or 0)
        self.forget_peak()
        self.started = self.clock()
        return bool(turn)

    def done(self) -> None:
        """Reply."""
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
    """Be the worker of one variant."""
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


class Worker:
    """The parent's view of a worker."""

    def __init__(self, *what: Any):
        self.what = " ".join(map(str, what))
        command = [sys.executable, __file__, "--worker", *map(str, what)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def turn(self, updates: int) -> dict[str, Any]:
        """Let it run, and return its reply."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{updates}\n")
        self.process.stdin.flush()
        reply = self.process.stdout.readline()
        if not reply:
            raise SystemExit(f"The worker of '{self.what}' ended in the middle; its error is above.")
        return dict(json.loads(reply))

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def measure(case: str, batch_size: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """All variants of one case at one batch size."""
    variants, device = options.variants, options.device
    workers = {variant: Worker(case, variant, batch_size, device, options.clock) for variant in [*variants, "matrices"]}
    found = {variant: {"first": workers[variant].turn(1)} for variant in variants}
    updates = {}
    for variant in variants:
        if device == "cuda" or variant == "compiled":  # CUDA graphs are recorded at the second update
            workers[variant].turn(2)
            estimate = workers[variant].turn(1)["seconds"]
        else:
            estimate = found[variant]["first"]["seconds"]
        updates[variant] = max(1, round(BLOCK_SECONDS / estimate))
    rounds: list[dict[str, dict[str, Any]]] = []
    started = time.perf_counter()
    while len(rounds) < FEWEST_ROUNDS or time.perf_counter() - started < options.seconds:
        rounds.append({variant: worker.turn(updates.get(variant, 1)) for variant, worker in workers.items()})
    for worker in workers.values():
        worker.stop()
    counts = {variant: found[variant]["first"]["operations"] for variant in variants}
    precisions = {variant: "bfloat16" if variant in ("fast", "compiled") else "float32" for variant in variants}
    return [
        {
            "case": case,
            "variant": variant,
            "batch_size": batch_size,
            "device": device,
            "first_update_s": found[variant]["first"]["seconds"],
            "updates_per_block": updates[variant],
            "operations": counts[variant] or counts.get("lit"),
            "seconds": [turn[variant]["seconds"] for turn in rounds],
            "memory_mib": max(turn[variant]["memory"] for turn in rounds),
            "matrix_rate": [turn["matrices"][precisions[variant]] for turn in rounds],
        }
        for variant in variants
    ]


def rows(results: list[dict[str, Any]]) -> list[str]:
    """The lines of the table for one case."""
    by_variant = {result["variant"]: result for result in results}

    def ratio(result: dict[str, Any], other: str, inverse: bool = False) -> str:
        if other not in by_variant:
            return "-"
        pairs = zip(result["seconds"], by_variant[other]["seconds"], strict=True)
        return f"{statistics.median(b / a if inverse else a / b for a, b in pairs):.2f}"

    lines = []
    for result in results:
        low, middle, high = statistics.quantiles([1e3 * s for s in result["seconds"]], n=4, method="inclusive")
        title = f"{CASES[result['case']].title}, m = {result['batch_size']}"
        share = "-"
        if result["operations"]:
            pairs = zip(result["seconds"], result["matrix_rate"], strict=True)
            share = f"{100 * statistics.median(result['operations'] / s / rate for s, rate in pairs):.0f}"
        cells = [
            title if result is results[0] else "",
            TITLES[result["variant"]],
            f"{middle:.1f} ({low:.1f} to {high:.1f})",
            ratio(result, "hand", inverse=True),
            ratio(result, "tuned"),
            f"{1e3 * N_CRITIC * result['batch_size'] / middle:.0f}",
            share,
            f"{result['memory_mib']:.0f}",
            f"{result['first_update_s']:.1f}",
            f"{len(result['seconds'])} of {result['updates_per_block']}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


HEADER = (
    "| case | variant | ms per generator update: median (quartiles) | times as fast as by hand | time against tuned | "
    "real images/s | % of the matrix rate | peak memory, MiB | first update, s | blocks of updates |"
)


def machine(device: str) -> str:
    """What everything was measured on."""
    if device == "cuda":
        precisions = torch.backends.cuda.matmul.fp32_precision, torch.backends.cudnn.conv.fp32_precision
        where = f"{torch.cuda.get_device_name()}, float32 products {precisions[0]}, convolutions {precisions[1]}"
    else:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        where = f"{names[0] if names else 'unknown CPU'}, {torch.get_num_threads()} threads"
    return f"{where}, torch {torch.__version__}"


def main() -> None:
    """Measure what is asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=DEFAULT_CASES, choices=list(CASES))
    parser.add_argument("--variants", nargs="+", default=DEFAULT_VARIANTS, choices=list(TITLES))
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--batch-sizes", nargs="+", type=int, help="instead of each case's own")
    parser.add_argument(
        "--seconds", type=float, default=30, help="for the rounds of a case, of which there are 3 or more"
    )
    parser.add_argument(
        "--clock", default="wall", choices=list(CLOCKS), help="the processor's counts this process alone"
    )
    parser.add_argument("--json", help="write all measurements here")
    parser.add_argument("--worker", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        case, variant, batch_size, device, clock = options.worker
        work(case, variant, int(batch_size), device, clock)
        return
    print(f"{machine(options.device)}\n\n{HEADER}\n|{'---|' * 10}", flush=True)
    results = []
    for name in options.cases:
        for batch_size in options.batch_sizes or [CASES[name].batch_size_on(options.device)]:
            results += (found := measure(name, batch_size, options))
            print("\n".join(rows(found)), flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps({"machine": machine(options.device), "results": results}, indent=1))


if __name__ == "__main__":
    main()
