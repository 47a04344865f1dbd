"""The report on a run and a copy of it that was changed afterwards."""

import shutil
from pathlib import Path

import pytest
import torch

from lit_wgan.commands.reproduce.recipe import read_recipe
from lit_wgan.commands.reproduce.report import report


@pytest.fixture
def copy(finished):
    """A run and its copy."""
    return finished, Path(shutil.copytree(finished, "copy"))


def test_a_copy_is_equal(copy):
    run, again = copy
    text, equal = report(read_recipe(run), again)
    assert equal
    assert text.endswith("Equal to the bit.")


def test_what_differed_is_told_even_if_it_changed_nothing(copy, change):
    run, again = copy
    change(run / "environment.json", python="3.10")
    text, equal = report(read_recipe(run), again)
    assert equal
    assert "python: 3.10 then, " in text


@pytest.mark.parametrize("entry", ["weights_sha256/critic", "metrics/eval/w1"])
def test_an_entry_of_the_result_that_was_changed_is_named(entry, copy, change):
    run, again = copy
    section, _, name = entry.partition("/")
    if section == "metrics":
        text = (run / "result.json").read_text()
        (run / "result.json").write_text(text.replace('"eval/w1": ', '"eval/w1": 1'))
    else:
        change(run / "result.json", **{entry: "0" * 64})
    text, equal = report(read_recipe(run), again)
    assert not equal
    assert [line.split()[0] for line in text.splitlines() if line.endswith("DIFFERENT")] == [name]
    assert "Check whether the data do" in text or "git_dirty" in text


def test_agreement_of_a_commit_that_is_not_known_is_not_claimed(copy, change):
    run, again = copy
    change(run / "result.json", **{"weights_sha256/critic": "0" * 64})
    for each in (run, again):
        change(each / "environment.json", git_commit=None, git_dirty=None)
    text, _ = report(read_recipe(run), again)
    assert "no reason: versions, hardware and threads agree." in text
    assert "The commit of a run is not known" in text


def test_a_checkpoint_of_other_networks_leaves_the_distances_out(copy, change):
    run, again = copy
    change(run / "result.json", **{"weights_sha256/critic": "0" * 64})
    file = run / "checkpoints" / "last.ckpt"
    contents = torch.load(file, weights_only=True)
    contents["state_dict"] = {name: torch.zeros(7, 7, 7) for name in contents["state_dict"]}
    torch.save(contents, file)
    text, equal = report(read_recipe(run), again)
    assert not equal
    assert "largest difference" not in text


def test_a_row_of_the_metrics_that_was_changed_is_named(copy):
    run, again = copy
    lines = (run / "metrics.csv").read_text().splitlines()
    first = lines[1].split(",")[0]
    lines[1] = lines[1].replace(first, "7.5", 1)
    (run / "metrics.csv").write_text("\n".join(lines) + "\n")
    text, equal = report(read_recipe(run), again)
    assert not equal
    assert f"{lines[0].split(',')[0]} at update 1: 7.5 then, {first} now" in text


def test_long_lists_of_rows_are_cut(copy):
    run, again = copy
    text = (again / "metrics.csv").read_text()
    header, *lines = text.splitlines()
    (again / "metrics.csv").write_text("\n".join([header, *(line.replace("0.", "9.") for line in lines)]) + "\n")
    text, equal = report(read_recipe(run), again)
    assert not equal
    assert text.count(" at update ") == 10
    assert " more\n" in text


def test_a_run_without_metrics_is_compared_by_its_result(copy):
    run, again = copy
    (run / "metrics.csv").unlink()
    text, equal = report(read_recipe(run), again)
    assert equal
    assert "The run has no metrics.csv." in text


def test_what_differed_when_it_ran_is_told_as_a_reason(copy, change):
    run, again = copy
    change(run / "result.json", **{"weights_sha256/critic": "0" * 64})
    change(run / "environment.json", cpu="another CPU", git_dirty=True)
    change(again / "environment.json", accelerator="cuda", git_commit="1234")
    text, _ = report(read_recipe(run), again)
    for reason in (
        "cpu: another CPU then, ",
        "git_commit: ",
        "differed from the commit",
        "--trainer.deterministic true",
    ):
        assert reason in text
