"""Whatever stands in the files of a run, of a sweep, of statistics and images: it is read, or refused in one line."""

import io
import json
import os
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
import yaml
from mutations import changed_bytes, changed_value

from lit_wgan.commands.errors import describe
from lit_wgan.commands.reproduce.command import variables_of, with_own_directory
from lit_wgan.commands.reproduce.comparison import compare_environments, compare_results, compare_rows
from lit_wgan.commands.reproduce.recipe import read_recipe
from lit_wgan.commands.sweep.command_line import command_line, fit_options
from lit_wgan.commands.sweep.file import read_sweep
from lit_wgan.commands.sweep.parameters import extremes, grid, spread
from lit_wgan.errors import UsageError
from lit_wgan.evaluation.image_sets import open_image_set
from lit_wgan.evaluation.reference import read_npz
from lit_wgan.runs.metrics_file import keep_rows
from lit_wgan.runs.metrics_rows import read_rows

CONFIG = {
    "seed_everything": 0,
    "model": {"class_path": "lit_wgan.WGANGP", "init_args": {"latent_dim": 2, "betas": [0.5, 0.9]}},
    "data": {"class_path": "lit_wgan.ToyData"},
    "trainer": {"max_steps": 3, "callbacks": [{"class_path": "lit_wgan.ExactW1"}], "logger": None},
    "checkpoint": {"dirpath": None},
}
ENVIRONMENT = {
    "command": ["lit-wgan", "fit"],
    "seed": 0,
    "git_commit": "12ab",
    "packages": {"torch": "2.15.0"},
    "accelerator": "cpu",
    "devices": 1,
    "cpu_threads": 2,
    "variables": {"MKL_CBWR": "AVX2", "PYTHONPATH": "/planted"},
}
RESULT = {
    "config": "config_0000002.yaml",
    "generator_updates": 3,
    "weights_sha256": {"critic": "ab"},
    "metrics": {"a": 1.5},
}
METRICS = b'epoch,step,eval/w1,a\n0,1,,0.5\n0,2,1.25,nan\n0,3,"2",\n'
SWEEP = {
    "program": "lit_wgan/__main__.py",
    "command": ["${env}", "${interpreter}", "-m", "lit_wgan", "fit", "--data.root=${envvar:DATA}", "${args}"],
    "method": "bayes",
    "metric": {"name": "eval/w1", "goal": "minimize"},
    "parameters": {
        "model.gp_weight": {"distribution": "log_uniform_values", "min": 0.01, "max": 100.0},
        "model.n_critic": {"values": [1, 5]},
        "a": {"distribution": "q_uniform", "min": 0, "max": 1.0, "q": 0.25},
        "b": {"min": 1, "max": 3},
        "c": {"value": "x"},
    },
    "early_terminate": {"type": "hyperband", "max_iter": 9, "s": 2, "eta": 3},
    "run_cap": 5,
}


def survives(function, what):
    """Whether a function takes its input; it may refuse it, in one line, and must not fail in another way."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function()
    except (UsageError, FileNotFoundError) as error:
        if len(describe(error).splitlines()) != 1:
            raise AssertionError(f"{error} for {what[:2000]!r}") from error
        return False
    except Exception as error:
        raise AssertionError(f"{type(error).__name__}: {error} for {what[:2000]!r}") from error
    return True


@pytest.fixture
def run(tmp_path):
    """The record of a run of two attempts."""
    for name, contents in (("config", CONFIG), ("config_0000002", CONFIG)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(contents))
    for name in ("environment", "environment_0000002"):
        (tmp_path / f"{name}.json").write_text(json.dumps(ENVIRONMENT))
    (tmp_path / "result.json").write_text(json.dumps(RESULT))
    (tmp_path / "metrics.csv").write_bytes(METRICS)
    return tmp_path


def use(run):
    """All that is done with a record before the run is repeated, and behind."""
    recipe = read_recipe(run)
    variables = variables_of(recipe)
    assert "PYTHONPATH" not in variables or variables["PYTHONPATH"] != "/planted"
    assert all(isinstance(value, str) and "\0" not in value for value in variables.values())
    yaml.safe_dump(with_own_directory(recipe, Path("again")))
    list(map(str, compare_results(recipe.result, RESULT)))
    list(map(str, compare_environments(recipe.environment, ENVIRONMENT)))
    list(map(str, compare_rows(recipe.rows, [(1, {"a": 1.0})], recipe.result["generator_updates"], recipe.ends)))


def read_or_refuse(path, contents, use):
    """Write several contents to a file; each is used or refused in one line, and both happen."""
    results = []
    for each in contents:
        path.write_bytes(each)
        results.append(survives(use, each))
    assert {True, False} == set(results)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["config.yaml", "config_0000002.yaml", "environment.json", "result.json"])
def test_a_record_is_read_or_refused_in_one_line(name, run):
    choose = random.Random(f"record {name}")
    path = run / name
    sound = path.read_bytes()
    value = yaml.safe_load(sound)
    assert survives(lambda: use(run), sound)

    def change(number):
        if number % 2:
            return changed_bytes(sound, choose)
        changed = changed_value(value, choose)
        return (yaml.safe_dump(changed) if name.endswith("yaml") else json.dumps(changed, default=repr)).encode()

    read_or_refuse(path, map(change, range(150)), lambda: use(run))


@pytest.mark.slow
def test_metrics_are_read_or_refused_in_one_line(tmp_path):
    choose = random.Random("metrics")
    path = tmp_path / "metrics.csv"
    results = []
    for _ in range(600):
        contents = changed_bytes(METRICS, choose)
        path.write_bytes(contents)
        read = survives(lambda: list(read_rows(path)), contents)
        assert survives(lambda: keep_rows(path, 2), contents) == read
        results.append(read)
        if read:
            assert all(step <= 2 for step, _ in read_rows(path))
    assert {True, False} == set(results)


def search(path):
    """All that is done with a sweep file before its command is parsed."""
    file = read_sweep(path)
    values = {name: extremes(distribution)[0] for name, distribution in file.parameters.items()}
    assert all(b"\0" not in os.fsencode(word) for word in command_line(file, values))
    fit_options(file, command_line(file, values))
    spread(file.parameters, 3)
    if file.method == "grid":
        grid(file.parameters)


@pytest.mark.slow
def test_a_sweep_file_is_read_or_refused_in_one_line(tmp_path):
    choose = random.Random("sweep")
    path = tmp_path / "sweep.yaml"

    def change(number):
        method = choose.choice(["bayes", "grid"])
        sound = SWEEP | {"method": method}
        if method == "grid":
            sound["parameters"] = {name: SWEEP["parameters"][name] for name in ("model.n_critic", "a", "b", "c")}
        text = yaml.safe_dump(changed_value(sound, choose), sort_keys=False).encode()
        return changed_bytes(text, choose) if number % 3 == 0 else text

    read_or_refuse(path, map(change, range(600)), lambda: search(path))


def npz(contents, compress):
    buffer = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(buffer, **contents)
    return buffer.getvalue()


@pytest.mark.slow
def test_statistics_are_read_or_refused_in_one_line(tmp_path):
    choose = random.Random("npz")
    path = tmp_path / "file.npz"
    arrays = {"mu": np.zeros(3), "sigma": np.eye(3), "factor": np.eye(3), "metadata": np.array('{"count": 5}')}
    others = [np.zeros(0), np.zeros((2, 2)), np.array("x"), np.array([1j]), np.zeros(3, "M8[D]"), np.full(3, np.inf)]
    others += [np.array(text) for text in ("[]", '{"shape": [1, "a"]}', '{"count": -1e99}', "[" * 5000, '{"shape": 0}')]

    def change(number):
        changed = dict(arrays)
        if number % 2:
            changed[choose.choice(list(arrays))] = choose.choice(others)
        contents = npz(changed, compress=number % 3 == 0)
        return contents if number % 4 == 1 else changed_bytes(contents, choose)

    read_or_refuse(path, map(change, range(1000)), lambda: read_npz(path))


@pytest.mark.slow
def test_arrays_are_read_or_refused_in_one_line(tmp_path):
    choose = random.Random("npy")
    path = tmp_path / "images.npy"
    kinds = [np.zeros((2, 1, 2, 2), np.uint8), np.zeros(2), np.zeros((0, 1, 2, 2), np.uint8), np.array(["a"])]

    def change(_):
        np.save(path, choose.choice(kinds))
        return changed_bytes(path.read_bytes(), choose)

    read_or_refuse(path, map(change, range(600)), lambda: open_image_set(str(path)))
