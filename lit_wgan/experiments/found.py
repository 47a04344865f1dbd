"""Find experiments by their names: ``wgan/figure_2`` is that in ``experiments/wgan/figure_2.py``."""

import difflib
import inspect
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from lit_wgan.errors import UsageError
from lit_wgan.experiments.experiment import Experiment

FOLDER = Path("experiments")


def names() -> list[str]:
    """The names of all experiments in the working directory, paper by paper.

    Raises:
        UsageError: if there are none.
    """
    found = [path for path in FOLDER.glob("*/*.py") if not path.stem.startswith("_")]
    if not found:
        raise UsageError(
            "Expected a folder experiments/ with <paper>/<name>.py in the working directory, but got none. Run this in "
            "a clone of lit-wgan."
        )
    return sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in found)


def chosen_names(wanted: Sequence[str]) -> list[str]:
    """The names of the experiments that are meant; of all of them if nothing is named.

    Args:
        wanted: names; a paper's, such as ``wgan``, for all of its experiments; or a paper's and a number, such as
            ``wgan/2`` for ``wgan/figure_2``.

    Raises:
        UsageError: for a name of none.
    """
    known = names()
    chosen: dict[str, None] = {}
    for each in wanted or known:
        meant = [name for name in known if _is_meant(each.strip("/"), name)]
        if not meant:
            near = difflib.get_close_matches(each, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
            raise UsageError(f"Expected the name of an experiment, but got {each}. {hint}")
        chosen |= dict.fromkeys(meant)
    return list(chosen)


def _is_meant(wanted: str, name: str) -> bool:
    paper, _, place = name.partition("/")
    of_paper, _, number = wanted.partition("/")
    return wanted in (name, paper) or (of_paper == paper and number != "" and number in place.split("_"))


def source(name: str) -> Path:
    """The file of an experiment."""
    return FOLDER / f"{name}.py"


def load(name: str) -> Experiment:
    """The experiment of a name.

    Raises:
        UsageError: for a file that holds none, or several.
    """
    module = import_module(f"{FOLDER}.{name.replace('/', '.')}")
    here = [
        each
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, Experiment) and each.__module__ == module.__name__
    ]
    if len(here) != 1:
        raise UsageError(
            f"Expected one subclass of Experiment in {source(name)}, but got {len(here)}. Leave one there."
        )
    experiment: Experiment = here[0]()
    return experiment
