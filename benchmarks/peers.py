"""Time and memory of one generator update: lit-wgan against the same mathematics in plain loops.

    python benchmarks/peers.py [--cases toy digits ...] [--variants hand tuned ...] [--device cpu|cuda]
                               [--batch-sizes 64 128 ...] [--seconds 30] [--clock wall|processor] [--json FILE]

Each variant runs in a process of its own, whose memory is reported too. One of them runs at a time: blocks of updates
take turns, round by round. The table gives medians and quartiles over the rounds; ratios are medians of the ratios
within a round, which other load on the machine disturbs least. The last process of a round measures the rate of large
matrix products, of which each variant's share is given. lit-wgan runs in Lightning's Trainer with its progress bar and
loggers on. On a CPU with other load, OMP_NUM_THREADS=1 and the processor's clock give the times of a quiet machine with
one core.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from cases import CASES, N_CRITIC
from workers import CLOCKS

TITLES = {
    "hand": "plain loop, by hand",
    "tuned": "plain loop, tuned",
    "lit": "lit-wgan",
    "fast": "lit-wgan, fastest",
    "compiled": "lit-wgan, fastest, compiled",
}
DEFAULT_CASES = [name for name in CASES if name != "cifar10_128"]
DEFAULT_VARIANTS = ["hand", "tuned", "lit", "fast"]
FEWEST_ROUNDS = 3
BLOCK_SECONDS = 1.0
WORKERS = Path(__file__).with_name("workers.py")


class Worker:
    """A worker process, as the parent sees it."""

    def __init__(self, *what: Any):
        self.what = " ".join(map(str, what))
        command = [sys.executable, str(WORKERS), *map(str, what)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def turn(self, updates: int) -> dict[str, Any]:
        """Let it take a turn, and return its reply."""
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
    """The machine and versions of the measurement."""
    if device == "cuda":
        precisions = torch.backends.cuda.matmul.fp32_precision, torch.backends.cudnn.conv.fp32_precision
        where = f"{torch.cuda.get_device_name()}, float32 products {precisions[0]}, convolutions {precisions[1]}"
    else:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        where = f"{names[0] if names else 'unknown CPU'}, {torch.get_num_threads()} threads"
    return f"{where}, torch {torch.__version__}"


def main() -> None:
    """Measure the given cases and print the table."""
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
    options = parser.parse_args()
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
