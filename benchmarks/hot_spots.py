"""Profile of a generator update: where its time goes, by torch's profiler.

    python benchmarks/hot_spots.py [--cases toy digits ...] [--variants lit fast ...] [--device cpu|cuda] [--updates 5]

The table gives shares of the wall time of updates in Lightning's Trainer, loggers included. On a CPU, time within
noise, data, optimizers and the moving average is counted under these names, all other time under its operation; the
rest is Python and Lightning. On a GPU only kernels are counted, and the rest is time in which none runs.
"""

import argparse
import logging
import os
import tempfile
import time
import warnings
from collections import Counter
from contextlib import redirect_stdout
from functools import wraps
from typing import Any

from cases import CASES, train
from lightning.pytorch import Callback, Trainer
from peers import DEFAULT_CASES, TITLES, machine
from torch.autograd import DeviceType
from torch.autograd.profiler import record_function
from torch.autograd.profiler_util import FunctionEvent
from torch.profiler import ProfilerActivity, profile
from workers import LIT_VARIANTS, options_of, synchronize

import lit_wgan.systems.base as system_base

# The first that is part of an operation's or kernel's name.
KINDS = {
    "convolution_backward": "convolutions, backward",
    "dgrad": "convolutions, backward",
    "wgrad": "convolutions, backward",
    "conv": "convolutions",
    "fprop": "convolutions",
    "aten::mm": "matrix products",
    "addmm": "matrix products",
    "gemm": "matrix products",
    "linear": "matrix products",
    "adam": "optimizers",
    "multi_tensor": "optimizers",
    "batch_norm": "norms",
    "group_norm": "norms",
    "CompiledFxGraph": "compiled kernels",
    "cpp_fused": "compiled kernels",
    "triton": "compiled kernels",
    "copy_": "copies and casts",
    "Memcpy": "copies and casts",
}
LABELS = ["noise", "data", "optimizers", "moving average"]
OTHER = "other operations"
REST = "rest"
COLUMNS = [*dict.fromkeys(KINDS.values()), "noise", "data", "moving average", OTHER, REST]


def within(label: str, function: Any) -> Any:
    """Wrap a function so that the profiler sees its calls under a label."""

    @wraps(function)
    def seen(*args: Any, **kwargs: Any) -> Any:
        with record_function(label):
            return function(*args, **kwargs)

    return seen


class Profile(Callback):
    """Profiles some updates after a warm-up, then stops the training."""

    def __init__(self, updates: int, warm_up: int):
        self.updates, self.warm_up = updates, warm_up
        self.profiler = profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA])

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Label the functions to be profiled."""
        pl_module.noise, pl_module.draw = (within("noise", method) for method in (pl_module.noise, pl_module.draw))
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        if hasattr(data, "prepare"):
            data.prepare = within("data", data.prepare)

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any) -> None:
        """Start or stop the profiler."""
        if trainer.global_step == self.warm_up:
            synchronize(pl_module.device)
            self.profiler.start()
            self.started = time.perf_counter()
        elif trainer.global_step == self.warm_up + self.updates:
            synchronize(pl_module.device)
            self.wall = time.perf_counter() - self.started
            self.profiler.stop()
            trainer.should_stop = True


def kind_of(event: FunctionEvent) -> str:
    """The kind that an operation or a kernel is counted as: that of the label around it, or that of its name."""
    around: FunctionEvent | None = event
    while around is not None:
        if around.name in LABELS:
            return around.name
        if around.name.startswith("Optimizer."):
            return "optimizers"
        if "DataLoader" in around.name:
            return "data"
        around = around.cpu_parent
    return next((kind for part, kind in KINDS.items() if part.lower() in event.name.lower()), OTHER)


def shares(found: Profile, device: str) -> dict[str, float]:
    """Percent of the wall time by kind."""
    microseconds: Counter[str] = Counter()
    for event in found.profiler.events():
        on_gpu = event.device_type == DeviceType.CUDA
        if on_gpu and device == "cuda" and not event.is_user_annotation:
            microseconds[kind_of(event)] += event.self_device_time_total
        elif not on_gpu and device == "cpu":
            microseconds[kind_of(event)] += event.self_cpu_time_total
    percent = {kind: time / found.wall / 1e4 for kind, time in microseconds.items()}
    return percent | {REST: 100 - sum(percent.values())}


def measure(case: str, variant: str, device: str, updates: int) -> dict[str, float]:
    """Train and profile."""
    found = Profile(updates, warm_up=4 if device == "cuda" else 2)
    chosen = CASES[case]
    # Progress bars go nowhere.
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        train(chosen, chosen.batch_size_on(device), [found], folder, **options_of(chosen, variant, device))
    return shares(found, device) | {"ms": 1e3 * found.wall / updates}


def main() -> None:
    """Profile the given cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=DEFAULT_CASES, choices=list(CASES))
    parser.add_argument("--variants", nargs="+", default=["fast"], choices=LIT_VARIANTS)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--updates", type=int, default=3)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    system_base.update_ema_ = within("moving average", system_base.update_ema_)
    rows = {}
    for case in options.cases:
        for variant in options.variants:
            rows[case, variant] = measure(case, variant, options.device, options.updates)
    columns = [kind for kind in COLUMNS if any(row.get(kind, 0) >= 0.5 for row in rows.values())]
    titles = ["case", "variant", "ms", *columns]
    print(f"\n{machine(options.device)}; percent of the time\n\n| {' | '.join(titles)} |\n|{'---|' * len(titles)}")
    for (case, variant), row in rows.items():
        figures = [f"{row.get(kind, 0):.0f}" for kind in ("ms", *columns)]
        print(f"| {' | '.join([CASES[case].title, TITLES[variant], *figures])} |")


if __name__ == "__main__":
    main()
