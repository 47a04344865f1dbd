"""curves.png: which panels there are, and that nothing that is logged keeps it from being drawn."""

import math

import pytest
from matplotlib.axes import Axes
from PIL import Image

from lit_wgan.reports.curves import MOST_POINTS, panels_of, thinned, write_curves
from lit_wgan.runs.run import Run


def run_of(directory, **columns):
    """A run that has logged some metrics at the updates 1, 2, ...; slashes are written as double underscores."""
    names = [name.replace("__", "/") for name in columns]
    rows = [[*map(str, row), str(step)] for step, row in enumerate(zip(*columns.values(), strict=True), 1)]
    directory.mkdir(exist_ok=True)
    (directory / "metrics.csv").write_text("\n".join(map(",".join, [[*names, "step"], *rows])) + "\n")
    return Run(directory)


def test_panels_are_of_what_was_logged_and_rates_only_if_they_change(tmp_path):
    logged = {"critic__wasserstein_estimate": (1, 2), "eval__w1": (3, 4), "eval__w1_floor": (2, 2), "other": (1, 2)}
    logged |= {
        "lr-Adam": (1, 0.5),
        "lr-SGD": (1, 1),
        "fidelity__fid_digits": (9, 8),
        "fidelity__accuracy_class_1": (1, 1),
    }
    panels = panels_of(run_of(tmp_path, **logged))
    assert [panel.title for panel in panels] == ["critic's estimate", "W1", "FID (digits)", "learning rates"]
    assert [line.metric for line in panels[1].lines] == ["eval/w1", "eval/w1_floor"]
    assert [line.metric for line in panels[3].lines] == ["lr-Adam"]


@pytest.mark.parametrize("values", [(1.5,), (1, math.nan, math.inf, 3), (math.nan,), (-math.inf, 1e300)])
def test_one_row_and_values_that_are_not_finite_are_drawn(values, tmp_path, monkeypatch):
    """The first update that is not finite is marked."""
    marked = []
    monkeypatch.setattr(Axes, "axvline", lambda self, x, **_: marked.append(x))
    path = write_curves(run_of(tmp_path, critic__wasserstein_estimate=values))
    assert path == tmp_path / "curves.png"
    with Image.open(path) as picture:
        assert picture.width > 400
    first = next((step for step, value in enumerate(values, 1) if not math.isfinite(value)), None)
    assert marked == ([] if first is None else [first])


def test_a_run_that_logged_nothing_has_no_curves(tmp_path):
    assert write_curves(Run(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []


def test_long_lines_are_drawn_by_the_means_of_their_parts():
    updates, values = thinned(range(10 * MOST_POINTS), [0.0, 1.0] * 5 * MOST_POINTS)
    assert len(updates) == MOST_POINTS
    assert set(values) == {0.5}
    assert thinned([1, 2], [3.0, 4.0]) == ([1, 2], [3.0, 4.0])
