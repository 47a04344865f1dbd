"""What differs between the configurations of runs."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lit_wgan.runs.flat_options import flat_options

UNINTERESTING = ("name", "ckpt_path", "wandb.name")
"""Options that tell runs apart, and not what was tried in them."""


class Difference(NamedTuple):
    """An option that is not the same in all runs.

    Attributes:
        option: its name on the command line, such as ``model.gp_weight``; objects in a list are named by their class,
            as in ``trainer.callbacks.ExactW1.num_samples``.
        values: one for each run; None where it is not set, or where there is no such option.
    """

    option: str
    values: tuple[Any, ...]


def differences(configs: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """The options that differ between configurations, in the order of the files, without those of its name.

    Args:
        configs: all options of each run, by section, such as :attr:`Run.config <lit_wgan.runs.run.Run.config>`.
    """
    flat = [_options(config) for config in configs]
    found = []
    for option in dict.fromkeys(option for options in flat for option in options):
        values = tuple(options.get(option) for options in flat)
        if option not in UNINTERESTING and any(value != values[0] for value in values):
            found.append(Difference(option, values))
    return found


def shown(value: Any) -> str:
    """The value of an option, as one gives it on the command line; a class without its package, None as ``-``."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(shown(each) for each in value)}]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def _options(config: Mapping[str, Any]) -> dict[str, Any]:
    """Flat options, of which a class is the value of what it is given for: ``model`` and not ``model.class_path``."""
    flat = flat_options({name: _by_class(value) for name, value in config.items()})
    named = {option.removesuffix(".class_path"): value for option, value in flat.items() if value not in ([], {})}
    return {option: _class_name(value) if f"{option}.class_path" in flat else value for option, value in named.items()}


def _class_name(path: Any) -> Any:
    return path.rpartition(".")[2] if isinstance(path, str) else path


def _by_class(value: Any) -> Any:
    """Options in which lists of objects are objects by the name of their class; a second of one class has a number."""
    if isinstance(value, dict):
        return {name: _by_class(each) for name, each in value.items()}
    if not isinstance(value, list) or not all(isinstance(each, dict) and "class_path" in each for each in value):
        return value
    named: dict[str, Any] = {}
    for each in value:
        name = str(_class_name(each["class_path"]))
        count = sum(known.partition(" ")[0] == name for known in named)
        named[f"{name} {count + 1}" if count else name] = _by_class(each)
    return named
