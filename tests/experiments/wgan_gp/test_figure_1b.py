import pytest

from experiments.wgan_gp.figure_1b import CLIPPED, LAYERS, SMALLEST, Figure1b, growth, norms
from lit_wgan.runs.run import Run


def run(folder, per_layer):
    """A run whose norm grows by a factor from each layer to the next."""
    folder.mkdir()
    values = {f"critic_activations/layers.{2 * layer + 1}": per_layer**layer for layer in range(LAYERS)}
    columns = {"step": 50, "critic/fraction_at_bound": 0.5} | values
    (folder / "metrics.csv").write_text(f"{','.join(columns)}\n{','.join(map(str, columns.values()))}\n")
    return Run(folder)


@pytest.mark.parametrize(("per_layer", "decades"), [(10.0, -10), (0.1, 10), (1.0, 0)])
def test_growth_is_counted_from_the_last_hidden_layer_to_the_first(tmp_path, per_layer, decades):
    assert growth(norms(run(tmp_path / "run", per_layer))) == pytest.approx(decades)


def test_norms_that_have_vanished_are_the_smallest_float(tmp_path):
    assert norms(run(tmp_path / "run", 0.0))[1:] == [SMALLEST] * (LAYERS - 1)


def test_a_seed_is_measured(tmp_path):
    experiment = Figure1b()
    factors = dict(zip(experiment.runs(full=False), (0.5, 2.0, 10.0, 1.1), strict=True))
    numbers = experiment.measure({label: run(tmp_path / label, factor) for label, factor in factors.items()})
    assert experiment.holds(numbers)
    for label in CLIPPED:
        assert numbers[f"{label}_at_bound"] == 0.5
        assert not experiment.holds(numbers | {f"{label}_decades": 0.5})
    assert not experiment.holds(numbers | {"penalty_decades": -2.0})
