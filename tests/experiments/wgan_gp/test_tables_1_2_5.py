import pytest

from experiments.wgan_gp.appendix_c import AppendixC
from experiments.wgan_gp.tables_1_2_5 import SCORE, Tables125, architectures, outcome_of
from lit_wgan.experiments import Result
from lit_wgan.runs.run import Run


@pytest.mark.parametrize(
    ("scores", "outcome"),
    [((4, 2), "only_gan"), ((2, 4), "only_wgan_gp"), ((4, 5), "both"), ((3, 1), "neither")],
)
def test_an_architecture_succeeds_with_a_score_above_the_threshold(scores, outcome):
    assert outcome_of(*scores, threshold=3) == outcome


def test_architectures_are_the_same_every_time_and_more_begin_with_the_few():
    assert architectures(8) == architectures(200)[:8]
    assert len(set(architectures(8))) == 8


def test_norm_and_weight_decay_are_those_of_the_system():
    options = [architecture.options("layer") for architecture in architectures(200)]
    for each in options:
        norm = each[each.index("--model.critic.norm") + 1]
        assert norm in ("layer", "none")
        assert ("--model.critic_optimizer.weight_decay" in each) == (norm == "layer")


def runs(folder, experiment, score):
    """Runs that end with a score of the label; None for one that logged nothing."""
    made = {}
    for label in experiment.runs(full=False):
        (folder / label).mkdir()
        value = score(label)
        (folder / label / "metrics.csv").write_text("" if value is None else f"step,{SCORE}\n400,{value}\n")
        made[label] = Run(folder / label)
    return made


def test_a_table_counts_who_succeeds_and_a_run_that_diverged_does_not(tmp_path):
    experiment = Tables125()
    of = runs(tmp_path, experiment, lambda label: 8 if "wgan_gp" in label else None if label.endswith("0") else 4)
    numbers = experiment.measure(of)
    assert numbers["inception_score_gan_0"] == 1
    assert [numbers[f"{outcome}_above_3"] for outcome in ("only_gan", "only_wgan_gp", "both", "neither")] == [
        0,
        1,
        7,
        0,
    ]
    assert numbers["only_wgan_gp_above_7"] == 8
    assert experiment.holds(numbers)
    assert experiment.draw([Result(0, of, numbers)]).axes


@pytest.mark.parametrize(("one_sided", "holds"), [(5.0, False), (7.0, True)])
def test_the_sign_test_tells_a_penalty_that_is_always_better(one_sided, holds, tmp_path):
    experiment = AppendixC()

    def score(label):
        worse = label.startswith("one_sided") and (holds is False or int(label[-1]) % 2)
        return one_sided if worse else 6.0

    of = runs(tmp_path, experiment, score)
    numbers = experiment.measure(of)
    assert experiment.holds(numbers) == holds
    assert numbers["two_sided_better"] + numbers["one_sided_better"] == (4 if holds else 8)
    assert experiment.draw([Result(0, of, numbers)]).axes
