"""Each rule on runs made to have its fault, and on runs that train well: the table of docs/troubleshooting.md."""

import re
from pathlib import Path

import pytest
import yaml

from lit_wgan.reports.diagnosis import RULES, diagnose
from lit_wgan.reports.words import finding_in_words
from lit_wgan.runs.run import Run

ROOT = Path(__file__).parents[3]
RUNS = Path(__file__).parent / "runs"
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
TABLE = {
    name: (made, found)
    for name, made, found in re.findall(r"^\| `(\w+)` \| ([^|]*?) \| ([^|]*?) \|$", PAGE, flags=re.MULTILINE)
}
"""Of each run the faults that it was made to have, none of one that trains well, and what is found."""


def names(findings):
    return [finding.rule for finding in findings]


def test_every_run_is_in_the_table_and_the_readme():
    readme = (RUNS / "README.md").read_text()
    directories = sorted(path.parent.name for path in RUNS.glob("*/metrics.csv"))
    assert directories == sorted(TABLE)
    assert [name for name in directories if f"`{name}`" not in readme] == []


@pytest.mark.parametrize("name", TABLE)
def test_the_table_tells_what_is_found_and_no_run_that_trains_well_has_a_fault(name):
    made, told = TABLE[name]
    findings = diagnose(Run(RUNS / name))
    assert ", ".join(names(findings)) == told
    expected = list(filter(None, made.split(", ")))
    for rule in expected:
        assert (rule in names(findings)) == (not rule.startswith("(")), "a fault in parentheses is known to be missed"
        assert rule.strip("()") not in names(findings) or not rule.startswith("(")
    assert made or [finding for finding in findings if finding.kind == "fault"] == []


def test_every_rule_is_shown_right_on_a_run_made_to_have_its_fault():
    made = {rule for made, _ in TABLE.values() for rule in made.split(", ")}
    rules = {rule.__name__.replace("_", " ").replace("held out", "held-out") for rule in RULES}
    assert {rule for rule in made if rule and not rule.startswith("(")} == rules


@pytest.mark.parametrize("name", TABLE)
def test_findings_fit_a_line_and_lead_to_a_heading(name):
    for finding in diagnose(Run(RUNS / name)):
        assert len(finding_in_words(finding)) <= 120
        heading = f"{finding.rule[:1].upper()}{finding.rule[1:]}"
        assert f"\n## {heading}\n" in PAGE
        assert finding.page == f"docs/troubleshooting.md#{heading.lower().replace(' ', '-')}"


def test_faults_come_before_hints():
    kinds = [finding.kind for finding in diagnose(Run(RUNS / "clip_value_1e_4"))]
    assert kinds == sorted(kinds)
    assert set(kinds) == {"fault", "hint"}


def run(tmp_path, metrics="", config=None):
    """A run with the given columns of metrics.csv."""
    if metrics:
        (tmp_path / "metrics.csv").write_text(metrics)
    if config is not None:
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    return Run(tmp_path)


@pytest.mark.parametrize("config", [None, {}, {"trainer": None}, {"trainer": {"callbacks": None}}])
@pytest.mark.parametrize("metrics", ["", "critic/loss,step\n1,10\n", "my/metric,eval/w1,step\nnan,nan,10\n"])
def test_nothing_is_found_in_a_run_that_logged_next_to_nothing(tmp_path, metrics, config):
    assert diagnose(run(tmp_path, metrics, config)) == []


def test_values_that_are_not_finite_are_passed_over(tmp_path):
    rows = "".join(f"{'1,0' if step % 2 else 'nan,inf'},{step}\n" for step in range(40))
    found = diagnose(run(tmp_path, f"generator/loss,critic/wasserstein_estimate,step\n{rows}"))
    assert names(found) == ["critic constant"]


@pytest.mark.parametrize(
    "name", ["clip_value_1e_4", "rates_5e_2_wgan_gp", "rates_5e_4_gan", "ok_oscillations", "ok_sky"]
)
def test_without_w1_the_same_is_found_by_sliced_w1(name, tmp_path):
    text = (RUNS / name / "metrics.csv").read_text().replace("eval/w1", "eval/other")
    found, sliced = diagnose(Run(RUNS / name)), diagnose(run(tmp_path, text))
    assert names(sliced) == names(found)
    assert all(finding.seen.startswith("Sliced W1") for finding in sliced if finding.rule.startswith("w1"))


@pytest.mark.parametrize(
    ("training", "held_out", "expected"),
    [(9.0, -1.0, ["held-out gap"]), (9.0, 3.0, []), (0.5, 0.01, [])],
)
def test_a_gap_is_one_where_the_estimate_stays_in_training_and_falls_on_held_out_samples(
    training, held_out, expected, tmp_path
):
    """Where both fall until noise is left, their ratio says nothing."""
    rows = "".join(f"{10.0 if step < 40 else training},{9.0 if step < 40 else held_out},{step}\n" for step in range(91))
    metrics = f"critic/wasserstein_estimate,eval/wasserstein_estimate,step\n{rows}"
    assert names(diagnose(run(tmp_path, metrics))) == expected


def test_a_single_callback_is_read_as_a_list_of_one(tmp_path):
    callback = {"class_path": "lit_wgan.ExactW1", "init_args": {"num_samples": 20}}
    found = diagnose(run(tmp_path, "eval/w1,step\n1,10\n", {"trainer": {"callbacks": callback}}))
    assert names(found) == ["few samples"]


def test_fid_of_few_images_is_told_with_inception_alone(tmp_path):
    rows = "fidelity/fid,fidelity/fid_digits,fidelity/num_samples,step\n{},{},500,10\n"
    assert names(diagnose(run(tmp_path, rows.format(30.0, "")))) == ["few samples"]
    assert diagnose(run(tmp_path, rows.format("", 30.0))) == []
