"""A trial's command, compared with the one that W&B's agent would run."""

import sys

import pytest
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

import lit_wgan
from lit_wgan.commands.sweep.command_line import command_line, fit_options
from lit_wgan.commands.sweep.file import read_sweep

VALUES = {"model.clip_value": 1e-05, "model.gp_weight": 0.1, "trainer.devices": 2, "checkpoint.verbose": False}


@pytest.mark.parametrize("args", ["args", "args_no_equals"])
def test_arguments_are_those_of_the_agent(args, sweep_file):
    file = read_sweep(sweep_file(command=["${env}", "${interpreter}", "${program}", "fit", "${" + args + "}"]))
    words = command_line(file, VALUES)
    agents = create_sweep_command_args({"args": {name: {"value": value} for name, value in VALUES.items()}})
    assert words == ["/usr/bin/env", sys.executable, file.program, "fit", *agents[args]]
    assert fit_options(file, words) == agents[args]


def test_variables_of_the_environment_are_those_of_the_agent(sweep_file, monkeypatch):
    monkeypatch.setenv("DATA", "/my data")
    command = ["lit-wgan", "fit", "--data.root=${envvar:DATA}/x", "${envvar:MISSING}", "${args}"]
    file = read_sweep(sweep_file(command=command))
    assert command_line(file, {}) == create_sweep_command(list(command))[:-1]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["lit-wgan", "fit", "${agrs}"], r"but got \$\{agrs\}. Did you mean \$\{args\}?"),
        (["lit-wgan", "fit"], "to have .{args} where the parameters belong, but got none"),
        *(
            (command, r"to run lit_wgan fit and nothing before it but python or env, but got .*\$\{args\}")
            for command in (
                ["python", "train.py", "${args}"],
                ["sh", "-c", "touch harmed", "lit_wgan", "fit", "${args}"],
                ["${env}", "sh", "-c", "touch harmed", "lit_wgan", "fit", "${args}"],
                ["${interpreter}", "-c", "print()", "lit_wgan", "fit", "${args}"],
                ["${interpreter}", "-m", "timeit", "lit_wgan", "fit", "${args}"],
                ["${interpreter}", "-m", "lit_wgan", "predict", "lit_wgan", "fit", "${args}"],
                ["${interpreter}", "elsewhere/lit_wgan/__main__.py", "fit", "${args}"],
                ["elsewhere/lit-wgan", "fit", "${args}"],
                ["elsewhere/python", "-m", "lit_wgan", "fit", "${args}"],
                ["lit_wgan", "fit", "${args}"],
                ["${env}", "PYTHONPATH=elsewhere", "${interpreter}", "-m", "lit_wgan", "fit", "${args}"],
                ["${env}", "-S", "sh -c true", "lit_wgan", "fit", "${args}"],
                ["${interpreter}", "-m", "${args}", "lit_wgan", "fit"],
                ["${env}", "${args}"],
                ["${interpreter}", "${args}"],
            )
        ),
    ],
)
def test_command_that_is_no_training_with_parameters_is_refused(command, message, sweep_file):
    file = read_sweep(sweep_file(command=command))
    with pytest.raises(ValueError, match=message):
        fit_options(file, command_line(file, {"a": 1}))


@pytest.mark.parametrize(
    "head",
    [
        ["lit-wgan"],
        ["${env}", "lit-wgan"],
        ["python3", "-m", "lit_wgan"],
        ["${interpreter}", "-u", "-m", "lit_wgan"],
        ["${env}", "OMP_NUM_THREADS=1", "python", "-m", "lit_wgan"],
        ["${interpreter}", lit_wgan.__file__.replace("__init__", "__main__")],
    ],
)
def test_commands_that_run_training_and_nothing_else_are_taken(head, sweep_file):
    file = read_sweep(sweep_file(command=[*head, "fit", "--seed_everything", "lit_wgan", "fit", "${args}"]))
    assert fit_options(file, command_line(file, {"a": 1})) == ["--seed_everything", "lit_wgan", "fit", "--a=1"]
