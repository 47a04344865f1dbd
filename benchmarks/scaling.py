"""Time per generator update on two processes and in shards against one, and what agreeing to stop and logging cost.

    python benchmarks/scaling.py [--rounds 5] [--cases toy digits cifar10 resnet] [--json FILE]

Each process has one thread, and the global minibatch is the same for one and for two. The variants take turns round by
round, each in processes of its own, and warm up before their updates are timed. The table gives medians over the
rounds, their quartiles, and the median of the ratios within a round. 'DDP's own' is the usual strategy, Lightning's
ddp_find_unused_parameters_true, which reduces the gradients of both networks at every backward pass.
"""

import argparse
import json
import logging
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from typing import Any

import torch
from cases import CASES
from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor, nn

from lit_wgan import WGANGP
from lit_wgan.systems.shards import Objective
from lit_wgan.terms.base import Metrics

NAMES = {"toy": "toy", "digits": "digits", "cifar10": "cifar10_128", "resnet": "resnet"}
UPDATES = {"toy": 40, "digits": 40, "cifar10": 2, "resnet": 1}  # to time in each round
SHARDS = 8
# (devices, who reduces the gradients)
ONE, TWO, STOCK = (1, "lit-wgan"), (2, "lit-wgan"), (2, "DDP's own")
IN_SHARDS = ((1, "8 shards"), (2, "8 shards"))
VARIANTS = {
    "toy": (ONE, TWO, STOCK, *IN_SHARDS),
    "digits": (ONE, TWO, *IN_SHARDS),
    "cifar10": (ONE, TWO, *IN_SHARDS),
    "resnet": (ONE, TWO, *IN_SHARDS),
}


def reduce_as_ddp_does(system: WGANGP) -> None:
    """Leave the reduction of gradients to DDP."""

    def descend(network: nn.Module, optimizer: Any, objective: Objective, minibatch: Any, *others: Tensor) -> Metrics:
        optimizer.zero_grad()
        loss, metrics = objective(minibatch)
        system.manual_backward(loss)
        optimizer.step()
        return {"loss": loss.detach()} | metrics

    system._descend = descend  # type: ignore[method-assign]


class Stopwatch(Callback):
    """Times updates after a warm-up, and the calls of given methods within them."""

    def __init__(self, warm_up: int):
        self.warm_up = warm_up
        self.updates: list[float] = []
        self.overhead = 0.0
        self.last = 0.0

    def watch(self, owner: Any, name: str) -> None:
        """Count the time that a method takes as overhead."""
        method = getattr(owner, name)

        def timed(*args: Any) -> Any:
            start = time.perf_counter()
            result = method(*args)
            self.overhead += time.perf_counter() - start
            return result

        setattr(owner, name, timed)

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any) -> None:
        """An update is over."""
        pl_module.stop.agreed()
        now = time.perf_counter()
        if trainer.global_step > self.warm_up:
            self.updates.append(now - self.last)
        else:
            self.overhead = 0.0
        self.last = now


def worker(case: str, devices: int, reduction: str) -> None:
    """Train, and let the first process print what it measured."""
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    seed_everything(0, verbose=False)
    settings, updates = CASES[NAMES[case]], UPDATES[case]
    shards = SHARDS if "shards" in reduction else None
    system = WGANGP(
        settings.generator(), settings.critic(), settings.latent_dim, gp_weight=settings.gp_weight, shards=shards
    )
    if reduction == STOCK[1]:
        reduce_as_ddp_does(system)
    warm_up = max(1, updates // 4)
    stopwatch = Stopwatch(warm_up)
    for owner, name in ((system.stop, "vote"), (system.stop, "agreed"), (system, "record")):
        stopwatch.watch(owner, name)
    strategy = "ddp_find_unused_parameters_true" if reduction == STOCK[1] else "ddp"
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            accelerator="cpu",
            devices=devices,
            strategy=strategy if devices > 1 else "auto",
            max_steps=warm_up + updates,
            max_epochs=-1,
            limit_val_batches=0,
            log_every_n_steps=10,
            logger=CSVLogger(folder),
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            callbacks=[stopwatch],
        )
        trainer.fit(system, datamodule=settings.data(settings.batch_size, folder))
    if trainer.is_global_zero:
        total = sum(stopwatch.updates)
        print(json.dumps({"seconds": total / len(stopwatch.updates), "overhead": stopwatch.overhead / total}))


def launch(case: str, devices: int, reduction: str) -> dict[str, float]:
    """Run the worker in as many processes as there are devices."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    job = os.environ | {"OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    job |= {"WORLD_SIZE": str(devices), "LOCAL_WORLD_SIZE": str(devices), "GROUP_RANK": "0"}
    job |= {"TORCHELASTIC_RUN_ID": "scaling"}
    command = [sys.executable, __file__, "--worker", case, str(devices), reduction]
    processes = [
        subprocess.Popen(command, env=job | {"RANK": str(r), "LOCAL_RANK": str(r)}, stdout=subprocess.PIPE, text=True)
        for r in range(devices)
    ]
    outputs = [process.communicate()[0] for process in processes]
    return dict(json.loads(outputs[0].splitlines()[-1]))


def quartiles(values: list[float]) -> str:
    """Median and quartiles in words."""
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{median:.4g} ({low:.4g} to {high:.4g})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="at least 2")
    parser.add_argument("--cases", nargs="+", default=list(NAMES), choices=list(NAMES))
    parser.add_argument("--json", help="also write all measurements to this file")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker(options.worker[0], int(options.worker[1]), options.worker[2])
        return
    measured: dict[str, Any] = {}
    print(
        "| case | processes, reduction | ms per update: median (quartiles) | ratio to one process | stop and log, % |"
    )
    print("|---|---|---|---|---|")
    for case in options.cases:
        rounds = [[launch(case, *variant) for variant in VARIANTS[case]] for _ in range(options.rounds)]
        measured[case] = rounds
        for number, (devices, reduction) in enumerate(VARIANTS[case]):
            own = [results[number] for results in rounds]
            times = quartiles([1000 * result["seconds"] for result in own])
            ratio = statistics.median(results[number]["seconds"] / results[0]["seconds"] for results in rounds)
            overhead = 100 * statistics.median(result["overhead"] for result in own)
            print(f"| {case} | {devices}, {reduction} | {times} | {ratio:.3f} | {overhead:.2f} |", flush=True)
        if STOCK in VARIANTS[case]:
            faster = [results[2]["seconds"] / results[1]["seconds"] for results in rounds]
            print(f"\nTwo processes with lit-wgan's reduction are {quartiles(faster)} times as fast as DDP's own.\n")
    if options.json:
        with open(options.json, "w") as file:
            json.dump(measured, file, indent=2)


if __name__ == "__main__":
    main()
