"""Sweep files that are sound, and those that are not."""

from pathlib import Path

import pytest

from lit_wgan.commands.sweep.file import EarlyStop, read_sweep

SHIPPED = sorted((Path(__file__).parents[3] / "configs" / "sweeps").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_file_says_how_to_run_it_and_how_long_it_takes(path):
    text = path.read_text()
    assert f"lit-wgan sweep configs/sweeps/{path.name}" in text
    assert f"wandb sweep configs/sweeps/{path.name}" in text
    assert "# Time: " in text
    assert read_sweep(path).metric in ("eval/w1", "fidelity/fid_digits")


def test_names_and_projects_are_no_part_of_what_trials_depend_on(sweep_file):
    plain, named = (read_sweep(sweep_file(**keys)) for keys in ({}, {"name": "a", "project": "b", "run_cap": 3}))
    assert plain.meaning == named.meaning
    assert named.run_cap == 3


@pytest.mark.parametrize(
    ("spec", "rungs"),
    [
        ({"min_iter": 3}, EarlyStop(3, 3)),
        ({"min_iter": 3, "eta": 2}, EarlyStop(3, 2)),
        ({"max_iter": 27, "s": 2}, EarlyStop(3, 3)),
        ({"max_iter": 4, "s": 9, "eta": 2}, EarlyStop(1, 2)),
    ],
)
def test_hyperband_has_its_lowest_rung_where_wandb_has_it(spec, rungs, sweep_file):
    assert read_sweep(sweep_file(early_terminate={"type": "hyperband"} | spec)).early_stop == rungs


def early(**spec):
    return {"early_terminate": {"type": "hyperband"} | spec}


BAD = {
    "unknown key": ({"paramters": {}}, "but got paramters. Did you mean parameters?"),
    "no method": ({"method": None}, "to be one of bayes, random, grid, but got None"),
    "unknown method": ({"method": "bays"}, "to be one of bayes, random, grid, but got bays. Did you mean bayes?"),
    "no command": ({"command": None}, "to be the list of a trial's arguments, but got None. Copy that of"),
    "command of one word": ({"command": "lit-wgan fit"}, "to be the list of a trial's arguments, but got lit-wgan"),
    "no metric": ({"metric": None}, "to have a name and a goal, but got None"),
    "metric without a name": ({"metric": {"goal": "minimize"}}, "to have a name and a goal"),
    "unknown goal": ({"metric": {"name": "eval/w1", "goal": "min"}}, "to be one of minimize, maximize, but got min"),
    "target": ({"metric": {"name": "eval/w1", "target": 0.1}}, "to be one of name, goal, but got target"),
    "critic's loss": ({"metric": {"name": "critic/loss"}}, "to judge the samples, as eval/w1 and fidelity/fid do"),
    "critic's estimate": ({"metric": {"name": "eval/wasserstein_estimate"}}, "changes with c and lambda even where"),
    "estimate of a divergence": ({"metric": {"name": "eval/le_cam_estimate"}}, "It comes from the critic"),
    "no parameters": ({"parameters": {}}, "to be options and their values, but got {}"),
    "parameter": ({"parameters": {"model.clip_value": {"min": 2, "max": 1}}}, "Expected model.clip_value to have min"),
    "another way to stop early": ({"early_terminate": {"type": "median"}}, "to have the type hyperband, but got"),
    "hyperband without an end": (early(), "to have min_iter, or max_iter and s, but got"),
    "hyperband without brackets": (early(max_iter=27), "to have min_iter, or max_iter and s, but got"),
    "unknown key of hyperband": (early(min_itr=2), "but got min_itr. Did you mean min_iter?"),
    "eta": (early(min_iter=2, eta=1.5), "to be a whole number, at least 2, but got 1.5"),
    "min_iter": (early(min_iter=0), "to be a whole number, at least 1, but got 0"),
    "run_cap": ({"run_cap": "many"}, "Expected run_cap in"),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD)
def test_file_with_a_fault_is_refused(changes, message, sweep_file):
    with pytest.raises(ValueError) as error:
        read_sweep(sweep_file(**changes))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ("method: [unclosed", "which is not YAML: "),
        (b"\xff\xfe\x00", "which is not YAML: "),
        ("- method", "which holds a list and no options. Copy one from configs/sweeps/."),
        ("", "which holds nothing and no options. Copy one"),
    ],
)
def test_file_that_is_no_mapping_in_yaml_is_refused(contents, message, tmp_path):
    path = tmp_path / "sweep.yaml"
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    with pytest.raises(ValueError) as error:
        read_sweep(path)
    assert message in str(error.value)


def test_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="Expected a sweep file .*, but got .*no_such.yaml, which is no file"):
        read_sweep(tmp_path / "no_such.yaml")
