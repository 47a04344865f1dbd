"""Read a parameter of a sweep file as a distribution of Optuna, and list or spread its values."""

import itertools
import math
import os
from collections.abc import Callable, Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from scipy.stats.qmc import Halton

from lit_wgan.commands.sweep.choices import check_choice, remedy
from lit_wgan.errors import UsageError

Value = None | bool | int | float | str
"""A value of a parameter."""

_BUILDERS: dict[str, Callable[[dict[str, Any]], BaseDistribution]] = {
    "constant": lambda spec: CategoricalDistribution([spec["value"]]),
    "categorical": lambda spec: CategoricalDistribution(spec["values"]),
    "int_uniform": lambda spec: IntDistribution(spec["min"], spec["max"]),
    "uniform": lambda spec: FloatDistribution(spec["min"], spec["max"]),
    "q_uniform": lambda spec: FloatDistribution(spec["min"], spec["max"], step=spec["q"]),
    "log_uniform_values": lambda spec: FloatDistribution(spec["min"], spec["max"], log=True),
}
_WANDB_ONLY = (
    *("log_uniform", "inv_log_uniform", "inv_log_uniform_values", "q_log_uniform", "q_log_uniform_values"),
    *("normal", "q_normal", "log_normal", "q_log_normal", "beta", "q_beta", "categorical_w_probabilities"),
)
LARGEST = 2**53
"""The largest number of a range, up to which floats hold all whole numbers; and the most steps in one."""
MOST_TRIALS = 10**6
"""The most trials of a grid."""
_KEYS = ("value", "values", "min", "max", "q", "distribution")


def read_parameter(name: str, spec: Any) -> BaseDistribution:
    """Read the distribution that a sweep file describes.

    Args:
        name: of the parameter, for messages.
        spec: the file's entry, such as ``{min: 0.1, max: 1.0, distribution: log_uniform_values}``.

    Raises:
        UsageError: for a distribution that W&B or the local search does not know, and for values that do not fit it.
    """
    if not isinstance(spec, dict):
        raise UsageError(
            f"Expected {name} to have a value, values, or a min and max, but got {spec}. Write one of them."
        )
    if "parameters" in spec:
        raise UsageError(f"Expected {name} to be one option, but got a group. Write {name}.OPTION, with dots.")
    kind = spec.get("distribution") or _implied(name, spec)
    if kind in _WANDB_ONLY:
        raise UsageError(
            f"Expected {name} to have one of the distributions {', '.join(_BUILDERS)}, but got {kind}, which only W&B "
            "draws. Take log_uniform_values for a scale of powers, or let wandb run this sweep."
        )
    check_choice(f"the distribution of {name}", kind, [*_BUILDERS, *_WANDB_ONLY])
    for key in spec:
        if key not in _KEYS:
            raise UsageError(f"Expected {name} to have only {', '.join(_KEYS)}, but got {key}. {remedy(key, _KEYS)}")
    return _BUILDERS[kind](
        _values(name, spec, kind) if kind in ("constant", "categorical") else _range(name, spec, kind)
    )


def _implied(name: str, spec: dict[str, Any]) -> str:
    """The distribution that W&B assumes where the file names none."""
    if "value" in spec or "values" in spec:
        return "constant" if "value" in spec else "categorical"
    if "min" not in spec or "max" not in spec:
        raise UsageError(f"Expected {name} to have a value, values, or a min and max, but got {spec}. Add some.")
    return "int_uniform" if _is_int(spec["min"]) and _is_int(spec["max"]) else "uniform"


def _values(name: str, spec: dict[str, Any], kind: str) -> dict[str, Any]:
    key = "value" if kind == "constant" else "values"
    values = [spec.get("value")] if kind == "constant" else spec.get("values")
    plain = isinstance(values, list) and all(isinstance(value, Value) and is_argument(str(value)) for value in values)
    if key not in spec or not plain or not values:
        raise UsageError(
            f"Expected {key} of {name} to be {'' if kind == 'constant' else 'a list of '}numbers, words or booleans, "
            f"but got {spec.get(key)}. Write what the command line takes."
        )
    return spec


def _range(name: str, spec: dict[str, Any], kind: str) -> dict[str, Any]:
    """The bounds, and a ``q`` of 1 if there is none."""
    spec = {"q": 1} | spec
    for key in ("min", "max", "q"):
        value = spec.get(key)
        number = _is_int(value) or (isinstance(value, float) and kind != "int_uniform")
        number = number and -LARGEST <= spec[key] <= LARGEST
        if not number:
            what = "a whole number" if kind == "int_uniform" else "a number"
            dot = " YAML wants a dot: 1.0e-4." if isinstance(value, str) else " Write one."
            raise UsageError(f"Expected {key} of {name} to be {what}, but got {value}.{dot}")
    if spec["min"] > spec["max"]:
        raise UsageError(f"Expected {name} to have min below max, but got {spec['min']} and {spec['max']}. Swap them.")
    if kind == "log_uniform_values" and spec["min"] <= 0:
        raise UsageError(
            f"Expected min of {name} to be above 0 on a logarithmic scale, but got {spec['min']}. Raise it, or take "
            "the distribution uniform."
        )
    if not spec["q"] > 0 or (spec["max"] - spec["min"]) / spec["q"] > LARGEST:
        raise UsageError(
            f"Expected q of {name} to be above 0, and not too small for the range, but got {spec['q']}. Write the step "
            "between values."
        )
    if (spec["max"] - spec["min"]) % spec["q"] and kind == "q_uniform":
        spec["max"] -= (spec["max"] - spec["min"]) % spec["q"]  # which no step reaches
    return spec


def is_argument(text: str) -> bool:
    """Whether a text can be an argument of a process."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def extremes(distribution: BaseDistribution) -> list[Value]:
    """The values to check a command line with: all of a list, the ends of a range."""
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    return [distribution.low, distribution.high]


def spread(parameters: Mapping[str, BaseDistribution], number: int) -> dict[str, Value]:
    """Point ``number`` of Halton's sequence, which spreads evenly over all values and begins in the middle."""
    points = Halton(len(parameters), scramble=False).fast_forward(number + 1).random(1)[0]
    return {name: _at(each, share) for (name, each), share in zip(parameters.items(), points.tolist(), strict=True)}


def _at(distribution: BaseDistribution, share: float) -> Value:
    """The quantile of a distribution at ``share``, from 0 to 1."""
    if isinstance(distribution, FloatDistribution) and distribution.step is None:
        low, high = distribution.low, distribution.high
        value: float = low * (high / low) ** share if distribution.log else low + share * (high - low)
        return value
    return _value(distribution, int(share * _count("", distribution)))


def is_logarithmic(distribution: BaseDistribution) -> bool:
    """Whether a logarithmic scale suits the values: they are drawn on one, or positive over two decades."""
    numbers = [value for value in extremes(distribution) if isinstance(value, int | float) and value > 0]
    spread = len(numbers) == len(extremes(distribution)) and max(numbers) >= 100 * min(numbers)
    return bool(getattr(distribution, "log", False) or spread)


def grid(parameters: Mapping[str, BaseDistribution]) -> list[dict[str, Value]]:
    """All combinations of values, the last parameter changing fastest.

    Raises:
        UsageError: for a parameter that has infinitely many, and for more than ``MOST_TRIALS`` combinations.
    """
    counts = [_count(*pair) for pair in parameters.items()]
    if math.prod(counts) > MOST_TRIALS:
        raise UsageError(
            f"Expected a grid of at most {MOST_TRIALS} trials, but got {' x '.join(map(str, counts))}. List fewer."
        )
    values = [[_value(each, number) for number in range(_count("", each))] for each in parameters.values()]
    return [dict(zip(parameters, chosen, strict=True)) for chosen in itertools.product(*values)]


def _count(name: str, distribution: BaseDistribution) -> int:
    """How many values a parameter has."""
    if isinstance(distribution, CategoricalDistribution):
        return len(distribution.choices)
    if isinstance(distribution, IntDistribution):
        return distribution.high - distribution.low + 1
    assert isinstance(distribution, FloatDistribution)
    if distribution.step is None:
        raise UsageError(f"Expected {name} to list its values for a grid, but got a range. Write values: [...].")
    return round((distribution.high - distribution.low) / distribution.step) + 1


def _value(distribution: BaseDistribution, number: int) -> Value:
    """Value ``number`` of those that a parameter has."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[number]
    if isinstance(distribution, IntDistribution):
        return distribution.low + number
    assert isinstance(distribution, FloatDistribution)
    assert distribution.step is not None
    return distribution.low + number * distribution.step


def shown(value: Value) -> str:
    """A value as text, numbers with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
