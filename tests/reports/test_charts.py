"""Which curves a page draws, and how many points of each."""

import math

from lit_wgan.reports import charts

ROW = "critic/loss,eval/w1,eval/w1_floor,fidelity/seconds,fidelity/acc_class_1,own,critic_layers/a,critic_layers/b,step"


def test_a_thinned_curve_keeps_its_ends_and_every_extreme():
    x, y = list(range(100_000)), [math.sin(place / 900) for place in range(100_000)]
    y[41_234], y[77_777] = 9.0, -8.0
    updates, values = charts.thin(x, y, 1000)
    assert len(updates) <= 1000
    assert updates == sorted(updates)
    assert (updates[0], updates[-1]) == (0, 99_999)
    assert values[updates.index(41_234)] == 9
    assert values[updates.index(77_777)] == -8


def test_a_short_curve_is_kept_as_it_is_and_what_is_not_finite_becomes_a_gap():
    assert charts.thin([1, 2, 3, 4], [1.0, math.nan, -math.inf, 2.0], 4) == ([1, 2, 3, 4], [1.0, None, None, 2.0])
    updates, values = charts.thin(list(range(1000)), [math.nan] * 1000, 10)
    assert len(updates) <= 10
    assert set(values) == {None}


def test_a_metric_is_drawn_with_its_floor_and_the_critic_with_held_out_samples(make_run):
    runs = [make_run("a/version_0"), make_run("b/version_0")]
    (quality,) = charts.quality_charts(runs)
    assert (quality.title, quality.metric, quality.kinds) == ("W1", "eval/w1", ["generated samples", "floor"])
    assert [(line.run, line.label, line.dashed) for line in quality.lines] == [
        (0, "generated samples", False),
        (0, "floor", True),
        (1, "generated samples", False),
        (1, "floor", True),
    ]
    estimate, loss = charts.critic_charts(runs)
    assert (estimate.metric, estimate.kinds) == ("critic/wasserstein_estimate", ["training", "held out"])
    assert (loss.metric, loss.kinds) == ("critic/loss", ["training"])
    assert [chart.metric for chart in charts.other_charts(runs)] == ["generator/loss"]


def test_layers_share_a_chart_and_times_and_single_classes_have_none(make_run):
    run = make_run(rows=f"{ROW}\n1,2,1,9,0.5,3,4,5,10\n")
    assert [chart.metric for chart in charts.quality_charts([run])] == ["eval/w1"]
    assert [chart.kinds for chart in charts.critic_charts([run])] == [["training"], ["a", "b"]]
    assert [chart.metric for chart in charts.other_charts([run])] == ["own"]


def test_norms_by_layer_are_drawn_in_the_order_of_the_layers(make_run):
    names = ["critic_activations/layers.1", "critic_activations/layers.11", "critic_activations/layers.3"]
    run = make_run(rows=f"{','.join([*names, 'critic_layers/layers.1.weight'])},step\n1,2,3,4,10\n")
    of_activations, of_weights = charts.critic_charts([run])
    assert of_activations.kinds == ["layers.1", "layers.3", "layers.11"]
    assert [line.y for line in of_activations.lines] == [[1], [3], [2]]
    assert of_weights.kinds == ["layers.1.weight"]
    assert charts.other_charts([run]) == []


def test_the_points_of_all_curves_together_are_limited(make_run):
    rows = "a,b,step\n" + "".join(f"{math.sin(step)},{step},{step}\n" for step in range(1200))
    runs = [make_run(f"{number}/version_0", rows=rows) for number in range(2)]
    (few,) = charts.thinned([charts.other_charts(runs)])
    assert {len(line.x) for chart in few for line in chart.lines} == {charts.MOST_POINTS}
    (many,) = charts.thinned([charts.other_charts(runs) * 50])
    assert sum(len(line.x) for chart in many for line in chart.lines) <= charts.ALL_POINTS
