"""The command: train, measure, draw, and say which claims hold."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from lit_wgan.commands.columns import in_columns
from lit_wgan.commands.options import Parser
from lit_wgan.commands.paper_figures.conclusions import Conclusions
from lit_wgan.commands.paper_figures.training import Training, train
from lit_wgan.commands.terminal import say
from lit_wgan.engine.files import make_writable
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.experiments import Experiment
from lit_wgan.experiments.found import chosen_names, load
from lit_wgan.experiments.outcome import Outcome

EXAMPLES = """\
  lit-wgan figures                              all experiments of the papers, reduced, with one seed
  lit-wgan figures wgan/figure_2 gan --seeds 3  one, and all of a paper, with three seeds
  lit-wgan figures wgan_gp/3 --full             with the paper's own budget: for a GPU
"""
HEADER = ["experiment", "claim", "the paper", "here", "verdict"]
WIDEST = 60
"""Characters of a claim in the table."""


def parser() -> Parser:
    """The parser of the command's options."""
    parser = Parser(
        "lit-wgan figures",
        examples=EXAMPLES,
        description="Repeat experiments of the papers: train what they need, measure, draw, and say whether the claim "
        "holds. What was trained before is not trained again, and what was interrupted goes on.",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="such as wgan/figure_2, wgan/2, or wgan for all of that paper; or all"
    )
    parser.add_argument("--full", action="store_true", help="the papers' own budgets, most of which take a GPU days")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="train each with the seeds 0 to N - 1")
    parser.add_argument("--parallel", type=int, default=None, metavar="N", help="runs at a time; one for each core")
    parser.add_argument("--output", default="figures", metavar="DIR", help="folder of runs, numbers and pictures")
    parser.add_argument("--list", action="store_true", help="show the experiments and what they claim, and end")
    return parser


def paper_figures(arguments: list[str]) -> int:
    """Run the command; 1 if an experiment failed, which a claim that does not hold is not.

    Raises:
        UsageError: for an unknown experiment, numbers below 1, and a folder that cannot be written.
        KeyboardInterrupt: after a signal.
    """
    chosen = parser().parse_args(arguments)
    experiments = {name: load(name) for name in chosen_names(chosen.names)}
    if chosen.list:
        say("\n".join(in_columns([[name, each.claim] for name, each in experiments.items()])))
        return 0
    parallel = len(os.sched_getaffinity(0)) if chosen.parallel is None else chosen.parallel
    check_positive(**{"--seeds": chosen.seeds, "--parallel": parallel})
    output = Path(chosen.output).expanduser()
    _check_output(output)
    left_out = {name for name, each in experiments.items() if not (each.has_reduced or chosen.full)}
    trainings = {
        name: [_trainings(each, seed, chosen.full, output / "runs") for seed in range(chosen.seeds)]
        for name, each in experiments.items()
        if name not in left_out
    }
    conclusions = Conclusions(experiments, trainings, chosen.full, output)
    with closing(train(_each_once(trainings.values()), parallel)) as ended:
        for training, error in ended:
            conclusions.take(training, error)
    say(_table(experiments, conclusions.outcomes, conclusions.failures, left_out))
    say(f"Everything is in {output}: for each experiment picture.png, picture.pdf, numbers.csv, result.json; runs/.")
    return 1 if conclusions.failures else 0


def _check_output(output: Path) -> None:
    try:
        make_writable(output)
    except OSError as error:
        raise UsageError(
            f"Expected --output to be a folder that can be written, but got {output} ({error.strerror}). Choose "
            "another."
        ) from error


def _trainings(experiment: Experiment, seed: int, full: bool, folder: Path) -> list[Training]:
    runs = experiment.runs(full)
    return [Training(label, tuple(runs[label]), seed, folder, experiment.may_diverge) for label in runs]


def _each_once(of_experiments: Iterable[Sequence[Sequence[Training]]]) -> list[Training]:
    """The trainings of all experiments: first all of the first seed, so that something is there to look at early."""
    everything = [training for of_seeds in of_experiments for runs in of_seeds for training in runs]
    by_folder = {training.folder: training for training in sorted(everything, key=lambda training: training.seed)}
    return list(by_folder.values())


def _table(
    experiments: Mapping[str, Experiment],
    outcomes: Mapping[str, Outcome],
    failures: Mapping[str, str],
    left_out: set[str],
) -> str:
    rows = [HEADER]
    for name, experiment in experiments.items():
        row = [name, _short(experiment.claim), _short(experiment.published)]
        if name in outcomes:
            outcome = outcomes[name]
            row += [f"{outcome.headline} {outcome.measured()}", outcome.verdict()]
        elif name in left_out:
            row += ["", f"needs --full ({experiment.full_cost})"]
        else:
            row += ["", f"failed: {_short(failures[name])}"]
        rows.append(row)
    faults = [f"{name}: {failure}" for name, failure in failures.items()]
    return "\n".join(["", *in_columns(rows), *([""] if faults else []), *faults])


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3].rstrip()}..."
