"""Metrics of known images by the digits extractor, as docs/digits_extractor.md shows them.

    python benchmarks/digits_metrics.py [--mnist DIR]

Computed by torch-fidelity, on a CPU. DIR holds MNIST/raw; without it the rows of MNIST are left out.
"""

import argparse
from pathlib import Path

import numpy as np
from torch_fidelity import calculate_metrics
from torch_fidelitys import Images

import lit_wgan.evaluation.digits  # noqa: F401  # registers the extractor
from lit_wgan.data.images import DATASETS
from lit_wgan.data.pixels import to_pixels

METRICS = ("frechet_inception_distance", "inception_score_mean", "precision", "recall")


def arrays(name: str, root: Path, train: bool, count: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Read images ``(N, C, H, W)``, uint8, and their labels."""
    dataset = DATASETS[name](root, train, False).open()
    items = [dataset[index] for index in range(len(dataset) if count is None else count)]
    return np.stack([to_pixels(item).numpy() for item in items]), np.array([int(label) for _, label in items])


def row(name: str, images: np.ndarray, against: str, real: np.ndarray) -> None:
    """Print one row of the table."""
    options = {"isc": True, "fid": True, "prc": True, "verbose": False}
    metrics = calculate_metrics(
        input1=Images(images), input2=Images(real), feature_extractor="digits", cuda=False, **options
    )
    print(f"| {name} | {against} | " + " | ".join(f"{metrics[key]:.3g}" for key in METRICS) + " |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path)
    options = parser.parse_args()
    random = np.random.RandomState(0)
    images, labels = arrays("digits", Path(), train=True)
    held_out, _ = arrays("digits", Path(), train=False)
    ten = np.stack([images[labels == digit][0] for digit in range(10)])
    print("| images | compared with | FID | Inception Score | precision | recall |\n|---|---|---|---|---|---|")
    row("the 1,297 training digits", images, "500 held out", held_out)
    row("500 of them", images[random.permutation(len(images))[:500]], "500 held out", held_out)
    row("the 1,297 without threes", images[labels != 3], "500 held out", held_out)
    row("ten digits, one per class, 50 times each", ten.repeat(50, axis=0), "500 held out", held_out)
    noise = random.randint(0, 256, images.shape).astype(np.uint8)
    row("uniform noise, 1,297", noise, "500 held out", held_out)
    if options.mnist:
        images, labels = arrays("mnist", options.mnist, train=True, count=10_000)
        test, _ = arrays("mnist", options.mnist, train=False)
        row("MNIST, first 10,000 to train on", images, "10,000 test images", test)
        row("the same without threes", images[labels != 3], "10,000 test images", test)


if __name__ == "__main__":
    main()
