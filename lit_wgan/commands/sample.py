"""``lit-wgan sample``: samples of a run's generator, without the data set it was trained on."""

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lit_wgan.commands.from_run import (
    CONDITION,
    add_run,
    add_run_options,
    check_law,
    check_run_options,
    found_run,
    given_condition,
    origin,
    prepared_,
)
from lit_wgan.commands.options import Parser
from lit_wgan.commands.terminal import say
from lit_wgan.engine.files import writing
from lit_wgan.errors import UsageError

if TYPE_CHECKING:
    from jsonargparse import Namespace

    from lit_wgan.trained.sample_forms import Drawn

FORMATS = ("png", "tif", "npy", "npz", "txt", "csv", "tsv", "parquet")
IN_FILES = ("npy", "npz", "txt", "csv", "tsv", "parquet", "png")
"""Endings of outputs that are one file; a .png is a picture of all samples."""
EXAMPLES = """\
  lit-wgan sample wgan_gp_digits                               64 samples of the newest run of this name
  lit-wgan sample runs/wgan_gp_digits/version_0 -n 1000 -o digits --seed 1
  lit-wgan sample wgan_gp_digits_by_class -n 100 --condition 3 -o threes.png
  lit-wgan sample wgan_gp_table -n 1000 -o rows.csv
  lit-wgan sample wgan_gp_text -n 1000 -o lines.txt
"""


def parser() -> Parser:
    """The parser of the command's options."""
    parser = Parser(
        "lit-wgan sample",
        description="Draw samples from a run. Sample number i is the same as in pictures and in predict.",
        examples=EXAMPLES,
    )
    add_run(parser)
    parser.add_argument("-n", "--num", type=int, default=64, help="number of samples")
    outputs = f"folder, or a file that ends in {', '.join(f'.{each}' for each in IN_FILES)}, the last for a picture"
    parser.add_argument("-o", "--output", metavar="DIR | FILE", default="generated", help=outputs)
    forms = (
        f"{', '.join(FORMATS)}: in a folder a file for each image, or one file of all samples; without it images of "
        "their own type, a .csv of a table, a .txt of text, an .npy of all else"
    )
    parser.add_argument("--format", metavar="FORMAT", help=forms)
    parser.add_argument("--grid", action="store_true", help="one picture of the samples instead")
    conditions = f"of all samples, or one for each: {CONDITION}; of several conditions a list of such; without it, "
    parser.add_argument("--condition", metavar="VALUE | FILE", help=f"{conditions}conditions as often as in training")
    add_run_options(parser)
    return parser


def sample(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options; also what loading raises.
    """
    chosen = parser().parse_args(arguments)
    check_run_options(chosen, **{"--num": chosen.num})
    output = Path(chosen.output)
    _check_output(chosen, output)
    given, trained = given_condition(chosen), found_run(chosen)
    from lit_wgan.trained.sample_forms import Drawn

    system = prepared_(trained.system(), chosen)
    asked = None if given is None else system.condition_asked(given, chosen.num)
    if asked is None:
        check_law(system)
    drawn = Drawn(system, chosen.num, asked, chosen.batch_size)
    if _is_picture(chosen, output):
        _draw(drawn, output)
    else:
        _write(drawn, output, chosen.format)


def _is_picture(chosen: "Namespace", output: Path) -> bool:
    return chosen.grid or _ending(output) == "png"


def _ending(output: Path) -> str:
    """The form that the name of a file tells; nothing for a folder."""
    ending = output.suffix.lower().removeprefix(".")
    return "" if output.is_dir() or ending not in IN_FILES else ending


def _check_output(chosen: "Namespace", output: Path) -> None:
    """Refuse forms that are unknown or two at once, and folders that are in use."""
    form, ending = chosen.format, _ending(output)
    if form is not None and form not in FORMATS:
        raise UsageError(f"Expected --format to be one of {', '.join(FORMATS)}, but got {form}. Take one of them.")
    if not ending and not output.is_dir() and re.fullmatch(r"\.[A-Za-z]{1,7}\d?", output.suffix):
        raise UsageError(
            f"Expected --output to end in {', '.join(f'.{each}' for each in IN_FILES)}, or to be a folder, but got "
            f"{output}. Choose among these endings, or name a folder without one, and its form by --format."
        )
    one = "a picture" if chosen.grid or ending == "png" else f".{ending}"
    if (form is not None and (ending or chosen.grid) and form != ending) or (chosen.grid and ending not in ("", "png")):
        got = f"--format {form} and {one}" if form is not None else f"--grid and {output}"
        raise UsageError(f"Expected one form of samples, but got {got}. Leave one out.")
    if not ending and output.is_dir() and any(output.iterdir()):
        raise UsageError(
            f"Expected --output to be a new folder, or an empty one, but got {output}, which holds other files. Name "
            "another folder, so that samples of several commands do not mix."
        )


def _draw(drawn: "Drawn", output: Path) -> None:
    from lit_wgan.callbacks.pictures import drawing_of

    shape = tuple(drawn.like().shape)
    drawing = drawing_of(shape, drawn.transform)
    if drawing is None:
        raise UsageError(
            f"Expected samples that make a picture, of at most four axes, but got samples of shape {shape}. Let "
            "--output end in .npy, or name a folder."
        )
    path = output if _ending(output) else output / "samples.png"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        drawing.draw(drawing.generated(drawn.system, drawn.count, condition=drawn.asked), path)
    say(f"A picture of samples ({origin(drawn.system)}) is in {path}.")


def _write(drawn: "Drawn", output: Path, form: str | None) -> None:
    """Write samples and their conditions, and say where they are."""
    from lit_wgan.trained.sample_forms import FORMS, bytes_of, check_form, usual_form

    like, ending = drawn.like(), _ending(output)
    form = ending or form or usual_form(like.shape, drawn.transform)
    check_form(form, like, drawn.transform)
    folder = output.parent if ending else output
    _check_room(bytes_of(form, drawn.count, like, drawn.transform), drawn.count, folder)
    with writing(output):
        folder.mkdir(parents=True, exist_ok=True)
    path = output if ending or not FORMS[form].one_file else output / f"samples.{form}"
    beside = output.with_name(f"{output.stem}_conditions.npy") if ending else output / "conditions.npy"
    conditions = FORMS[form].write(drawn, path, beside)
    told = "" if conditions is None else f", and their conditions in {conditions}"
    say(f"{drawn.count} samples ({origin(drawn.system)}) are in {path}{told}.")


def _check_room(needed: int, count: int, folder: Path) -> None:
    """Raise a UsageError if the disk of a folder that need not exist yet has less room than that."""
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.is_dir())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise UsageError(
            f"Expected room for {count} samples, about {needed / 1e9:.3g} GB, but got {free / 1e9:.3g} GB free for "
            f"{folder}. Lower --num, or name a folder on another disk by --output."
        )
