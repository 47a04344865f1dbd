"""Make labelled series and volumes of four classes each, on which feature networks are timed.

python benchmarks/fields.py --out DIR
"""

import argparse
from pathlib import Path

import numpy as np

COUNT, POINTS, SIDE = 11_000, 128, 16


def waves(random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Sines, squares, saws and chirps of any frequency and phase, with noise as large as they are: ``(N, T, 1)``."""
    kinds = random.randint(4, size=COUNT)
    time = np.arange(POINTS) / POINTS
    turns = random.uniform(3, 9, (COUNT, 1)) * time + random.rand(COUNT, 1)
    chirp = turns * (0.5 + time)
    shapes = [np.sin(2 * np.pi * turns), np.sign(np.sin(2 * np.pi * turns)), 2 * (turns % 1) - 1]
    shapes.append(np.sin(2 * np.pi * chirp))
    clean = np.stack(shapes)[kinds, np.arange(COUNT)]
    return (clean + random.randn(COUNT, POINTS))[..., None].astype(np.float32), kinds


def solids(random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Balls, cubes, shells and rods of any size and place, with noise as large as they are: ``(N, 1, D, H, W)``."""
    kinds = random.randint(4, size=COUNT)
    axis = np.arange(SIDE)
    away = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"))
    volumes = np.empty((COUNT, 1, SIDE, SIDE, SIDE), np.float32)
    for number, kind in enumerate(kinds):
        size, offset = random.uniform(3, 5), away - random.uniform(5, 11, (3, 1, 1, 1))
        distance = np.sqrt((offset**2).sum(0))
        inside = [
            distance < size,
            np.abs(offset).max(0) < 0.8 * size,
            (distance < size) & (distance > size - 1.5),
            np.sqrt((offset[:2] ** 2).sum(0)) < 0.5 * size,
        ]
        volumes[number, 0] = inside[kind] + random.randn(SIDE, SIDE, SIDE)
    return volumes, kinds


def main() -> None:
    """Write ``waves.npy``, ``solids.npy`` and the classes of each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("data"), help="folder of the files")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    for make in (waves, solids):
        samples, kinds = make(np.random.RandomState(0))
        np.save(folder / f"{make.__name__}.npy", samples)
        np.save(folder / f"{make.__name__}_kinds.npy", kinds)


if __name__ == "__main__":
    main()
