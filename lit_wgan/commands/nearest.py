"""``lit-wgan nearest``: the training samples that are nearest to generated ones."""

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
    from torch import Tensor

    from lit_wgan.systems import AdversarialSystem
    from lit_wgan.trained.nearest import Neighbours

ENDINGS = (".png", ".csv", ".npy")
EXAMPLES = """\
  lit-wgan nearest wgan_gp_digits                            8 samples with their 5 nearest training samples
  lit-wgan nearest wgan_gp_digits -n 20 -k 3 -o near.png --extractor digits
  lit-wgan nearest wgan_gp_table -n 100 -k 1 -o distances.csv
"""


def parser() -> Parser:
    """The parser of the command's options."""
    parser = Parser(
        "lit-wgan nearest",
        description="Look for copies: find the training samples nearest to generated ones, by Euclidean distance in "
        "the units that the networks see, and the share of samples that are nearer to training than to held-out data.",
        examples=EXAMPLES,
    )
    add_run(parser)
    parser.add_argument("-n", "--num", type=int, default=8, help="number of generated samples")
    parser.add_argument("-k", type=int, default=5, help="training samples for each")
    outputs = "ends in .png for a picture, with distances in a .csv beside it, or in .csv or .npy for distances alone"
    parser.add_argument("-o", "--output", metavar="FILE", default="nearest.png", help=outputs)
    features = "distances between features instead: an extractor's name, such as digits, its file, or a function's path"
    parser.add_argument("--extractor", help=features)
    parser.add_argument("--condition", metavar="VALUE | FILE", help=f"of all samples, or one for each: {CONDITION}")
    add_run_options(parser)
    return parser


def nearest(arguments: list[str]) -> None:
    """Run the command.

    Raises:
        UsageError: for wrong options, and for training samples that cannot be searched; also what loading raises.
    """
    chosen = parser().parse_args(arguments)
    check_run_options(chosen, **{"--num": chosen.num, "-k": chosen.k})
    output = Path(chosen.output)
    if output.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"Expected --output to end in {' or '.join(ENDINGS)}, but got {output}. Choose one of these endings."
        )
    condition, trained = given_condition(chosen), found_run(chosen)
    from lit_wgan.evaluation.two_sample.features import Features
    from lit_wgan.trained import nearest as search

    features = None if chosen.extractor is None else Features(chosen.extractor)
    system, data = trained.system_and_data()
    prepared_(system, chosen)
    if condition is None:
        check_law(system)
    train, held_out = search.training_and_held_out(data)
    see = features or search.network_units(system.transform)
    samples = system.sample(slice(chosen.num), chosen.batch_size, condition).cpu()
    found = search.nearest(samples, train, chosen.k, see)
    _write(system, samples, found, output)
    what = f"{len(samples)} samples ({origin(system)}) and the nearest {found.numbers.shape[1]} of {train.count}"
    say(f"{what} training samples are in {output}.")
    if held_out is None:
        say("The run holds out no samples that can be compared with: the share of memorised samples is not known.")
    elif system.condition is None or system.condition.law():
        many = system.sample(slice(min(search.COMPARED, train.count, held_out.count)), chosen.batch_size).cpu()
        say(search.memorised(many, train, held_out, see).in_words())


def _write(system: "AdversarialSystem", samples: "Tensor", found: "Neighbours", output: Path) -> None:
    from lit_wgan.callbacks.sample_files import save_array
    from lit_wgan.trained.rows_files import save_distances, save_neighbours

    ending = output.suffix.lower()
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        if ending == ".npy":
            save_array(found.distances, output)
            return
        save_distances(found, output.with_suffix(".csv"))
        if ending == ".png":
            save_neighbours(samples, found, output, system.transform)
