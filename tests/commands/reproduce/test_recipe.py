"""What is read from a run's directory, and what is refused."""

import shutil
from pathlib import Path

import pytest

from lit_wgan.commands.reproduce.recipe import read_recipe


def test_attempts_after_the_one_that_ended_the_run_do_not_count(finished):
    (finished / "config_0000003.yaml").write_text("an attempt that was refused")
    recipe = read_recipe(finished)
    assert list(recipe.environments) == ["environment.json"]
    assert recipe.result["generator_updates"] == 3


def test_a_run_that_was_continued_keeps_the_updates_at_which_it_ended(fit):
    fit()
    recipe = read_recipe(fit("--ckpt_path", "last", "--trainer.max_steps", "5"))
    assert recipe.ends == {3}
    assert list(recipe.environments) == ["environment.json", "environment_0000003.json"]
    assert recipe.config["trainer"]["max_steps"] == 5


def test_the_update_that_the_run_ended_at_counts_even_if_an_attempt_was_to_end_there(finished, change):
    run = finished
    shutil.copy(run / "config.yaml", run / "config_0000002.yaml")
    shutil.copy(run / "environment.json", run / "environment_0000002.json")
    change(run / "result.json", config="config_0000002.yaml")
    assert read_recipe(run).ends == set()


def lose(name):
    return lambda run: (run / name).unlink()


def write(name, text):
    return lambda run: (run / name).write_text(text)


RESULT = '{"config": "../config.yaml", "generator_updates": 3, "weights_sha256": {}, "metrics": {}}'
BROKEN = {
    "no run": (shutil.rmtree, "Expected RUN_DIR to be the directory of a run, such as"),
    "no result": (lose("result.json"), "result.json, which a run writes when it ends, but got no such file"),
    "no environment": (lose("environment.json"), "environment.json, but got no such file"),
    "no configuration": (lose("config.yaml"), "config.yaml, which is no file. Take another run."),
    "result that is not JSON": (write("result.json", "{"), "damaged or of an earlier version (JSONDecodeError"),
    "result without an entry": (write("result.json", "{}"), "damaged or of an earlier version (KeyError: 'config')"),
    "result that is a list": (write("result.json", "[]"), "damaged or of an earlier version (TypeError"),
    "environment of an earlier version": (write("environment.json", '{"seed": 0}'), "(KeyError: 'accelerator')"),
    "configuration that is not YAML": (write("config.yaml", "a: [b"), "config.yaml, which is not YAML: "),
    "configuration of something else": (
        write("config.yaml", "a: b"),
        "to be the configuration of a run, but got model=None",
    ),
    "configuration without updates": (
        write("config.yaml", "{model: {}, data: {}, trainer: {max_steps: many}}"),
        "but got trainer.max_steps='many'. Take another run.",
    ),
    "configuration with a 13th month": (write("config.yaml", "a: 2001-13-01"), "which is not YAML: month must be"),
    "configuration with a tag": (write("config.yaml", "a: !!bool x"), "which is not YAML: 'x'"),
    "configuration of billions": (
        write(
            "config.yaml", "\n".join(["a0: &a0 [1, 1]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))])
        ),
        "which is not YAML: its aliases stand for more than 1000000 values",
    ),
    "result of another file": (write("result.json", RESULT), "but got config='../config.yaml'. Take another run."),
    "result of a deep nest": (write("result.json", "[" * 10**5), "damaged or of an earlier version (RecursionError"),
    "metrics without steps": (write("metrics.csv", "a,b\n1,2\n"), "but got ValueError: no column step. Mend the file"),
    "metrics that are no numbers": (write("metrics.csv", "step,a\n1,x\n"), "to hold steps and numbers, but got Value"),
}


@pytest.mark.parametrize(("damage", "message"), BROKEN.values(), ids=BROKEN)
def test_a_record_that_is_missing_or_damaged_ends_in_one_plain_line(damage, message, finished, command):
    damage(finished)
    status, out, err = command("reproduce", str(finished))
    assert status == 2
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1
    assert not Path("runs/reproduced").exists()


@pytest.mark.parametrize(("name", "value"), [("devices", "two"), ("seed", True), ("accelerator", "own.Accelerator")])
def test_an_entry_of_the_wrong_kind_is_named(name, value, finished, command, change):
    change(finished / "environment.json", **{name: value})
    status, _, err = command("reproduce", str(finished))
    assert status == 2
    assert f"environment.json to be a record of lit-wgan, but got {name}={value!r}" in err


def test_a_run_whose_options_changed_on_the_way_is_refused(fit, command):
    fit()
    run = fit("--ckpt_path", "last", "--trainer.max_steps", "5", "--model.gp_weight", "3")
    status, _, err = command("reproduce", str(run))
    assert status == 2
    assert "got model.init_args.gp_weight=0.1 in config.yaml and 3.0 in config_0000003.yaml" in err


def test_a_run_that_changed_devices_on_the_way_is_refused(fit, command, change):
    fit()
    run = fit("--ckpt_path", "last", "--trainer.max_steps", "5")
    change(run / "environment_0000003.json", devices=2)
    status, _, err = command("reproduce", str(run))
    assert status == 2
    assert "got devices=1 in environment.json and 2 in environment_0000003.json" in err


def test_a_wrong_option_names_the_help(command):
    status, _, err = command("reproduce", "run", "--directory", "x")
    assert status == 2
    assert "lit-wgan reproduce --help lists the options." in err
