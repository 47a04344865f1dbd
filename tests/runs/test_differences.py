"""Options by flat names, and those that differ between runs."""

import pytest

from lit_wgan.runs.differences import differences, shown
from lit_wgan.runs.flat_options import flat_options


def test_options_have_the_names_of_the_command_line():
    model = {"class_path": "lit_wgan.WGAN", "init_args": {"clip_value": 0.1, "critic": {"init_args": {"width": 4}}}}
    flat = flat_options({"model": model, "trainer": {"callbacks": [], "devices": 2}, "seed_everything": 0, "data": {}})
    assert flat == {
        "model.class_path": "lit_wgan.WGAN",
        "model.clip_value": 0.1,
        "model.critic.width": 4,
        "trainer.callbacks": [],
        "trainer.devices": 2,
        "seed_everything": 0,
        "data": {},
    }


def config(model="lit_wgan.WGANGP", callbacks=(), **options):
    return {"model": {"class_path": model, "init_args": options}, "trainer": {"callbacks": list(callbacks)}}


def w1(n):
    return {"class_path": "lit_wgan.ExactW1", "init_args": {"num_samples": n}}


def test_options_that_differ_are_told_with_the_value_of_each_run_and_no_others_are():
    configs = [config(gp_weight=10.0, n_critic=5), config(gp_weight=1.0, n_critic=5), config(gp_weight=10, n_critic=5)]
    assert differences(configs) == [("model.gp_weight", (10.0, 1.0, 10))]
    assert differences([]) == differences(configs[:1]) == []


def test_another_class_is_the_value_of_what_it_was_given_for():
    found = differences([config(gp_weight=10.0), config("my.module.WGAN", clip_value=0.1)])
    wanted = [("model", ("WGANGP", "WGAN")), ("model.gp_weight", (10.0, None)), ("model.clip_value", (None, 0.1))]
    assert found == wanted


def test_callbacks_are_compared_by_their_class_wherever_they_stand_in_the_list():
    a = config(callbacks=[w1(500), {"class_path": "Other"}])
    b = config(callbacks=[{"class_path": "Other"}, w1(100), w1(7)])
    option = "trainer.callbacks.ExactW1"
    assert differences([a, b]) == [
        (f"{option}.num_samples", (500, 100)),
        (f"{option} 2", (None, "ExactW1")),
        (f"{option} 2.num_samples", (None, 7)),
    ]
    assert differences([config(), config(callbacks=[{"class_path": "Other"}])]) == [
        ("trainer.callbacks.Other", (None, "Other"))
    ]


def test_names_of_runs_and_options_that_older_versions_lack_are_no_differences():
    assert differences([{"name": "a", "data": {"transform": None}}, {"name": "b", "wandb": {"name": "c"}}]) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (True, "true"), (1e-4, "0.0001"), ([0.0, 0.9], "[0,0.9]"), ("eval/w1", "eval/w1"), (64, "64")],
)
def test_values_are_shown_as_they_are_given_on_the_command_line(value, text):
    assert shown(value) == text
