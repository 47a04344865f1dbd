"""Time and memory of lit-wgan's evaluation compared with torch-fidelity's, side by side in one process.

    OMP_NUM_THREADS=1 python benchmarks/fidelity.py [extraction] [fid] [training] [processes] [memory] [--json FILE]

Without names all of them run, in about 40 minutes on one core. Both sides get the same random weights, in the format of
the real ones, and take turns: the tables give medians, ranges, and the median of the ratios of neighbouring turns.
Comparisons with torch-fidelity count the processor time of this process alone (torch-fidelity reads images in other
processes, which are not counted): with one thread that is the time it takes on a machine without other work.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
import torch_fidelitys
from lightning.pytorch import Trainer, seed_everything
from random_inception import write_random_inception
from torch import nn

from lit_wgan import WGANGP, FidelityCallback, GenerativeEvaluator, ImageData
from lit_wgan.evaluation.extractors import make_extractor
from lit_wgan.networks import DCGANCritic, DCGANGenerator

LATENT_DIM = 64


def generator(size: int = 32, channels: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return DCGANGenerator(size, channels, LATENT_DIM, width=16).eval()


def real_images(count: int, size: int = 32, channels: int = 3) -> np.ndarray:
    return np.random.RandomState(0).randint(0, 256, (count, channels, size, size), dtype=np.uint8)


def seconds(function: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    started = clock()
    function()
    return clock() - started


def turns(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> dict[str, list[float]]:
    """Measure the processor times of both, taken in turn."""
    times: dict[str, list[float]] = {"lit_wgan_s": [], "torch_fidelity_s": []}
    for _ in range(rounds):
        times["torch_fidelity_s"].append(seconds(theirs, time.process_time))
        times["lit_wgan_s"].append(seconds(ours, time.process_time))
    return times


def extraction(weights: Path) -> dict[str, Any]:
    """Extract 2048 features and the logits of blocks of 32 images of 32x32 pixels."""
    images = torch.from_numpy(real_images(32))
    metrics = ["fid", "isc"]
    ours, stock = (
        make_extractor("inception-v3-compat", metrics, str(weights), compat=compat)
        for compat in ("exact", "torch-fidelity")
    )
    warm = images[:2]
    ours(warm), stock(warm)
    return turns(lambda: ours(images), lambda: stock(images), 7) | {"images": len(images)}


def fid(weights: Path, count: int, rounds: int) -> dict[str, Any]:
    """Compute FID from a generator and an array of real images; nothing comes from a cache."""
    made, real = generator(), real_images(count)

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder:
            evaluator = GenerativeEvaluator(real, ["fid"], count, weights=str(weights), cache_dir=folder)
            evaluator.evaluate(made, LATENT_DIM)

    def theirs() -> None:
        options = {"input1_model_num_samples": count, "feature_extractor_weights_path": str(weights)}
        torch_fidelitys.measure(torch_fidelitys.generated(made, LATENT_DIM), real, fid=True, **options)

    return turns(ours, theirs, rounds) | {"images": 2 * count}


def training() -> dict[str, Any]:
    """Train for 200 generator updates on digits, as in configs/wgan_gp_digits.yaml, and measure once after them.

    The measurement uses 10,000 samples and the digits extractor; its time includes the pass over the real images.
    """
    seed_everything(0, verbose=False)
    networks = DCGANGenerator(8, 1, LATENT_DIM, extra_layers=1), DCGANCritic(8, 1, extra_layers=1)
    system = WGANGP(*networks, latent_dim=LATENT_DIM, ema_decay=0.999)
    with tempfile.TemporaryDirectory() as folder:
        callback = FidelityCallback(["fid"], 10_000, every_n_updates=200, extractor="digits", cache_dir=folder)
        quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
        trainer = Trainer(accelerator="cpu", max_epochs=-1, max_steps=200, callbacks=[callback], **quiet)
        total = seconds(lambda: trainer.fit(system, datamodule=ImageData("digits", cache_dir=folder)))
    measured = trainer.callback_metrics["fidelity/seconds"].item()
    return {"measurement_s": measured, "update_s": (total - measured) / 200}


def process(rank: str, world: str, port: str, weights: str, count: str) -> None:
    """Print how long a measurement takes, in one of the processes of :func:`processes`."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=int(rank), world_size=int(world))
    with tempfile.TemporaryDirectory() as folder:
        evaluator = GenerativeEvaluator(None, ["isc"], int(count), weights=weights, batch_size=8, cache_dir=folder)
        evaluator.evaluate(generator(), LATENT_DIM)
        print(evaluator.evaluate(generator(), LATENT_DIM).seconds)


def processes(weights: Path, count: int) -> dict[str, Any]:
    """Compute the Inception Score of generated images on one process of one thread, and on two."""
    found: dict[str, list[float]] = {"one_s": [], "two_s": []}
    for turn in range(3):
        for name, world in (("one_s", 1), ("two_s", 2)):
            options = [str(world), str(29500 + 2 * turn + world), str(weights), str(count)]
            jobs = [
                subprocess.Popen(
                    [sys.executable, __file__, "process", str(rank), *options], stdout=subprocess.PIPE, text=True
                )
                for rank in range(world)
            ]
            found[name].append(max(float(job.communicate()[0].split()[-1]) for job in jobs))
    return found | {"images": count}


def peak(metric: str, count: str) -> None:
    """Print the peak resident memory of this process, one of :func:`memory`, in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        sizes = {"kid_subsets": 1, "kid_subset_size": 100}
        real = real_images(1000, 8, 1)
        evaluator = GenerativeEvaluator(real, [metric], int(count), "digits", cache_dir=folder, **sizes)
        evaluator.evaluate(generator(8, 1), LATENT_DIM)
    # Not from getrusage, whose peak is inherited from the parent process.
    status = Path("/proc/self/status").read_text()
    print(int(status.split("VmHWM:")[1].split()[0]) / 1024)


def memory() -> dict[str, Any]:
    """Measure peak memory with the digits extractor, whose 128 features are 0.5 KiB per sample where they are kept."""
    found = {}
    for metric in ("fid", "kid"):
        for count in (5_000, 50_000):
            command = [sys.executable, __file__, "peak", metric, str(count)]
            found[f"{metric}, {count}"] = float(subprocess.run(command, capture_output=True, text=True).stdout)
    return found


def row(name: str, ours: list[float], theirs: list[float], images: int) -> str:
    """Format one line of the table, in images per second."""

    def spread(times: list[float]) -> str:
        rates = [images / taken for taken in times]
        return f"{statistics.median(rates):.2f} ({min(rates):.2f} to {max(rates):.2f})"

    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    return f"| {name} | {spread(ours)} | {spread(theirs)} | {ratio:.2f} |"


def main() -> None:
    """Run the benchmarks asked for and print their results."""
    names = ["extraction", "fid", "training", "processes", "memory"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=names, help=f"some of {', '.join(names)}")
    parser.add_argument("--samples", type=int, default=2048, help="images of each side in fid; processes take half")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each side in fid")
    parser.add_argument("--json", help="write all times here")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "inception.pth"
        write_random_inception(weights)
        measurements = {
            "extraction": lambda: extraction(weights),
            "fid": lambda: fid(weights, arguments.samples, arguments.rounds),
            "training": training,
            "processes": lambda: processes(weights, arguments.samples // 2),
            "memory": memory,
        }
        for name in arguments.names:
            results[name] = found = measurements[name]()
            if "torch_fidelity_s" in found:
                print(row(name, found["lit_wgan_s"], found["torch_fidelity_s"], found["images"]), flush=True)
            elif "two_s" in found:
                print(row(name, found["two_s"], found["one_s"], found["images"]), flush=True)
            else:
                print(f"{name}: {found}", flush=True)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; images/s: median (range), last the ratio")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results))


if __name__ == "__main__":
    if sys.argv[1:2] in (["process"], ["peak"]):
        warnings.filterwarnings("ignore")
        {"process": process, "peak": peak}[sys.argv[1]](*sys.argv[2:])
    else:
        main()
