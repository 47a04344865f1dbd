"""A run in words."""

import math

import pytest

from lit_wgan.reports.summary import duration, summary
from lit_wgan.reports.text import as_text
from lit_wgan.runs.run import Run


def test_the_summary_says_what_was_trained_on_what_how_long_and_how_well(make_run):
    trained, ended, *good = summary(make_run())
    assert trained == (
        "WGANGP (MLPGenerator and MLPCritic) was trained on digits (ImageData) for 400 generator updates in 1 min 5 s "
        "on 2 CPU threads."
    )
    assert ended == "It is finished."
    assert good == ["W1 100; a perfect generator would reach about 50 on these samples: 2.0 times it."]


def test_a_metric_that_was_better_earlier_says_when(make_run):
    run = make_run(rows="eval/w1,eval/recall,step\n3,0.1,10\n2,0.5,20\n4,0.3,30\n")
    assert summary(run)[2:] == [
        "W1 4. It was best, 2, at update 20.",
        "Recall 0.3. It was best, 0.5, at update 20.",
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_metric_that_is_not_finite_is_told_as_a_failure(make_run, value):
    assert "training has diverged" in summary(make_run(rows=f"eval/w1,step\n{value},10\n"))[2]


def test_a_run_that_logged_nothing_and_one_without_metrics_of_samples_say_so(make_run):
    assert summary(make_run("a/version_0", rows=None))[2:] == ["It has logged no metrics yet."]
    rows, measured = "generator/loss,step\n1,10\n", {"callbacks": [{"class_path": "lit_wgan.ExactW1"}]}
    assert "add one such as" in summary(make_run("b/version_0", rows, config={"trainer": {}}))[2]
    told = summary(make_run("c/version_0", rows, config={"trainer": measured}))[2]
    assert told == "No metric of samples was logged yet: the first validation was still to come."


def test_a_run_that_was_killed_says_how_it_goes_on(make_run):
    run = make_run()
    (run.directory / "result.json").unlink()
    assert summary(Run(run.directory))[1] == "It was stopped at 400 of 400 updates; --ckpt_path last continues it."


def test_a_run_without_records_of_its_environment_and_its_times_is_told_without_them(make_run):
    run = make_run(environment=None)
    (run.directory / "events.out.tfevents.1.host.2.0").unlink()
    assert summary(run)[0].endswith("for 400 generator updates.")


def test_a_configuration_of_another_form_is_told_as_far_as_it_is_known(make_run):
    run = make_run(config={"model": {"class_path": "my.Own"}, "data": {"init_args": [1]}, "trainer": {}})
    assert summary(run)[0].startswith("Own was trained on data for 400 generator updates")


def test_times_are_such_as_people_say():
    assert [duration(seconds) for seconds in (0.4, 59, 65, 12_000, 900_000)] == [
        "0 s",
        "59 s",
        "1 min 5 s",
        "3 h 20 min",
        "250 h 0 min",
    ]


def test_the_text_names_the_run_and_holds_its_summary(make_run):
    text = as_text(make_run())
    assert text.startswith("toy/version_0\n  WGANGP (MLPGenerator")
    assert "  W1 100; a perfect" in text
    assert max(map(len, text.splitlines())) <= 100
