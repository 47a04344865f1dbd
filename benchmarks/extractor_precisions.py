"""Speed and error of Inception's features in each precision, compared with float32, with random weights.

    python benchmarks/extractor_precisions.py [--device cpu|cuda] [--batch-size 256] [--blocks 5]

Precisions take turns. The error is the norm of the difference to float32 features, relative to their norm.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch
from peers import machine
from random_inception import write_random_inception
from workers import synchronize

from lit_wgan.engine.preserve import PRECISIONS
from lit_wgan.evaluation.extractors import Extractor, make_extractor


def extractors(device: torch.device) -> dict[str, Extractor]:
    """Make an extractor for each precision, all with the same weights."""
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "inception.pth"
        write_random_inception(weights)
        return {
            precision: make_extractor("inception-v3-compat", ["fid"], str(weights), precision).to(device)
            for precision in PRECISIONS
        }


def main() -> None:
    """Measure all precisions and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--blocks", type=int, default=5)
    options = parser.parse_args()
    device = torch.device(options.device)
    images = torch.randint(0, 256, (options.batch_size, 3, 32, 32), dtype=torch.uint8, device=device)
    networks = extractors(device)
    features = {precision: next(iter(network(images).values())) for precision, network in networks.items()}
    rates: dict[str, list[float]] = {precision: [] for precision in networks}
    for _ in range(options.blocks):
        for precision, network in networks.items():
            synchronize(device)
            started = time.perf_counter()
            network(images)
            synchronize(device)
            rates[precision].append(len(images) / (time.perf_counter() - started))
    exact = features["float32"]
    print(f"{machine(options.device)}\n\n| precision | images/s: median (range) | relative error |\n|---|---|---|")
    for precision, found in rates.items():
        error = ((features[precision] - exact).norm() / exact.norm()).item()
        print(f"| {precision} | {statistics.median(found):.0f} ({min(found):.0f} to {max(found):.0f}) | {error:.1e} |")


if __name__ == "__main__":
    main()
