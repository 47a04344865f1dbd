"""Time of minibatches of random rows, by the kind of file, and of training from one.

    python benchmarks/data.py [--rounds 15] [--rows 20000] [--batch-sizes 64 256 1024] [--updates 300] [--json FILE]

The same numbers lie in memory, where torch's DataLoader takes them from a TensorDataset, in files, which
lit_wgan.data.stored reads, and in litdata's chunks, which lit_wgan.data.streaming reads and litdata itself. All take
turns in one process, round by round; the table gives medians and quartiles over the rounds. The files are in the
system's cache, as those of a training that goes round for the second time. A training of 5 critic updates for each of
the generator's, of small MLPs on 32 x 32 x 3 float32, is timed from a DataLoader and from ArrayData, in turns too.
"""

import argparse
import json
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import h5py
import litdata
import numpy as np
import torch
import zarr
from lightning.pytorch import Callback, Trainer, seed_everything
from litdata.streaming.writer import BinaryWriter
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import WGANGP, ArrayData
from lit_wgan.data.sampler import InfiniteSampler
from lit_wgan.data.stored import open_array
from lit_wgan.data.streaming.items import Items
from lit_wgan.data.streaming.order import ChunkOrder
from lit_wgan.data.streaming.remote import Remote
from lit_wgan.data.streaming.store import open_store
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.networks import MLPCritic, MLPGenerator

KINDS = {"32x32x3 float32": ((32, 32, 3), np.float32), "28x28 bytes": ((28, 28), np.uint8)}
WARM_UP = 20  # updates
BATCH_SIZE = 64


def write(folder: Path, array: np.ndarray) -> dict[str, str]:
    """The array in files of all kinds, by their titles."""
    rows = array.shape[1:]
    np.save(folder / "x.npy", array)
    np.savez(folder / "x.npz", x=array)
    with h5py.File(folder / "x.h5", "w") as file:
        file["one_piece"] = array
        file.create_dataset("row", data=array, chunks=(1, *rows))
        file.create_dataset("many", data=array, chunks=(64, *rows))
        file.create_dataset("packed", data=array, chunks=(64, *rows), compression="gzip", compression_opts=1)
    zarr.create_array(folder / "x.zarr", data=array, chunks=(64, *rows), shards=(64 * (len(array) // 64), *rows))
    return {
        ".npy": "x.npy",
        ".npz, stored": "x.npz:x",
        "HDF5 in one piece": "x.h5:/one_piece",
        "HDF5, chunks of a row": "x.h5:/row",
        "HDF5, chunks of 64 rows": "x.h5:/many",
        "HDF5, the same by gzip": "x.h5:/packed",
        "zarr, chunks of 64 rows in a shard": "x.zarr",
    }


def loaded(array: np.ndarray, batch_size: int) -> Callable[[], Tensor]:
    """Gives the next minibatch of a shuffling DataLoader without workers."""
    loader = DataLoader(TensorDataset(torch.from_numpy(array)), batch_size, shuffle=True, drop_last=True)

    def endless() -> Iterator[Tensor]:
        for _ in cycle([None]):
            yield from (samples for (samples,) in loader)

    batches = endless()
    return lambda: next(batches)


def stored(path: str, batch_size: int) -> Callable[[], Tensor]:
    """Gives the next minibatch of a file, by the sampler of lit-wgan."""
    array = open_array(path, "the file")
    sampler = InfiniteSampler(array.shape[0], batch_size, RandomStreams(0))
    numbers = iter(range(10**9))
    return lambda: torch.from_numpy(array.take(sampler[next(numbers)].numpy()))


def write_chunks(folder: Path, array: np.ndarray) -> Path:
    """The rows as items of litdata's chunks, 64 in each."""
    writer = BinaryWriter(str(folder), chunk_size=64)
    for number, row in enumerate(array):
        writer[number] = row
    writer.done()
    writer.merge(1)
    return folder


def streamed(folder: Path, batch_size: int) -> Callable[[], Tensor]:
    """Gives the next minibatch of litdata's chunks, 8 of them mixed, as StreamingData reads them."""
    store = open_store(str(folder), Remote(str(folder), {}, 30), folder.parent, 10**12)
    items = Items(store, None, None, open_chunks=24)
    order, numbers = ChunkOrder(store.index.counts, batch_size, 8, RandomStreams(0)), iter(range(10**9))
    return lambda: items.read(order[next(numbers)]).real


def of_litdata(folder: Path, batch_size: int) -> Callable[[], Tensor]:
    """Gives the next minibatch of litdata's own loader without workers."""
    loader = litdata.StreamingDataLoader(
        litdata.StreamingDataset(str(folder), shuffle=True, drop_last=True), batch_size=batch_size, drop_last=True
    )

    def endless() -> Iterator[Tensor]:
        for _ in cycle([None]):
            yield from loader

    batches = endless()
    return lambda: next(batches)


def measure(kind: str, options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Milliseconds of minibatches of one kind of samples."""
    shape, dtype = KINDS[kind]
    array = np.random.default_rng(0).integers(0, 256, (options.rows, *shape)).astype(dtype)
    files, chunks = write(folder, array), write_chunks(folder / "chunks", array)
    results = []
    for batch_size in options.batch_sizes:
        sources = {"DataLoader of a TensorDataset": loaded(array, batch_size)}
        sources |= {title: stored(str(folder / name), batch_size) for title, name in files.items()}
        sources["litdata's chunks of 64 rows"] = streamed(chunks, batch_size)
        sources["the same by litdata's loader"] = of_litdata(chunks, batch_size)
        times: dict[str, list[float]] = {title: [] for title in sources}
        for _ in range(options.rounds):
            for title, minibatch in sources.items():
                started = time.perf_counter()
                minibatch()
                times[title].append(1e3 * (time.perf_counter() - started))
        results += [
            {"samples": kind, "batch_size": batch_size, "from": title, "ms": ms[1:]}  # the first opens the file
            for title, ms in times.items()
        ]
    return results


class Clock(Callback):
    """Times the updates after the first few."""

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Notes when updates end."""
        if trainer.fit_loop.epoch_loop.total_batch_idx + 1 == WARM_UP:
            self.started = time.perf_counter()
        self.ended = time.perf_counter()


def train(data: Any, updates: int, folder: Path) -> float:
    """Milliseconds per generator update."""
    seed_everything(0, verbose=False)
    shape = (32, 32, 3)
    system = WGANGP(MLPGenerator(16, shape, width=32), MLPCritic(shape, width=32), 16)
    clock = Clock()
    trainer = Trainer(
        accelerator="cpu",
        max_steps=updates,
        max_epochs=-1,
        logger=False,
        limit_val_batches=0,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        callbacks=[clock],
    )
    trainer.fit(system, **data)
    return 1e3 * (clock.ended - clock.started) / (updates - WARM_UP)


def trainings(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Trainings from a DataLoader and from a file."""
    array = np.random.default_rng(0).normal(size=(options.rows, 32, 32, 3)).astype(np.float32)
    np.save(folder / "t.npy", array)
    tensors = TensorDataset(torch.from_numpy(array))
    sources: dict[str, Callable[[], dict[str, Any]]] = {
        "DataLoader of a TensorDataset": lambda: {
            "train_dataloaders": DataLoader(tensors, BATCH_SIZE, shuffle=True, drop_last=True)
        },
        "ArrayData of an .npy": lambda: {
            "datamodule": ArrayData(
                str(folder / "t.npy"), batch_size=BATCH_SIZE, num_generated=1, cache_dir=str(folder / "cache")
            )
        },
    }
    times: dict[str, list[float]] = {title: [] for title in sources}
    for _ in range(options.training_rounds):
        for title, source in sources.items():
            times[title].append(train(source(), options.updates, folder))
    return [{"samples": "training", "batch_size": BATCH_SIZE, "from": title, "ms": ms} for title, ms in times.items()]


def line(result: dict[str, Any], against: dict[str, Any]) -> str:
    """A row of the table, with the median of the ratios within rounds."""
    low, middle, high = statistics.quantiles(result["ms"], n=4, method="inclusive")
    ratio = statistics.median(own / other for own, other in zip(result["ms"], against["ms"], strict=True))
    times = f"{middle:.2f} ({low:.2f} to {high:.2f})"
    return f"| {result['samples']} | {result['batch_size']} | {result['from']} | {times} | {ratio:.2f} |"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[64, 256, 1024])
    parser.add_argument("--updates", type=int, default=300, help="of a training")
    parser.add_argument("--training-rounds", type=int, default=5, help="0 for none")
    parser.add_argument("--json", help="write all measurements here")
    options = parser.parse_args()
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    print("| samples | m | from | ms: median (quartiles) | time against the DataLoader |\n|---|---|---|---|---|")
    results = []
    with tempfile.TemporaryDirectory() as name:
        for kind in KINDS:
            (folder := Path(name) / kind.replace(" ", "_")).mkdir()
            results += (found := measure(kind, options, folder))
            show(found)
        if options.training_rounds:
            results += (found := trainings(options, Path(name)))
            show(found)
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1))


def show(results: list[dict[str, Any]]) -> None:
    """Print rows of the table; those of one minibatch size are compared with the first of them."""
    for result in results:
        first = next(other for other in results if other["batch_size"] == result["batch_size"])
        print(line(result, first), flush=True)


if __name__ == "__main__":
    main()
