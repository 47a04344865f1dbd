"""What is tried next, and what is stopped."""

import math
import sqlite3

import pytest
from optuna.trial import TrialState

from lit_wgan.commands.sweep.file import read_sweep
from lit_wgan.commands.sweep.search import SPREAD_TRIALS, Search

HYPERBAND = {"type": "hyperband", "min_iter": 2, "eta": 2}


@pytest.fixture
def search(sweep_file, tmp_path):
    def make(folder="sweep", more=(), **changes):
        (tmp_path / folder).mkdir(exist_ok=True)
        return Search(read_sweep(sweep_file(**changes)), tmp_path / folder, list(more))

    return make


def tried(search, number):
    """The values of so many trials, each of which finds how far lambda is from 3."""
    values = []
    for _ in range(number):
        trial = search.begin()
        values.append(search.values(trial)["model.gp_weight"])
        search.end(trial, TrialState.COMPLETE, abs(math.log(values[-1] / 3)))
    return values


@pytest.mark.slow
def test_bayes_comes_closer_than_what_it_looked_at_first(search):
    distances = [abs(math.log(value / 3)) for value in tried(search(), 20)]
    assert min(distances[SPREAD_TRIALS:]) < min(distances[:SPREAD_TRIALS])
    assert sum(distances[10:]) / 10 < sum(distances[:SPREAD_TRIALS]) / SPREAD_TRIALS


@pytest.mark.slow
@pytest.mark.parametrize("method", ["bayes", "random"])
def test_a_search_that_was_interrupted_tries_what_it_would_have_tried(method, search):
    whole = tried(search("whole", method=method), 9)
    assert [value for _ in range(3) for value in tried(search("parts", method=method), 3)] == whole
    assert len(set(whole)) == 9


@pytest.mark.slow
def test_a_grid_is_tried_in_its_order_once_and_across_attempts(search):
    grid = {"method": "grid", "parameters": {"a": {"values": [1, 2]}, "b": {"values": ["x", "y"]}}}
    began = []
    for _ in range(4):
        attempt = search(**grid)
        trial = attempt.begin()
        began.append(tuple(attempt.values(trial).values()))
        attempt.end(trial, TrialState.COMPLETE, 0.0)
    assert began == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]


@pytest.mark.slow
def test_a_trial_that_was_interrupted_is_given_again_with_its_values(search):
    trial = search().begin()
    again = search()
    (interrupted,) = again.interrupted()
    assert again.values(interrupted) == search().values(trial)


@pytest.mark.slow
def test_a_trial_that_was_interrupted_before_it_had_values_gets_those_it_would_have_had(search):
    whole = search("whole")
    for _ in range(SPREAD_TRIALS):
        whole.end(whole.begin(), TrialState.COMPLETE, 1.0)
    began = search("killed")
    for _ in range(SPREAD_TRIALS):
        began.end(began.begin(), TrialState.COMPLETE, 1.0)
    began.study.ask()
    again = search("killed")
    (interrupted,) = again.interrupted()
    assert again.values(interrupted) == whole.values(whole.begin())


def evaluate(search, trial, *values):
    return search.report(trial, [(10 * number, value) for number, value in enumerate(values, 1)], last_update=100)


@pytest.mark.slow
def test_hyperband_stops_the_worse_half_at_a_rung_and_not_before(search):
    search = search(early_terminate=HYPERBAND)
    good, bad = search.begin(), search.begin()
    assert not evaluate(search, good, 2.0, 1.0)
    assert not evaluate(search, bad, 3.0)
    assert evaluate(search, bad, 3.0, 3.0)
    assert not evaluate(search, good, 2.0, 1.0, 9.0)


@pytest.mark.slow
def test_hyperband_stops_the_lower_half_where_more_is_better(search):
    search = search(early_terminate=HYPERBAND, metric={"name": "eval/smallest_mode_share", "goal": "maximize"})
    good, bad = search.begin(), search.begin()
    assert not evaluate(search, good, 2.0, 2.0)
    assert evaluate(search, bad, 3.0, 1.0)


@pytest.mark.slow
def test_a_trial_is_not_stopped_at_its_last_update(search):
    search = search(early_terminate=HYPERBAND)
    good, bad = search.begin(), search.begin()
    evaluate(search, good, 1.0, 1.0)
    assert not search.report(bad, [(50, 3.0), (100, 3.0)], last_update=100)


@pytest.mark.slow
def test_evaluations_are_counted_once_across_attempts(search):
    search("a", early_terminate=HYPERBAND)
    first = search("a", early_terminate=HYPERBAND)
    evaluate(first, first.begin(), 2.0)
    again = search("a", early_terminate=HYPERBAND)
    (trial,) = again.interrupted()
    evaluate(again, trial, 2.0, 1.0)
    assert again.trials()[0].intermediate_values == {1: 2.0, 2: 1.0}


@pytest.mark.slow
@pytest.mark.parametrize("difference", [{"method": "random"}, {"more": ["--trainer.max_steps", "3"]}])
def test_a_folder_of_another_sweep_is_refused(difference, search):
    search()
    with pytest.raises(ValueError, match="but got one of another sweep, or of this file before it was changed. Choose"):
        search(**difference)


def test_a_file_in_the_place_of_the_study_is_refused(search, tmp_path):
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "study.db").write_text("no database, but long enough to be looked at " * 99)
    with pytest.raises(ValueError, match="study.db to be a study of Optuna, but got: .* Choose another folder"):
        search()


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [
        "update study_user_attributes set value_json='{'",
        "update trial_params set distribution_json='{'",
        "update trial_params set distribution_json='[]'",
        "delete from trial_params",
        "update trials set state='x'",
        "drop table trial_params",
    ],
)
def test_a_study_that_was_broken_is_refused_in_one_line(damage, search, tmp_path):
    tried(search(), 1)
    with sqlite3.connect(tmp_path / "sweep" / "study.db") as study:
        study.execute(damage)
    study.close()
    with pytest.raises(ValueError, match=r"Expected .*study\.db to (be|hold) ") as caught:
        search()
    assert len(str(caught.value).splitlines()) == 1
