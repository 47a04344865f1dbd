"""SampleMetrics in training, its errors, and stopping when a metric gets no better."""

import random

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping
from torch import nn

from lit_wgan import WGAN, ClassLabels, SampleMetrics, ToyData
from lit_wgan.callbacks import Checkpoints, StoppedEarly
from lit_wgan.data.toy import TOY_DISTRIBUTIONS
from lit_wgan.evaluation.two_sample.compare import Comparison
from lit_wgan.evaluation.two_sample.kinds import SAMPLE_METRICS
from lit_wgan.evaluation.wasserstein import exact_w1
from lit_wgan.functional.streams import RandomStreams

EIGHT = TOY_DISTRIBUTIONS["eight_gaussians"]
TABULAR = ["w1", "sliced_w1", "w1_per_feature", "mmd", "energy", "auc", "correlation", "prdc", "memorisation"]
TABULAR += ["parzen", "duplicates"]


def mean_shift(real, fake):
    """A metric of a user's own."""
    return (fake.mean() - real.mean()).abs()


def share_of_class_0(real, fake, condition):
    """A metric of a user's own that looks at conditions."""
    return (condition == 0).float().mean().item()


def noisy(real, fake):
    """A metric that draws random numbers from the global states."""
    return torch.rand(()).item() + np.random.rand() + random.random()


def vector(real, fake):
    """No metric: several numbers."""
    return fake.mean(0)


class First(nn.Module):
    """Features of a user's own: the first column alone."""

    def forward(self, x):
        return x[:, :1]


def validated(trainer, networks, callback, data=None, **options):
    run = trainer(callbacks=[callback])
    run.validate(
        WGAN(**networks(), **options), datamodule=data or ToyData("eight_gaussians", num_held_out=64), verbose=False
    )
    return {name: value.item() for name, value in run.callback_metrics.items() if name != "eval/wasserstein_estimate"}


def points(stream, n=40):
    return EIGHT.draw(RandomStreams(0), stream, 0, n)


@pytest.mark.parametrize("metric", TABULAR)
def test_each_metric_is_logged_with_its_floor(metric, trainer, networks):
    callback = SampleMetrics([metric], num_samples=40)
    logged = validated(trainer, networks, callback)
    names = SAMPLE_METRICS[metric].names
    assert set(logged) == set(callback.metric_names()) == {f"eval/{n}{f}" for n in names for f in ("", "_floor")}
    assert np.isfinite(list(logged.values())).all()


def test_w1_is_in_own_units_and_its_floor_that_of_training_samples(trainer, networks):
    logged = validated(trainer, networks, SampleMetrics(["w1"], num_samples=40))
    assert logged["eval/w1_floor"] == pytest.approx(exact_w1(points("toy/held_out"), points("toy/train")))
    assert logged["eval/w1"] > logged["eval/w1_floor"] > 0


def test_metrics_of_ones_own_are_functions_paths_and_callables_with_a_name(trainer, networks, monkeypatch, tmp_path):
    (tmp_path / "mine.py").write_text("def spread(real, fake):\n    return float(fake.std() / real.std())\n")
    monkeypatch.syspath_prepend(tmp_path)
    logged = validated(trainer, networks, SampleMetrics(["mine.spread", mean_shift], num_samples=40))
    assert set(logged) == {f"eval/{name}{floor}" for name in ("spread", "mean_shift") for floor in ("", "_floor")}
    train, held_out = points("toy/train"), points("toy/held_out")
    assert logged["eval/spread_floor"] == pytest.approx((train.std() / held_out.std()).item(), rel=1e-5)


def test_a_metric_may_look_at_the_conditions_which_are_the_held_out_samples_own(trainer):
    class Obeys(nn.Module):
        def forward(self, z, label):
            return EIGHT.centres[label]

    class Score(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, x, label):
            return self.layer(x)

    run = trainer(callbacks=[SampleMetrics([share_of_class_0, "w1"], num_samples=64)])
    data = ToyData("eight_gaussians", num_held_out=64, condition_of="label")
    run.validate(WGAN(Obeys(), Score(), 2, condition=ClassLabels(8)), datamodule=data, verbose=False)
    mode = EIGHT.nearest_mode(points("toy/held_out", 64))[1]
    assert run.callback_metrics["eval/share_of_class_0"] == pytest.approx((mode == 0).float().mean().item())
    assert "eval/share_of_class_0_floor" not in run.callback_metrics  # training samples have other conditions
    assert run.callback_metrics["eval/w1"] < 0.1  # each sample lies in the mode of its held-out sample


def test_metrics_of_features_carry_their_name(trainer, networks):
    logged = validated(trainer, networks, SampleMetrics(["w1"], num_samples=40, features=First()))
    expected = exact_w1(points("toy/held_out")[:, :1], points("toy/train")[:, :1])
    assert logged["eval/w1_First_floor"] == pytest.approx(expected)


def test_features_may_be_those_of_an_extractor_of_images():
    images = torch.rand(3, 12, 1, 8, 8) * 2 - 1
    comparison = Comparison(["prdc"], "digits")
    assert set(comparison.measure(*images)) == {f"{n}_digits" for n in ("precision", "recall", "density", "coverage")}
    with pytest.raises(ValueError, match=r"Expected images \(N, C, H, W\) in \[-1, 1\] for the extractor digits"):
        comparison.measure(*(3 * images))
    with pytest.raises(ValueError, match="Expected the extractor to be one of"):
        Comparison(["prdc"], "no_such_extractor")


def test_nothing_depends_on_global_random_state_or_changes_it():
    real, fake, train = (torch.randn(40, 2) for _ in range(3))
    metrics = [*TABULAR, noisy]
    found = Comparison(metrics).measure(real, fake, train)
    torch.manual_seed(7)
    np.random.seed(7)
    random.seed(7)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    assert Comparison(metrics).measure(real, fake, train) == found
    assert torch.equal(before[0], torch.get_rng_state())
    assert (before[1] == np.random.get_state()[1]).all()
    assert before[2] == random.getstate()


def test_the_floors_are_computed_once(trainer, networks, monkeypatch):
    computed = []
    floors = Comparison.floors
    monkeypatch.setattr(Comparison, "floors", lambda *given: computed.append(1) or floors(*given))
    run = trainer(max_steps=3, val_check_interval=1, callbacks=[SampleMetrics(["energy"], num_samples=8)])
    run.fit(WGAN(**networks()), datamodule=ToyData("eight_gaussians", batch_size=8, num_held_out=8))
    assert computed == [1]


def test_fields_and_series_have_metrics_of_their_own():
    fields, series = (torch.randn(3, 12, 2, 8, 8)), torch.randn(3, 12, 20, 2)
    found = Comparison(["spectrum", "w1", "auc"])
    assert set(found.measure(*fields)) == {"spectrum", "w1", "auc"}
    assert set(Comparison(["autocorrelation", "correlation"]).measure(*series)) == {"autocorrelation", "correlation"}


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        (["w2"], "some of w1, sliced_w1, .*, or a function's path, but got w2"),
        ([], "but got none"),
        (["w1", "w1"], "different names, but got w1 twice"),
        (["no_such.module"], "Expected metrics to name a function .* but got no_such.module"),
        (["math.pi"], "Expected metrics to name a function .* but got math.pi"),
    ],
)
def test_unknown_metrics_are_refused(metrics, message):
    with pytest.raises(ValueError, match=message):
        SampleMetrics(metrics)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("spectrum", r"Expected fields \(C, H, W\) .* for spectrum, but got samples of shape \(2,\)"),
        ("autocorrelation", r"Expected series \(T,\) or \(T, d\) .*, but got samples of shape \(2,\)"),
    ],
)
def test_metrics_that_the_data_have_no_shape_for_are_refused_before_training(metric, message, trainer, networks):
    run = trainer(callbacks=[SampleMetrics([metric], num_samples=40)])
    with pytest.raises(ValueError, match=message):
        run.fit(WGAN(**networks()), datamodule=ToyData("eight_gaussians", batch_size=8, num_held_out=8))
    assert run.global_step == 0


def test_samples_that_cannot_be_compared_are_refused():
    x = torch.randn(20, 3)
    with pytest.raises(ValueError, match=r"Expected generated samples of the reference's shape \(3,\), but got \(2,\)"):
        Comparison(["w1"]).measure(x, x[:, :2], x)
    broken = x.clone()
    broken[3, 1], broken[7] = float("nan"), float("inf")
    with pytest.raises(ValueError, match="Expected finite generated samples, but 2 of 20 hold infinities or NaN"):
        Comparison(["w1"]).measure(x, broken, x)
    with pytest.raises(ValueError, match="Expected at least 10 samples for auc, but got 5"):
        Comparison(["auc"]).measure(x[:5], x[:5], x[:5])
    with pytest.raises(ValueError, match="Expected 2 to 5000 features for correlation"):
        Comparison(["correlation"]).measure(x[:, :1], x[:, :1], x[:, :1])
    with pytest.raises(ValueError, match="Expected share to return one number, but got 'many'"):
        Comparison([type("Own", (), {"name": "share", "__call__": lambda *_: "many"})()]).measure(x, x, x)
    with pytest.raises(ValueError, match="Expected vector to return one number, but got tensor"):
        Comparison([vector]).measure(x, x, x)
    features = First()
    features.forward = lambda x: x[:1]
    with pytest.raises(ValueError, match=r"Expected features First to give a tensor \(20, D\)"):
        Comparison(["w1"], features).measure(x, x, x)


def test_constant_features_divide_by_nothing():
    x, y, z = (torch.cat([torch.randn(40, 2), torch.full((40, 1), 0.1)], 1) for _ in range(3))
    assert np.isfinite(list(Comparison(TABULAR).measure(x, y, z).values())).all()


quiet = pytest.mark.filterwarnings("ignore:(?s).*(pre-optimization|is not empty|callbacks used)")


class Worse(SampleMetrics):
    """A metric that gets better for two validations and then worse."""

    def __init__(self):
        super().__init__([mean_shift], num_samples=4)
        self.seen = 0

    def evaluate(self, fake, data):
        self.seen += 1
        return {"eval/mean_shift": abs(self.seen - 2.0)}

    def state_dict(self):
        return {"seen": self.seen}

    def load_state_dict(self, state_dict):
        self.seen = state_dict["seen"]


def stopping_run(trainer, networks, folder, max_steps, ckpt=None, patience=3):
    early, measured = EarlyStopping("eval/mean_shift", patience=patience), Worse()
    checkpoints = Checkpoints(dirpath=folder, save_last=True, monitor="eval/mean_shift", every_n_train_steps=2)
    run = trainer(
        max_steps=max_steps,
        val_check_interval=2,
        callbacks=[measured, early, StoppedEarly(), checkpoints],
        enable_checkpointing=True,
    )
    data = ToyData("eight_gaussians", batch_size=8, num_held_out=8)
    run.fit(WGAN(**networks(), n_critic=1), datamodule=data, ckpt_path=ckpt, weights_only=True)
    return run, early, measured


@quiet
def test_training_stops_at_the_validation_at_which_patience_ends(trainer, networks, tmp_path):
    """The best is the second of the validations, at update 4; three later ones are no better."""
    run, early, measured = stopping_run(trainer, networks, tmp_path, 100)
    assert run.global_step == 10
    assert (early.wait_count, measured.seen) == (3, 5)
    assert run.checkpoint_callback.best_model_score == 0


@quiet
def test_patience_is_counted_on_after_resuming(trainer, networks, tmp_path):
    """Of a run that ends after the third validation, two are left."""
    _, early, _ = stopping_run(trainer, networks, tmp_path, 6)
    assert early.wait_count == 1
    run, early, measured = stopping_run(trainer, networks, tmp_path, 100, str(tmp_path / "last.ckpt"))
    assert run.global_step == 10
    assert (early.wait_count, measured.seen) == (3, 5)


@quiet
def test_a_run_that_has_stopped_early_and_is_continued_trains_no_further(trainer, networks, tmp_path):
    stopping_run(trainer, networks, tmp_path, 100)
    run, _, measured = stopping_run(trainer, networks, tmp_path, 100, str(tmp_path / "last.ckpt"))
    assert (run.global_step, measured.seen) == (10, 5)


@quiet
def test_more_patience_may_be_given_when_a_run_is_continued(trainer, networks, tmp_path):
    """Lightning would keep the checkpoint's."""
    stopping_run(trainer, networks, tmp_path, 100)
    run, early, measured = stopping_run(trainer, networks, tmp_path, 100, str(tmp_path / "last.ckpt"), patience=5)
    assert (run.global_step, early.wait_count, measured.seen) == (14, 5, 7)
