"""``lit-wgan sample``: samples of a checkpoint's generator, without the data set it was trained on."""

from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lit_wgan.commands.given_condition import read_condition
from lit_wgan.commands.options import Parser
from lit_wgan.commands.terminal import say
from lit_wgan.engine.files import writing
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.trained.loading import load_system

if TYPE_CHECKING:
    from torch import Tensor

    from lit_wgan.data.transforms import TableTransform
    from lit_wgan.engine.minibatches import Condition
    from lit_wgan.systems import AdversarialSystem

TABLES = (".csv", ".tsv", ".parquet")
FILES = (".npy", ".png", *TABLES)
"""Endings of the names of outputs that are one file."""


def parser() -> Parser:
    """The parser of the command's options."""
    parser = Parser(
        "lit-wgan sample",
        description="Draw samples from a checkpoint. Sample number i is the same as in pictures and in predict.",
    )
    runs = "checkpoint to draw samples from; runs the classes that the config.yaml of its run names"
    parser.add_argument("--ckpt", metavar="FILE", required=True, help=runs)
    parser.add_argument("--config", metavar="FILE", help="config.yaml of the run, if it is not in the checkpoint's run")
    parser.add_argument("--num", type=int, default=64, help="number of samples")
    conditions = (
        "of all samples, or one for each: a class such as 3, a number such as 0.5, a list such as '[0.1, 0.2]', an "
        ".npy file, an image; of several conditions a list of such; without it, conditions as often as in training"
    )
    parser.add_argument("--condition", metavar="VALUE | FILE", help=conditions)
    outputs = "folder for a file each, an .npy file for all samples, a .csv of rows, or a .png for a picture of them"
    parser.add_argument("--output", metavar="DIR | FILE", default="generated", help=outputs)
    parser.add_argument("--live", action="store_true", help="draw from the generator itself, not its moving average")
    parser.add_argument("--accelerator", default="auto", help="such as cpu or gpu")
    parser.add_argument("--batch_size", type=int, default=256, help="samples that are drawn at a time")
    return parser


def sample(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options; also what loading raises.
    """
    chosen = parser().parse_args(arguments)
    check_positive(**{"--num": chosen.num, "--batch_size": chosen.batch_size})
    output = Path(chosen.output)
    _check_output(output)
    given = None if chosen.condition is None else read_condition(chosen.condition)
    from lightning.fabric import Fabric  # takes seconds, which --help and mistakes need not wait for

    device = Fabric(accelerator=chosen.accelerator, devices=1).device
    system = load_system(Path(chosen.ckpt), chosen.config).to(device)
    if chosen.live:
        system.ema_generator = None
    asked = None if chosen.condition is None else system.condition_asked(given, chosen.num)
    if asked is None:
        _check_law(system)
    if output.suffix in TABLES:
        _check_table(system, output)
    if output.suffix == ".png":
        _draw(system, output, chosen.num, asked)
    else:
        _write(system, output, chosen.num, asked, chosen.batch_size)


def _check_output(output: Path) -> None:
    if output.suffix not in FILES and output.is_dir() and any(output.iterdir()):
        raise UsageError(
            f"Expected --output to be a new folder, or an empty one, but got {output}, which holds other files. Name "
            "another folder, so that samples of several commands do not mix."
        )


def _check_law(system: "AdversarialSystem") -> None:
    if system.condition is not None and not system.condition.law():
        raise UsageError(
            "Expected --condition, since the checkpoint does not hold the conditions of its training set, but got "
            "none. Give the condition of the samples."
        )


def _check_table(system: "AdversarialSystem", output: Path) -> None:
    from lit_wgan.data.transforms import TableTransform

    if not isinstance(system.transform, TableTransform):
        raise UsageError(
            f"Expected a generator of rows of a table for --output {output}, but this one was trained on other data. "
            "Let --output end in .npy, or name a folder."
        )


def _draw(system: "AdversarialSystem", output: Path, count: int, asked: "Condition | None") -> None:
    from lit_wgan.callbacks.pictures import drawing_of

    shape = tuple(system.sample(slice(1)).shape[1:])
    drawing = drawing_of(shape, system.transform)
    if drawing is None:
        raise UsageError(
            f"Expected samples that make a picture, of at most four axes, but got samples of shape "
            f"{shape}. Let --output end in .npy, or name a folder."
        )
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        drawing.draw(drawing.generated(system, count, condition=asked), output)
    say(f"A picture of samples is in {output}.")


def _write(system: "AdversarialSystem", output: Path, count: int, asked: "Condition | None", batch_size: int) -> None:
    """Write samples, and beside them the condition of each."""
    import torch

    from lit_wgan.callbacks.sample_files import save_array, save_conditions, save_sample, save_table

    folder = output.parent if output.suffix in FILES else output
    with writing(output):
        folder.mkdir(parents=True, exist_ok=True)
    if output.suffix in FILES:
        samples = torch.cat([samples.cpu() for _, samples in _drawn(system, count, asked, batch_size)])
        if output.suffix in TABLES:
            save_table(samples, cast("TableTransform", system.transform), output)
        else:
            save_array(samples, output)
    else:
        for first, samples in _drawn(system, count, asked, batch_size):
            for number, each in enumerate(samples, first):
                save_sample(each, number, output, system.transform)
    told = system.condition_of_samples(slice(count)) if asked is None else asked
    if told is None:
        say(f"The samples are in {output}.")
        return
    conditions = folder / ("conditions.npy" if folder == output else f"{output.stem}_conditions.npy")
    save_conditions(told, conditions)
    say(f"The samples are in {output}, and their conditions in {conditions}.")


def _drawn(
    system: "AdversarialSystem", count: int, asked: "Condition | None", batch_size: int
) -> "Iterator[tuple[int, Tensor]]":
    """Samples, a batch at a time, with the number of the first of each batch."""
    from lit_wgan.engine.minibatches import map_condition

    for first in range(0, count, batch_size):
        rows = slice(first, min(first + batch_size, count))
        yield first, system.sample(rows, batch_size, map_condition(itemgetter(rows), asked))
