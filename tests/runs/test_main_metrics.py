"""Which metrics say most, and what was best among their values."""

import pytest

from lit_wgan.runs.main_metrics import badness, is_measured, main_metrics, measured, values_of
from lit_wgan.runs.run import Run


def made(directory, metrics, config="trainer: {max_steps: 30}\n"):
    (directory / "config.yaml").write_text(config)
    (directory / "metrics.csv").write_text(metrics)
    return Run(directory)


def test_the_best_value_has_its_update_and_nan_is_never_the_best(tmp_path):
    run = made(tmp_path, "eval/w1,eval/w1_floor,step\n3,2,10\nnan,2,20\n2.5,2,30\n2.75,1.5,40\n")
    assert values_of(run, "eval/w1") == (2.5, 30, 2.75, 40, 1.5)


@pytest.mark.parametrize(
    ("metric", "best"), [("eval/coverage", 0.9), ("eval/parzen", 0.9), ("eval/w1", 0.1), ("eval/auc", 0.6)]
)
def test_the_best_value_depends_on_what_is_better_of_the_metric(tmp_path, metric, best):
    run = made(tmp_path, f"{metric},step\n0.1,1\n0.9,2\n0.6,3\n")
    assert values_of(run, metric).best == best
    assert min(0.1, 0.9, 0.6, key=lambda value: badness(metric, value)) == best


def test_the_metric_by_which_checkpoints_are_chosen_comes_first_and_is_best_by_their_mode(tmp_path):
    config = "checkpoint: {monitor: eval/mine, mode: max}\n"
    run = made(tmp_path, "eval/w1,eval/mine,fidelity/fid_digits,eval/mmd,step\n1,2,3,4,1\n1,5,3,4,2\n", config)
    assert measured(run) == ["eval/mine", "eval/w1", "fidelity/fid_digits", "eval/mmd"]
    assert main_metrics(run) == measured(run)[:3]
    assert values_of(run, "eval/mine").best == 5


def test_floors_metrics_of_single_classes_and_the_critics_own_do_not_measure_samples():
    others = ("eval/w1_floor", "fidelity/fid_class_3", "eval/wasserstein_estimate", "critic/loss", "fidelity/seconds")
    others += ("eval/parzen_error", "eval/parzen_bandwidth")
    estimates = ("eval/jensen_shannon_estimate", "eval/le_cam_estimate", "eval/wasserstein_estimate_per_slope")
    assert not any(is_measured(name) for name in others + estimates)
    assert all(is_measured(name) for name in ("eval/w1", "fidelity/fid_digits", "eval/my_own"))
