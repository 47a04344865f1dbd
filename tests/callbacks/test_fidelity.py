import csv
import signal
import sys

import pytest
import torch
from jsonargparse import ArgumentError, ArgumentParser
from lightning.pytorch import Callback, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from lit_wgan import WGANGP, FidelityCallback, GenerativeEvaluator, ImageData, ToyData
from lit_wgan.callbacks import Checkpoints, ValidationBreak
from lit_wgan.evaluation import EvaluationOptions
from lit_wgan.evaluation.digits import DigitsExtractor
from lit_wgan.networks import DCGANCritic, DCGANGenerator


class Pixels(nn.Module):
    """Features of digits that need no weights: sums over 2 x 2 pixels."""

    def forward(self, images):
        return nn.functional.avg_pool2d(images.float() / 255, 2).flatten(1)


def system(**options):
    seed_everything(0, verbose=False)
    generator = DCGANGenerator(8, 1, 4, width=8, norm="batch")
    return WGANGP(generator, DCGANCritic(8, 1, width=8), latent_dim=4, n_critic=2, **options)


def measured(tmp_path, every=2, **options):
    defaults = {"metrics": ["fid"], "num_samples": 100, "extractor": Pixels(), "cache_dir": str(tmp_path / "cache")}
    return FidelityCallback(every_n_updates=every, **(defaults | options))


def digits(tmp_path, **options):
    return ImageData("digits", batch_size=8, cache_dir=str(tmp_path / "data"), **options)


def fit(trainer, tmp_path, callback, model=None, steps=4, data=None, **options):
    run = trainer(max_steps=steps, callbacks=[callback] if callback else [], **options)
    model = model or system()
    run.fit(model, **(data or {"datamodule": digits(tmp_path)}))
    return run, model


def metric(run, name="fid_Pixels"):
    return run.callback_metrics[f"fidelity/{name}"].item()


def test_metrics_count_samples_and_time_are_logged_at_their_updates(trainer, tmp_path):
    loggers = [CSVLogger(tmp_path / "csv"), TensorBoardLogger(tmp_path / "tb")]
    run, _ = fit(trainer, tmp_path, measured(tmp_path), steps=5, logger=loggers, log_every_n_steps=1)
    with open(f"{loggers[0].log_dir}/metrics.csv") as file:
        rows = [row for row in csv.DictReader(file) if row["fidelity/fid_Pixels"]]
    assert [row["step"] for row in rows] == ["2", "4", "5"]  # the last update is always measured
    assert float(rows[-1]["fidelity/fid_Pixels"]) == pytest.approx(metric(run), rel=1e-6)
    assert {float(row["fidelity/num_samples"]) for row in rows} == {100}
    assert all(float(row["fidelity/seconds"]) > 0 for row in rows)


def test_what_is_logged_is_what_the_evaluator_gives_for_the_training_set(trainer, tmp_path):
    callback = measured(tmp_path, metrics=["fid", "prc"])
    data = digits(tmp_path, horizontal_flip=True)
    run, model = fit(trainer, tmp_path, callback, data={"datamodule": data})
    evaluator = GenerativeEvaluator(data.images[True], ["fid", "prc"], 100, extractor=Pixels(), cache_dir=tmp_path)
    expected = evaluator.evaluate(model.generator, 4)
    logged = {name: metric(run, name) for name in expected}
    assert logged == pytest.approx(expected, rel=1e-6)


def test_what_the_callback_says_it_logs_is_what_it_logs(trainer, tmp_path):
    callback = measured(tmp_path, metrics=["prc", "fid", "kid"], kid_subset_size=10)
    run, _ = fit(trainer, tmp_path, callback, steps=2)
    assert {name for name in run.callback_metrics if name.startswith("fidelity/")} == set(callback.metric_names())


def test_metrics_of_an_extractor_object_carry_its_name():
    callback = FidelityCallback(extractor=DigitsExtractor("mine"))
    assert callback.metric_names() == ["fidelity/fid_mine", "fidelity/num_samples", "fidelity/seconds"]


def test_training_is_bitwise_the_same_without_the_callback(trainer, tmp_path):
    _, without = fit(trainer, tmp_path, None, system(ema_decay=0.9))
    state = torch.get_rng_state()
    _, with_it = fit(trainer, tmp_path, measured(tmp_path, every=1), system(ema_decay=0.9))
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in without.state_dict().items():
        assert torch.equal(value, with_it.state_dict()[name]), name


@pytest.mark.slow
def test_the_average_is_measured_unless_the_generator_itself_is_asked_for(trainer, tmp_path):
    average, _ = fit(trainer, tmp_path, measured(tmp_path), system(ema_decay=0.9))
    live, _ = fit(trainer, tmp_path, measured(tmp_path, use_ema=False), system(ema_decay=0.9))
    none, _ = fit(trainer, tmp_path, measured(tmp_path), system())
    assert metric(live) == metric(none) != metric(average)


def test_mixed_precision_of_training_leaves_features_alone(trainer, tmp_path):
    seen = []

    class Watched(Pixels):
        def forward(self, images):
            y = nn.functional.linear(torch.ones(1, 2), torch.ones(1, 2))
            seen.append(y.dtype)
            return super().forward(images)

    fit(trainer, tmp_path, measured(tmp_path, extractor=Watched()), precision="bf16-mixed")
    assert set(seen) == {torch.float32}


def test_flags_and_random_state_are_put_back_when_measuring_fails(trainer, tmp_path):
    class Fails(Pixels):
        def forward(self, images):
            if len(images) == 36:  # the rest of 100 generated images
                raise KeyError("no luck")
            return super().forward(images)

    model = system()
    with pytest.raises(KeyError, match="no luck"):
        fit(trainer, tmp_path, measured(tmp_path, extractor=Fails()), model)
    assert all(module.training for module in model.generator.modules())


@pytest.mark.filterwarnings("ignore:(?s).*no pre-optimization state")
def test_a_checkpoint_keeps_the_best_metric(trainer, tmp_path):
    best = ModelCheckpoint(tmp_path / "best", "{step}", "fidelity/fid_Pixels", every_n_train_steps=1)
    run = trainer(max_steps=3, callbacks=[best, measured(tmp_path, every=1)], enable_checkpointing=True)
    values = []
    run.callbacks.insert(0, Spy(values))
    run.fit(system(), datamodule=digits(tmp_path))
    assert best.best_model_score.item() == min(values)
    assert best.best_model_path.endswith(f"step={values.index(min(values)) + 1}.ckpt")


class Spy(Callback):
    """Notes the metric that the last update left, when the next begins and at the end."""

    def __init__(self, values):
        self.values = values

    def on_train_batch_start(self, trainer, *_):
        if "fidelity/fid_Pixels" in trainer.callback_metrics:
            self.values.append(metric(trainer))

    def on_train_end(self, trainer, *_):
        self.values.append(metric(trainer))


@pytest.mark.parametrize("items", ["tensors", "tuples"])
def test_a_loader_of_ones_own_is_its_own_reference(items, trainer, tmp_path):
    images = torch.rand(64, 1, 8, 8) * 2 - 1
    data = TensorDataset(images, torch.zeros(64)) if items == "tuples" else images
    loader = DataLoader(data, batch_size=8)
    callback = measured(tmp_path, reference=None)
    run, _ = fit(trainer, tmp_path, callback, data={"train_dataloaders": loader}, steps=2)
    stated = measured(tmp_path, reference=(images * 127.5 + 128).clamp(0, 255).byte())
    again, _ = fit(trainer, tmp_path, stated, data={"train_dataloaders": loader}, steps=2)
    assert metric(run) == pytest.approx(metric(again), rel=1e-9)


class Endless(IterableDataset):
    def __iter__(self):
        while True:
            yield torch.rand(1, 8, 8) * 2 - 1


@pytest.mark.parametrize(
    "data", [{"train_dataloaders": DataLoader(Endless(), 8)}, {"datamodule": ToyData("swiss_roll")}]
)
def test_training_data_without_images_by_index_is_refused_at_the_start(data, trainer, tmp_path):
    with pytest.raises(ValueError, match="Expected a training set of images with __len__"):
        fit(trainer, tmp_path, measured(tmp_path), data=data)


def test_the_inception_score_needs_no_training_images(trainer, tmp_path):
    class WithLogits(Pixels):
        def forward(self, images):
            x = super().forward(images)
            return x, x[:, :3]

    callback = measured(tmp_path, metrics=["isc"], extractor=WithLogits())
    run, _ = fit(trainer, tmp_path, callback, data={"train_dataloaders": DataLoader(Endless(), 8)})
    assert metric(run, "inception_score_mean_WithLogits") >= 1
    assert {name for name in run.callback_metrics if name.startswith("fidelity/")} == set(callback.metric_names())


def test_what_is_wrong_shows_before_the_first_update(trainer, tmp_path):
    model = system()
    with pytest.raises(ValueError, match="at least 1000 generated samples for kid, but got 100"):
        fit(trainer, tmp_path, measured(tmp_path, metrics=["kid"]), model)
    assert model.counters.generator_updates == 0


def test_a_prefix_renames_what_is_logged(trainer, tmp_path):
    run, _ = fit(trainer, tmp_path, measured(tmp_path, prefix="held_out"))
    assert "held_out/fid_Pixels" in run.callback_metrics
    assert not [name for name in run.callback_metrics if name.startswith("fidelity/")]


def test_the_progress_bar_shows_where_the_trainers_does(trainer, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fit(trainer, tmp_path, measured(tmp_path), enable_progress_bar=True)
    assert "generated images" in "".join(capsys.readouterr())


def test_a_configuration_sets_every_option_of_an_evaluation():
    given = {"metrics": ["fid", "kid"], "num_samples": 2000, "reference": "folder", "extractor": "digits"}
    given |= {"weights": "file", "batch_size": 5, "seed": 6, "precision": "bfloat16", "compat": "torch-fidelity"}
    given |= {"cache_dir": "kept", "isc_splits": 7, "kid_subsets": 8, "kid_subset_size": 9}
    own = {"every_n_updates": 10, "use_ema": False, "prefix": "held_out"}
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(Callback, "callback")
    chosen = {"class_path": "lit_wgan.FidelityCallback", "init_args": given | own}
    callback = parser.instantiate_classes(parser.parse_object({"callback": chosen})).callback
    assert callback.options == EvaluationOptions(**given)
    assert {name: getattr(callback, name) for name in own} == own
    with pytest.raises(ArgumentError, match="kid_subset"):
        parser.parse_object({"callback": chosen | {"init_args": {"kid_subset": 9}}})


def test_defaults_are_those_of_an_evaluation():
    assert FidelityCallback().options == EvaluationOptions()


def test_unknown_options_are_refused_at_once():
    with pytest.raises(ValueError, match="metrics to be some of fid, isc, kid, prc, acc, intra_fid, but got fit"):
        FidelityCallback(["fit"])


def test_no_updates_between_measurements_is_refused():
    with pytest.raises(ValueError, match="Expected every_n_updates to be above 0, but got 0"):
        FidelityCallback(every_n_updates=0)


class SignalledPixels(Pixels):
    """Pixels, whose first images at one generator update make a signal come."""

    def __init__(self, model, update):
        super().__init__()
        self.model, self.update = [model], update

    def forward(self, images):
        if self.model[0].counters.generator_updates == self.update:
            self.model[0].stop.signal = signal.SIGTERM
        return super().forward(images)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Checkpoint directory")
@pytest.mark.parametrize("update", [2, 4])
def test_a_measurement_that_a_signal_breaks_off_is_made_by_the_run_that_continues(update, trainer, tmp_path):
    """Its validation, too, which was to follow; also at the last update, after which no training is left."""
    options = {"metrics": ["fid"], "num_samples": 100, "batch_size": 50, "cache_dir": str(tmp_path / "cache")}

    def attempt(name, extractor, model, **more):
        measure = FidelityCallback(every_n_updates=2, extractor=extractor, **options)
        keep = Checkpoints(tmp_path / name, every_n_train_steps=100, save_last=True)
        callbacks = [measure, ValidationBreak(), keep]  # as the command has them in order
        log = CSVLogger(tmp_path / "logs", name=name)
        run = trainer(
            4, callbacks=callbacks, logger=log, log_every_n_steps=1, val_check_interval=2, enable_checkpointing=True
        )
        run.fit(model, datamodule=digits(tmp_path), **more)

    def rows(name):
        found = []
        for path in sorted((tmp_path / "logs" / name).glob("version_*/metrics.csv")):
            found += csv.DictReader(path.read_text().splitlines())
        names = ("fidelity/fid_SignalledPixels", "eval/wasserstein_estimate")
        return [(row["step"], name, row[name]) for row in found for name in names if row.get(name)]

    model = system()
    attempt("undisturbed", SignalledPixels(model, -1), model)
    model = system()
    with pytest.raises(SystemExit):
        attempt("stopped", SignalledPixels(model, update), model)
    assert len(rows("stopped")) == update - 2
    model = system()
    attempt("stopped", SignalledPixels(model, -1), model, ckpt_path=tmp_path / "stopped" / "last.ckpt")
    assert rows("stopped") == rows("undisturbed")
    assert [row[:2] for row in rows("stopped")] == [
        ("2", "fidelity/fid_SignalledPixels"),
        ("2", "eval/wasserstein_estimate"),
        ("4", "fidelity/fid_SignalledPixels"),
        ("4", "eval/wasserstein_estimate"),
    ]
