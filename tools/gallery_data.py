"""Write the data of the gallery's examples: a table, series, dates, text, volumes and 16-bit images, as users have.

python tools/gallery_data.py [FOLDER]      # data/gallery by default; 47 MB, seconds
"""

import csv
import sys
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
from PIL import Image
from sklearn.datasets import load_breast_cancer


def write_table(folder: Path, count: int = 569) -> None:
    """``cells.csv``: 569 rows of scikit-learn's breast cancer data, ten means of cell nuclei and the diagnosis."""
    data = load_breast_cancer()
    with (folder / "cells.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            [*(name.replace("mean ", "").replace(" ", "_") for name in data.feature_names[:10]), "diagnosis"]
        )
        for row, target in zip(data.data[:count], data.target, strict=False):
            writer.writerow([*row[:10], data.target_names[target]])


def write_series(folder: Path, count: int = 5000) -> None:
    """``oscillations.npy``: voltage and current, (5000, 128, 2), of damped circuits; ``frequencies.npy`` in Hz."""
    random = np.random.RandomState(0)
    time = np.arange(128) / 1000  # of a recording of 128 ms
    hertz, phase = random.uniform(10, 60, (count, 1)), random.uniform(0, 2 * np.pi, (count, 1))
    envelope = random.uniform(0.5, 1, (count, 1)) * np.exp(-time * random.uniform(2, 12, (count, 1)))
    voltage = 230 * envelope * np.sin(2 * np.pi * hertz * time + phase)
    current = 4 * envelope * np.cos(2 * np.pi * hertz * time + phase)
    np.save(folder / "oscillations.npy", np.stack([voltage, current], 2).astype(np.float32))
    np.save(folder / "frequencies.npy", hertz.astype(np.float32))


def write_dates(folder: Path, count: int = 4000) -> None:
    """``dates.npy``: the dates of 4000 days since 1970, such as 1987-06-30, each of ten characters of "0123456789-"."""
    days = np.random.RandomState(0).randint(0, 25000, count).astype("datetime64[D]")
    codes = np.array([["0123456789-".index(character) for character in str(day)] for day in days])
    np.save(folder / "dates.npy", np.eye(11, dtype=np.float32)[codes])


def write_text(folder: Path, count: int | None = None) -> None:
    """``reference.txt``: the lines of at least 20 characters of Python's reference, as ``help()`` shows it."""
    lines = dict.fromkeys(line.strip() for topic in topics.values() for line in topic.splitlines())
    long = [line for line in lines if len(line) >= 20][:count]
    (folder / "reference.txt").write_text("\n".join(long), encoding="utf-8")


def write_volumes(folder: Path, count: int = 2000, side: int = 16) -> None:
    """``spheres.npy``: densities (2000, 16, 16, 16) from 0 to 1 of a ball with a soft edge, anywhere inside."""
    random = np.random.RandomState(0)
    places = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"))
    radius = random.uniform(0.15, 0.3, (count, 1, 1, 1)) * side
    centre = random.uniform(0.35, 0.65, (count, 3, 1, 1, 1)) * (side - 1)
    distance = np.sqrt(((places - centre) ** 2).sum(1))
    np.save(folder / "spheres.npy", (1 / (1 + np.exp(2 * (distance - radius)))).astype(np.float32))


def write_images(folder: Path, count: int = 2000, height: int = 24, width: int = 32) -> None:
    """``sky/``: 16-bit images of 24 x 32 pixels: an elliptic galaxy of 500 to 40,000 counts over a noisy sky of 800."""
    random = np.random.RandomState(0)
    (folder / "sky").mkdir(exist_ok=True)
    y, x = np.mgrid[:height, :width]
    for number in range(count):
        angle, peak = random.uniform(0, np.pi), 500 * 80 ** random.uniform()
        long, short = random.uniform(3, 6), random.uniform(1.5, 3)
        dy, dx = y - random.uniform(8, height - 8), x - random.uniform(8, width - 8)
        along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
        counts = random.poisson(800 + peak * np.exp(-((along / long) ** 2 + (across / short) ** 2) / 2))
        Image.fromarray(counts.clip(0, 65535).astype(np.uint16)).save(folder / "sky" / f"{number:04d}.png")


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "data/gallery")
    target.mkdir(parents=True, exist_ok=True)
    for write in (write_table, write_series, write_dates, write_text, write_volumes, write_images):
        write(target)
    names = "cells.csv, oscillations.npy, frequencies.npy, dates.npy, reference.txt, spheres.npy and sky/"
    print(f"{names} are in {target}.")
