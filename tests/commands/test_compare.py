"""``lit-wgan compare``: options, metrics and environments of runs side by side."""

import json

import pytest

CONFIG = (
    "model: {{class_path: lit_wgan.WGANGP, init_args: {{gp_weight: {0}}}}}\ntrainer: {{max_steps: 30}}\nname: {1}\n"
)


@pytest.fixture
def two(tmp_path):
    """Runs a and b of different lengths, with another weight of the penalty and another torch."""
    for name, weight, torch, rows in (("a", 10.0, "2.11", "4,2,10\n3,2,20\n"), ("b", 1.0, "2.12", "5,2,10\n")):
        directory = tmp_path / "runs" / name / "version_0"
        directory.mkdir(parents=True)
        (directory / "config.yaml").write_text(CONFIG.format(weight, name))
        (directory / "metrics.csv").write_text(f"eval/w1,eval/w1_floor,step\n{rows}")
        environment = {"command": ["fit", name], "packages": {"torch": torch, "numpy": "2"}, "git_commit": None}
        (directory / "environment.json").write_text(json.dumps(environment))


def test_what_differs_is_told_with_metrics_at_the_last_update_that_both_have(command, two):
    status, out, _ = command("compare", "a", "b")
    lines = [line.split() for line in out.splitlines() if line]
    assert status == 0
    assert lines[0] == ["a/version_0", "b/version_0"]
    assert lines[2:4] == [["options"], ["model.gp_weight", "10", "1"]]
    assert lines[5] == ["eval/w1,", "best", "3", "at", "20", "5", "at", "10"]
    assert lines[6:8] == [["at", "10", "4", "5"], ["floor", "2", "2"]]
    assert lines[8:] == [["environment"], ["packages.torch", "2.11", "2.12"]]


def test_json_holds_the_same(command, two):
    contents = json.loads(command("compare", "runs/a", "runs/b/version_0", "--json")[1])
    assert list(contents["options"]) == ["model.gp_weight"]
    w1 = contents["metrics"]["eval/w1"]
    assert (w1["update"], list(w1["at_update"].values())) == (10, [4, 5])
    assert w1["values"]["runs/a/version_0"]["best"] == 3


def test_equal_runs_without_metrics_differ_in_nothing(command, tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(f"name: {name}\n")
    out = command("compare", "a", "b")[1]
    assert ("options: the same" in out, "metrics: none" in out, "environment: the same" in out) == (True,) * 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a"], "Expected two runs or more, but got a alone. Name another."),
        (["a", "a"], "Expected two runs or more, but got a alone. Name another."),
        (["a", "c"], "Expected a run, but got c, which is not there."),
        ([], "required: runs. lit-wgan compare --help lists the options."),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_line(command, two, arguments, said):
    status, _, err = command("compare", *arguments)
    assert (status, err.count("\n")) == (2, 1)
    assert said in err


def test_an_environment_that_is_not_of_the_usual_form_is_compared_all_the_same(command, two, tmp_path):
    (tmp_path / "runs" / "b" / "version_0" / "environment.json").write_text('{"packages": [1, {"a": 2}]}')
    assert command("compare", "a", "b")[0] == 0
