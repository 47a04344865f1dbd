"""Tables and figures."""

import csv

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from lit_wgan.commands.sweep.figure import draw
from lit_wgan.commands.sweep.file import read_sweep
from lit_wgan.commands.sweep.report import write_report
from lit_wgan.commands.sweep.search import Search

DECADES = {"distribution": "log_uniform_values", "min": 0.001, "max": 1.0}


@pytest.fixture
def search(sweep_file, tmp_path):
    """Five trials, one of each kind and two that finished, over a range, words and a constant."""
    parameters = {"c": DECADES, "norm": {"values": ["a", "b"]}, "trainer.devices": {"value": 2}}
    search = Search(read_sweep(sweep_file(parameters=parameters, method="random")), tmp_path, [])
    for value, state in [(3.0, "COMPLETE"), (1.0, "COMPLETE"), (2.0, "PRUNED"), (4.0, "FAIL"), (5.0, None)]:
        trial = search.begin()
        search.report(trial, [(100, value + 1), (200, value)], 1000)
        if state:
            finished = state == "COMPLETE"
            search.end(trial, TrialState[state], value if finished else None, "a | b" if state == "FAIL" else "")
    return search


@pytest.mark.slow
def test_table_lists_the_finished_from_the_best_and_then_the_others(search, tmp_path):
    text = write_report(search, tmp_path)
    assert text == (tmp_path / "results.md").read_text()
    with (tmp_path / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["trial", "c", "norm", "eval/w1", "updates", "state"]
    assert [row["trial"] for row in rows] == ["1", "0", "2", "4", "3"]
    states = ["finished", "finished", "stopped early", "interrupted", "failed: a | b"]
    assert [row["state"] for row in rows] == states
    assert [row["eval/w1"] for row in rows] == ["1.0", "3.0", "2.0", "5.0", "4.0"]
    assert all(row["updates"] == "200" for row in rows)
    assert "failed: a / b" in text


@pytest.mark.slow
def test_the_largest_is_the_best_where_more_is_better(sweep_file, tmp_path):
    file = read_sweep(sweep_file(metric={"name": "eval/smallest_mode_share", "goal": "maximize"}))
    search = Search(file, tmp_path, [])
    for value in (0.1, 0.3, 0.2):
        trial = search.begin()
        search.report(trial, [(100, value)], 100)
        search.end(trial, TrialState.COMPLETE, value)
    write_report(search, tmp_path)
    with (tmp_path / "results.csv").open() as results:
        assert [row["trial"] for row in csv.DictReader(results)] == ["1", "2", "0"]


@pytest.mark.slow
def test_there_is_a_figure_for_each_parameter_that_varies(search, tmp_path):
    write_report(search, tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["c.png", "norm.png"]


def trial(value, x, distribution, state=TrialState.COMPLETE):
    finished = state == TrialState.COMPLETE
    return create_trial(
        params={"x": x},
        distributions={"x": distribution},
        value=value if finished else None,
        intermediate_values={1: value},
        state=state,
    )


def test_figure_has_a_logarithmic_axis_and_marks_the_best():
    decades = FloatDistribution(0.001, 1, log=True)
    kinds = [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL]
    trials = [trial(number, 10.0**-number, decades, kind) for number, kind in enumerate(kinds)]
    (axes,) = draw(trials, "x", decades, "eval/w1", False).axes
    assert (axes.get_xscale(), axes.get_xlabel(), axes.get_ylabel()) == ("log", "x", "eval/w1")
    places = {marks.get_label(): marks.get_offsets().tolist() for marks in axes.collections}
    assert places == {
        "finished": [[1.0, 0.0], [0.1, 1.0]],
        "stopped early": [[0.01, 2.0]],
        "failed": [[0.001, 0.0]],
        "best: 1, 0": [[1.0, 0.0]],
    }


@pytest.mark.parametrize(("worst", "scale"), [(3.0, "linear"), (30.0, "log")])
def test_a_bad_trial_does_not_press_the_others_flat(worst, scale):
    words = CategoricalDistribution(["a", "b"])
    (axes,) = draw([trial(1.0, "b", words), trial(worst, "a", words)], "x", words, "eval/w1", False).axes
    assert axes.get_yscale() == scale


def test_figure_of_words_has_a_place_for_each():
    words = CategoricalDistribution(["a", "b"])
    (axes,) = draw([trial(2.0, "b", words), trial(3.0, "a", words)], "x", words, "eval/w1", False).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]
    assert axes.collections[0].get_offsets().tolist() == [[1.0, 2.0], [0.0, 3.0]]


def test_figure_of_no_finished_trial_marks_none_as_best():
    words = CategoricalDistribution(["a", "b"])
    (axes,) = draw([trial(2.0, "b", words, TrialState.FAIL)], "x", words, "eval/w1", False).axes
    assert [marks.get_label() for marks in axes.collections] == ["failed"]
