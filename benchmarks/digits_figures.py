"""What the digits extractor's figures mean: those of known images, as docs/digits_extractor.md shows them.

    python benchmarks/digits_figures.py [--mnist DIR]

By torch-fidelity, on a CPU. DIR holds MNIST/raw; without it the rows of MNIST are left out.
"""

import argparse
from pathlib import Path

import numpy as np
from fidelity import Images
from torch_fidelity import calculate_metrics

import lit_wgan.evaluation.digits  # noqa: F401  # registers the extractor
from lit_wgan.data.images import DATASETS
from lit_wgan.data.pixels import to_pixels

FIGURES = ("frechet_inception_distance", "inception_score_mean", "precision", "recall")


def arrays(name: str, root: Path, train: bool, count: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Images ``(N, C, H, W)``, uint8, and their labels."""
    dataset = DATASETS[name](root, train, False).open()
    items = [dataset[index] for index in range(len(dataset) if count is None else count)]
    return np.stack([to_pixels(item).numpy() for item in items]), np.array([int(label) for _, label in items])


def row(name: str, images: np.ndarray, against: str, real: np.ndarray) -> None:
    """Print one row of the table."""
    metrics = {"isc": True, "fid": True, "prc": True, "verbose": False}
    figures = calculate_metrics(
        input1=Images(images), input2=Images(real), feature_extractor="digits", cuda=False, **metrics
    )
    print(f"| {name} | {against} | " + " | ".join(f"{figures[key]:.3g}" for key in FIGURES) + " |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path)
    options = parser.parse_args()
    random = np.random.RandomState(0)
    images, labels = arrays("digits", Path(), train=True)
    held_out, _ = arrays("digits", Path(), train=False)
    ten = np.stack([images[labels == digit][0] for digit in range(10)])
    print("| images | against | FID | Inception Score | precision | recall |\n|---|---|---|---|---|---|")
    row("the 1,297 training digits", images, "500 held out", held_out)
    row("500 of them", images[random.permutation(len(images))[:500]], "500 held out", held_out)
    row("the 1,297 without threes", images[labels != 3], "500 held out", held_out)
    row("ten digits, one of a class, 50 times each", ten.repeat(50, axis=0), "500 held out", held_out)
    noise = random.randint(0, 256, images.shape).astype(np.uint8)
    row("uniform noise, 1,297", noise, "500 held out", held_out)
    if options.mnist:
        images, labels = arrays("mnist", options.mnist, train=True, count=10_000)
        test, _ = arrays("mnist", options.mnist, train=False)
        row("MNIST, first 10,000 to train on", images, "10,000 test images", test)
        row("the same without threes", images[labels != 3], "10,000 test images", test)


if __name__ == "__main__":
    main()
