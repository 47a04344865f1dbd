"""Export a generator into a folder: its files, checked against the generator, and the card."""

import json
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

import yaml

from lit_wgan.callbacks.pictures import drawing_of
from lit_wgan.engine.files import writing
from lit_wgan.errors import UsageError
from lit_wgan.reports.export.card import Exported, write_card
from lit_wgan.reports.export.formats import FORMATS
from lit_wgan.reports.export.graph import Graph
from lit_wgan.reports.export.public_config import public_config
from lit_wgan.reports.export.verification import Difference, verified
from lit_wgan.systems import AdversarialSystem
from lit_wgan.trained import Trained, TrainedGenerator
from lit_wgan.trained.exported import CONFIG, DESCRIPTION, description

IN_A_PICTURE = 64


def export(
    trained: Trained, folder: Path, formats: Sequence[str], live: bool = False, license: str | None = None
) -> Mapping[str, Difference]:
    """Write a generator into a new folder, with a card; nothing is left behind of an export that fails.

    Args:
        trained: the checkpoint.
        folder: that is made; there may be an empty one.
        formats: names of :data:`FORMATS`.
        live: the generator itself instead of its moving average.
        license: an identifier for the card.

    Returns:
        How far the samples of each file are from the generator's: rounding.

    Raises:
        UsageError: for a folder with other files, a package that is missing, and a generator that a format cannot hold.
    """
    check_empty(folder)
    for name in formats:
        FORMATS[name].check_packages(name)
    system = trained.system()
    averaged = None if system.ema_generator is None else not live
    if live:
        system.ema_generator = None
    graph = Graph(TrainedGenerator(system))
    config = public_config(trained.run.config)
    with _new(folder) as new:
        (new / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))
        (new / DESCRIPTION).write_text(f"{json.dumps(description(graph.generator), indent=1)}\n")
        differences = _write(graph, new, formats)
        _draw(system, graph, new / "samples.png")
        command = ["lit-wgan", "export", trained.run.name, "--format", ",".join(formats)]
        command += ["--live"] * live + (["--license", license] if license else [])
        write_card(new, Exported(trained.run, config, graph, averaged, differences, license, shlex.join(command)))
    return differences


def check_empty(folder: Path) -> None:
    """Raise a UsageError for a folder that holds files, or a file in its place."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"Expected --output to be a new folder, or an empty one, but got {folder}, which holds other files. Name "
            "another folder."
        )


def _write(graph: Graph, folder: Path, formats: Sequence[str]) -> dict[str, Difference]:
    traced, differences = cache(graph.traced), {}
    for name in formats:
        path = folder / FORMATS[name].file
        FORMATS[name].write(graph, traced, path)
        differences[name] = verified(graph, FORMATS[name].load(path, graph), name)
    return differences


def _draw(system: AdversarialSystem, graph: Graph, path: Path) -> None:
    drawing = drawing_of(graph.sample_shape, system.transform)
    if drawing is not None:
        drawing.draw(drawing.generated(system, drawing.count(IN_A_PICTURE)), path)


@contextmanager
def _new(folder: Path) -> Iterator[Path]:
    """A folder that takes the place of an empty one when the block ends, and vanishes when the block raises."""
    new = folder.with_name(f"{folder.name}.tmp-{uuid4().hex}")
    with writing(folder):
        new.mkdir(parents=True)
        try:
            yield new
            if folder.is_dir():
                folder.rmdir()
            os.replace(new, folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
