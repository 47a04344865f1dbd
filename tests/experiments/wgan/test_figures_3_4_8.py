import pytest

from experiments.wgan.figures_3_4_8 import LOGGED_EVERY, SKIPPED, Figures348, correlation, filtered
from lit_wgan.experiments import Result
from lit_wgan.runs.run import Run

ESTIMATES = ("critic/wasserstein_estimate", "critic/jensen_shannon_estimate", "generator/loss")


def run(folder, curve):
    """A run whose estimates are a curve of the update; W1 falls from 10, and every 50 updates there is one."""
    lines = [f"step,eval/w1,{','.join(ESTIMATES)}"]
    for update in range(LOGGED_EVERY, 501, LOGGED_EVERY):
        w1 = 10 - update / 100 if update % 50 == 0 else ""
        lines.append(f"{update},{w1},{','.join([str(curve(update))] * 3)}")
    folder.mkdir()
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    return Run(folder)


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        (lambda update: 1 / update, 1),
        (lambda update: update, -1),
        (lambda update: 0.69, 0),
        (lambda update: 1 / update if update > SKIPPED - 20 else 0, 1),  # while the critic learns
        (lambda update: 1 / update + (update % 50 == 0), 1),  # outliers
    ],
)
def test_curves_that_fall_with_w1_correlate_with_it(curve, expected, tmp_path):
    found = correlation(run(tmp_path / "run", curve), ESTIMATES[0])
    assert found == pytest.approx(expected, abs=0.1)


def test_the_filter_takes_the_median_of_101_updates(tmp_path):
    updates, values = filtered(run(tmp_path / "run", lambda update: update % 20), ESTIMATES[0])
    assert len(values) == len(updates)
    assert set(values[5:-5]) <= {0.0, 10.0}


def test_a_seed_is_measured_and_drawn(tmp_path):
    experiment = Figures348()
    runs = {}
    for label in experiment.runs(full=False):
        runs[label] = run(tmp_path / label, (lambda u: 1 / u) if label.startswith("wgan") else (lambda u: 0.69))
    numbers = experiment.measure(runs)
    assert numbers["correlation_wgan_dcgan"] == pytest.approx(1, abs=0.1)
    assert numbers["estimate_gan_mlp"] == pytest.approx(0.69)
    assert len(experiment.draw([Result(0, runs, numbers)]).axes) == 18
    assert not experiment.holds(numbers)  # since the training that is to fail is as good as the others
    assert experiment.holds(numbers | {"w1_wgan_failing": 20.0})
