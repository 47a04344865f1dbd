"""``lit-wgan interpolate``: samples on the way from one of a run's samples to another."""

from pathlib import Path
from typing import TYPE_CHECKING

from lit_wgan.commands.from_run import (
    CONDITION,
    add_run,
    add_run_options,
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

ROWS = 8
"""Where none are asked for."""
ENDINGS = (".png", ".npy", ".gif", ".mp4")
HOWS = ("linear", "spherical")
EXAMPLES = """\
  lit-wgan interpolate wgan_gp_digits                        8 rows, from sample 0 to 1, 1 to 2 and so on
  lit-wgan interpolate wgan_gp_digits --between 3 14 15 --steps 12 -o three.png
  lit-wgan interpolate wgan_gp_digits_by_class --condition 3 -o threes.gif
  lit-wgan interpolate wgan_gp_curves_by_number --between 0 1 -o curves.npy
"""


def parser() -> Parser:
    """The parser of the command's options."""
    parser = Parser(
        "lit-wgan interpolate",
        description="Draw what a run's generator makes of noise on the way from one sample's to another's: a row for "
        "each pair of samples. Conditions of numbers change on the way; a row is of one class.",
        examples=EXAMPLES,
    )
    add_run(parser)
    between = "numbers of the samples: from the first to the second, on to the third and so on"
    parser.add_argument("--between", type=int, nargs="+", metavar="I", help=between)
    parser.add_argument("--rows", type=int, help=f"number of rows without --between (default: {ROWS})")
    parser.add_argument("--steps", type=int, default=16, help="samples in a row, both ends included")
    how = "linear or spherical; without it, spherical for normal noise, linear for uniform noise"
    parser.add_argument("--how", metavar="HOW", help=how)
    parser.add_argument("--condition", metavar="VALUE | FILE", help=f"of all rows, or one for each: {CONDITION}")
    outputs = "ends in .png for a picture, .npy for an array (rows, steps, ...), .gif or .mp4 for a video"
    parser.add_argument("-o", "--output", metavar="FILE", default="interpolation.png", help=outputs)
    add_run_options(parser)
    return parser


def interpolate(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options; also what loading raises.
    """
    chosen = parser().parse_args(arguments)
    output = Path(chosen.output)
    _check(chosen, output)
    condition, trained = given_condition(chosen), found_run(chosen)
    from lit_wgan.callbacks.sample_files import save_array
    from lit_wgan.trained.interpolation import interpolation, usual_rows
    from lit_wgan.trained.rows_files import save_interpolation

    system = prepared_(trained.system(), chosen)
    if chosen.between:
        pairs = list(zip(chosen.between, chosen.between[1:], strict=False))
    else:
        pairs, usual = usual_rows(system, chosen.rows or ROWS)
        condition = usual if condition is None else condition
    rows = interpolation(system, pairs, chosen.steps, chosen.how, condition, chosen.batch_size)
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.suffix.lower() == ".npy":
            save_array(rows, output)
        else:
            written = save_interpolation(rows, output, system.transform)
            if written != output:
                say(f"Nothing here writes {output.suffix} (pip install 'lit-wgan[video]'): a .gif instead.")
            output = written
    say(f"{len(rows)} rows of {chosen.steps} samples ({origin(system)}) are in {output}.")


def _check(chosen: "Namespace", output: Path) -> None:
    check_run_options(chosen, **({} if chosen.rows is None else {"--rows": chosen.rows}))
    if chosen.between is not None and len(chosen.between) < 2:
        raise UsageError(
            f"Expected --between to name at least two samples, but got {chosen.between[0]} alone. Name another behind "
            "it, such as --between 0 1."
        )
    if chosen.between is not None and chosen.rows is not None:
        raise UsageError(
            f"Expected --between or --rows, but got both. Leave out --rows: {len(chosen.between)} samples make "
            f"{len(chosen.between) - 1}."
        )
    if chosen.steps < 2:
        raise UsageError(f"Expected --steps to be at least 2, the ends, but got {chosen.steps}. Take more.")
    if chosen.how not in (None, *HOWS):
        raise UsageError(f"Expected --how to be {' or '.join(HOWS)}, but got {chosen.how}. Take one of them.")
    if output.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"Expected --output to end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}, but got {output}. Choose one of "
            "these endings."
        )
