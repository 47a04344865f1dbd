"""Metrics in words."""

import subprocess
import sys

import pytest

from lit_wgan.evaluation.options import METRICS
from lit_wgan.evaluation.two_sample.kinds import SAMPLE_METRICS
from lit_wgan.reports.words import KINDS, in_words, metrics_in_words
from lit_wgan.runs.run import Run


def test_the_main_metric_comes_first_and_is_told_with_what_a_perfect_generator_would_reach():
    told = in_words({"eval/sliced_w1": 0.3, "eval/sliced_w1_floor": 0.1, "eval/w1": 3.14, "eval/w1_floor": 2.74})
    assert told == [
        "W1 3.14; a perfect generator would reach about 2.74 on these samples: 15 % above it.",
        "Sliced W1 0.3; a perfect generator would reach about 0.1 on these samples: 3.0 times it.",
    ]


@pytest.mark.parametrize(
    ("name", "value", "floor", "verdict"),
    [
        ("eval/w1", 2.7, 2.74, ": reached."),
        ("eval/recall", 0.3, 0.96, ": 31 % of it."),
        ("eval/recall", 0.97, 0.96, ": reached."),
        ("eval/auc", 0.52, 0.5, ": hardly told from real ones."),
        ("eval/auc", 0.02, 0.5, ": nearly always told from real ones."),  # worse than chance is no better
        ("eval/energy", 0.009, -0.001, "-0.001 on these samples."),  # around 0 there are no shares
        ("eval/w1", float("nan"), 2.74, "2.74 on these samples."),
        ("eval/w1", 1.0, 0.0, "0 on these samples."),
    ],
)
def test_verdicts(name, value, floor, verdict):
    (told,) = in_words({name: value, f"{name}_floor": floor})
    assert told.endswith(verdict)


def test_metrics_of_ones_own_are_told_by_their_names_with_and_without_a_floor():
    metrics = {"eval/my_ratio": 1.5, "eval/my_ratio_floor": 1.0, "eval/error": 0.25, "eval/a_floor": 2.0}
    assert in_words(metrics | {"critic/loss": 1.0, "my/own": 3.0}) == [
        "eval/my_ratio 1.5; training samples in their place give 1 on these samples.",
        "eval/error 0.25.",
        "eval/a_floor 2.",
    ]


def test_images_are_told_with_their_extractor_and_single_classes_are_not():
    metrics = {"fidelity/fid_digits": 2.88, "fidelity/fid": 30.0, "fidelity/num_samples": 5000.0}
    metrics |= {"fidelity/accuracy_digits": 0.98, "fidelity/accuracy_digits_class_3": 0.97}
    assert in_words(metrics) == [
        "FID (digits) 2.88; 0 would be perfect.",
        "FID 30; 0 would be perfect.",
        "Share of samples of the class they were told (digits) 0.98; 1 at best.",
    ]


def test_the_estimate_of_each_system_is_called_what_it_is():
    (gan,) = in_words({"eval/jensen_shannon_estimate": 0.12})
    assert gan == "Estimate of the Jensen-Shannon divergence 0.12; at most log 2 = 0.693."
    (wgan,) = in_words({"eval/wasserstein_estimate": 0.3})
    assert "within this run only" in wgan
    slope = {"eval/wasserstein_estimate": 11.2, "eval/wasserstein_estimate_per_slope": 8.0, "eval/gradient_norm": 1.4}
    assert in_words(slope) == ["Critic's estimate of W1 on held-out samples, over its slope 8."]


def test_every_metric_of_the_package_has_a_sentence_that_fits_a_line():
    names = [f"eval/{name}" for kind in SAMPLE_METRICS.values() for name in kind.names]
    assert not [name for name in names if name not in KINDS]
    metrics = dict.fromkeys([*names, *(f"{name}_floor" for name in names), *KINDS], 0.012345)
    metrics |= {f"fidelity/{name}": 0.1 for choice in METRICS.values() for name in choice.names}
    assert max(map(len, in_words(metrics))) <= 120


def test_words_of_a_run_need_no_torch(tmp_path):
    (tmp_path / "metrics.csv").write_text("eval/w1,eval/w1_floor,step\n3.2,2.74,10\n3.14,2.74,20\n")
    assert metrics_in_words(Run(tmp_path))[0].startswith("W1 3.14; ")
    code = "import sys, lit_wgan.reports.words, lit_wgan.reports.diagnosis; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
