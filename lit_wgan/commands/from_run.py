"""Options of the commands that draw samples from a run, and the system that they draw from."""

from typing import TYPE_CHECKING, Any

from lit_wgan.commands.given_condition import read_condition
from lit_wgan.commands.options import Parser
from lit_wgan.errors import UsageError, check_positive
from lit_wgan.trained import Trained, find_trained

if TYPE_CHECKING:
    from jsonargparse import Namespace

    from lit_wgan.systems import AdversarialSystem

RUN = "a checkpoint, a run's directory, or its name in runs/; runs the classes that the config.yaml of its run names"
CONDITION = "a class such as 3, a number such as 0.5, a list such as '[0.1, 0.2]', an .npy file, an image"


def add_run(parser: Parser) -> None:
    """Add the run that samples are drawn from."""
    parser.add_argument("run", metavar="RUN_OR_CKPT", help=RUN)


def add_run_options(parser: Parser) -> None:
    """Add the options of how samples are drawn."""
    parser.add_argument("--seed", type=int, metavar="S", help="for other samples, of other noise; without it the run's")
    parser.add_argument("--live", action="store_true", help="draw from the generator itself, not its moving average")
    parser.add_argument("--config", metavar="FILE", help="config.yaml of the run, if it is not in the checkpoint's run")
    parser.add_argument("--accelerator", default="auto", help="such as cpu or gpu")
    parser.add_argument("--batch_size", type=int, default=256, help="samples that are drawn at a time")


def check_run_options(chosen: "Namespace", **positive: int) -> None:
    """Refuse numbers out of range before anything is loaded."""
    check_positive(**positive, **{"--batch_size": chosen.batch_size})
    if chosen.seed is not None and chosen.seed < 0:
        raise UsageError(f"Expected --seed to be at least 0, but got {chosen.seed}. Take another number.")


def given_condition(chosen: "Namespace") -> Any:
    """What ``--condition`` says; None for nothing.

    Raises:
        UsageError: for what is no condition.
    """
    given = None if chosen.condition is None else read_condition(chosen.condition)
    if given is None and chosen.condition is not None:
        raise UsageError(
            f"Expected --condition to be a number, a list of numbers, or a file, but got {chosen.condition}. Give one "
            "of these, or leave it out."
        )
    return given


def found_run(chosen: "Namespace") -> Trained:
    """The checkpoint that is meant."""
    return find_trained(chosen.run, chosen.config)


def prepared_(system: "AdversarialSystem", chosen: "Namespace") -> "AdversarialSystem":
    """The system on its device, with the seed and the generator that are asked for."""
    from lightning.fabric import Fabric  # takes seconds, which --help and mistakes need not wait for

    from lit_wgan.functional.streams import RandomStreams

    if chosen.live:
        system.ema_generator = None
    if chosen.seed is not None:
        system.streams = RandomStreams(chosen.seed)
    return system.to(Fabric(accelerator=chosen.accelerator, devices=1).device)


def check_law(system: "AdversarialSystem") -> None:
    """Raise a UsageError if no condition was asked for and the checkpoint knows none."""
    if system.condition is not None and not system.condition.law():
        raise UsageError(
            "Expected --condition, since the checkpoint does not hold the conditions of its training set, but got "
            "none. Give the condition of the samples."
        )


def origin(system: "AdversarialSystem") -> str:
    """Which samples they are, in a few words."""
    return f"seed {system.streams.seed}, generator update {system.counters.generator_updates}"
