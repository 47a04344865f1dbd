"""W&B's parameters as distributions."""

import math

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from lit_wgan.commands.sweep.parameters import extremes, grid, is_logarithmic, read_parameter, spread

KNOWN = {
    "constant": ({"value": 3}, CategoricalDistribution([3])),
    "words": ({"values": ["a", "b"]}, CategoricalDistribution(["a", "b"])),
    "named values": ({"values": [1, 2], "distribution": "categorical"}, CategoricalDistribution([1, 2])),
    "whole ends": ({"min": 1, "max": 5}, IntDistribution(1, 5)),
    "an end with a fraction": ({"min": 1, "max": 5.5}, FloatDistribution(1, 5.5)),
    "uniform": ({"min": 1, "max": 5, "distribution": "uniform"}, FloatDistribution(1, 5)),
    "steps": ({"min": 0.0, "max": 1.1, "q": 0.5, "distribution": "q_uniform"}, FloatDistribution(0, 1, step=0.5)),
    "decades": (
        {"min": 1e-4, "max": 1, "distribution": "log_uniform_values"},
        FloatDistribution(1e-4, 1, log=True),
    ),
}


@pytest.mark.parametrize(("spec", "distribution"), KNOWN.values(), ids=KNOWN)
def test_parameter_has_the_distribution_that_wandb_gives_it(spec, distribution):
    assert read_parameter("x", spec) == distribution


LOG = {"distribution": "log_uniform_values"}
BAD = {
    "neither values nor ends": ({"max": 3}, "Expected x to have a value, values, or a min and max"),
    "no mapping": (0.1, "Expected x to have a value, values, or a min and max, but got 0.1. Write one"),
    "group": ({"parameters": {"clip_value": {"value": 1}}}, "Write x.OPTION, with dots"),
    "no distribution": ({"min": 1, "max": 2, "distribution": "log_unifrom"}, "Did you mean log_uniform?"),
    "exponents": (
        {"min": 1, "max": 2, "distribution": "log_uniform"},
        "which only W&B draws. Take log_uniform_values",
    ),
    "normal": ({"mu": 1, "sigma": 2, "distribution": "normal"}, "but got normal, which only W&B draws"),
    "unknown key": ({"min": 1, "max": 2, "step": 1}, "but got step"),
    "min above max": ({"min": 1.0, "max": 0.1}, "Expected x to have min below max, but got 1.0 and 0.1. Swap"),
    "zero on a logarithmic scale": ({"min": 0, "max": 1} | LOG, "to be above 0 on a logarithmic scale, but got 0"),
    "number that YAML reads as a word": ({"min": "1e-4", "max": 1} | LOG, "YAML wants a dot: 1.0e-4."),
    "end that is missing": ({"min": 1} | LOG, "Expected max of x to be a number, but got None"),
    "infinite end": ({"min": 1.0, "max": math.inf}, "Expected max of x to be a number, but got inf"),
    "fraction of a whole number": ({"min": 1, "max": 2.5, "distribution": "int_uniform"}, "to be a whole number"),
    "step of nothing": ({"min": 1, "max": 2, "q": 0, "distribution": "q_uniform"}, "Expected q of x to be above 0"),
    "no values": ({"values": []}, "Expected values of x to be a list of numbers, words or booleans, but got []"),
    "values within values": ({"values": [[1], [2]]}, "Expected values of x to be a list of"),
    "constant without value": ({"distribution": "constant"}, "Expected value of x to be numbers, words"),
}


@pytest.mark.parametrize(("spec", "message"), BAD.values(), ids=BAD)
def test_parameter_that_cannot_be_drawn_is_refused(spec, message):
    with pytest.raises(ValueError) as error:
        read_parameter("x", spec)
    assert message in str(error.value)


def test_a_grid_is_every_combination():
    parameters = {
        "x": IntDistribution(1, 2),
        "y": FloatDistribution(0, 1, step=0.5),
        "z": CategoricalDistribution(["a"]),
    }
    assert grid(parameters) == [{"x": x, "y": y, "z": "a"} for x in (1, 2) for y in (0, 0.5, 1)]


def test_a_grid_of_a_range_is_refused():
    with pytest.raises(ValueError, match="Expected x to list its values for a grid, but got a range. Write values"):
        grid({"x": FloatDistribution(0, 1)})


def test_the_first_trials_halve_a_range_again_and_again():
    parameters = {"c": FloatDistribution(1e-4, 1, log=True)}
    values = [math.log10(spread(parameters, number)["c"]) for number in range(7)]
    assert values == pytest.approx([-2, -3, -1, -3.5, -1.5, -2.5, -0.5])


def test_the_first_trials_take_every_value_of_a_list():
    parameters = {"x": CategoricalDistribution(["a", "b"]), "y": IntDistribution(1, 3)}
    values = [spread(parameters, number) for number in range(6)]
    assert {each["x"] for each in values} == {"a", "b"}
    assert {each["y"] for each in values} == {1, 2, 3}


@pytest.mark.parametrize(
    ("distribution", "logarithmic"),
    [
        (FloatDistribution(0.1, 1, log=True), True),
        (CategoricalDistribution([0.001, 0.01, 0.1]), True),
        (CategoricalDistribution([0, 1, 2]), False),
        (CategoricalDistribution(["a", 1]), False),
        (IntDistribution(1, 5), False),
    ],
)
def test_decades_are_shown_on_a_logarithmic_scale(distribution, logarithmic):
    assert is_logarithmic(distribution) is logarithmic


def test_a_command_line_is_tried_with_all_values_or_both_ends():
    assert extremes(CategoricalDistribution([3, 1])) == [3, 1]
    assert extremes(IntDistribution(1, 5)) == [1, 5]
