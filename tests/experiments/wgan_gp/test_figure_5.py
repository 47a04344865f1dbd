import pytest

from experiments.wgan_gp.figure_5a import LABEL, Figure5a
from experiments.wgan_gp.figure_5b import CURVES, Figure5b, gap, moving_mean
from lit_wgan.experiments import Result
from lit_wgan.runs.run import Run


def run(folder, training, held_out):
    """A run whose estimates are functions of the update: each fifth is one of held-out samples, too."""
    folder.mkdir(parents=True)
    lines = [f"step,{','.join(CURVES.values())}"]
    for update in range(5, 1001, 5):
        lines.append(f"{update},{training(update)},{held_out(update) if update % 25 == 0 else ''}")
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    return Run(folder)


def test_the_gap_is_that_of_the_last_quarter(tmp_path):
    found = gap(run(tmp_path / "run", lambda update: 3.0 if update > 750 else 50.0, lambda update: 1.0))
    assert found == pytest.approx(2)


def test_a_moving_mean_begins_with_what_there_is():
    assert moving_mean([2.0, 4.0, 6.0, 8.0], 2) == [2, 3, 5, 7]


@pytest.mark.parametrize(("few", "holds"), [(5.0, True), (2.0, False)])
def test_overfitting_is_a_gap_that_is_twice_as_wide_with_few_samples(tmp_path, few, holds):
    experiment = Figure5b()
    gaps = {label: few if label.endswith("few") else 1.5 for label in experiment.runs(full=False)}
    runs = {label: run(tmp_path / label, lambda _, gap=gap: 1 + gap, lambda _: 1.0) for label, gap in gaps.items()}
    numbers = experiment.measure(runs)
    assert numbers["smallest_ratio"] == pytest.approx(few / 1.5)
    assert experiment.holds(numbers) == holds
    assert len(experiment.draw([Result(0, runs, numbers)]).axes) == 2


@pytest.mark.parametrize(
    ("held_out", "holds"),
    [
        (lambda update: 8 - update / 200, True),
        (lambda update: 8 + update / 500, False),
        (lambda update: 8 + (update / 500 if update < 900 else -5), False),
    ],
)
def test_both_estimates_have_to_fall_in_step(tmp_path, held_out, holds):
    runs = {LABEL: run(tmp_path / "run", lambda update: 9 - update / 200, held_out)}
    experiment = Figure5a()
    numbers = experiment.measure(runs)
    assert numbers["training_fall"] == pytest.approx(0.5, abs=0.1)
    assert experiment.holds(numbers) == holds
    assert len(experiment.draw([Result(0, runs, numbers)]).axes) == 1
