"""Fidelity of conditional systems while they train."""

import csv

import numpy as np
import pytest
import torch
from lightning.pytorch import seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import WGANGP, ClassLabels, FidelityCallback, GenerativeEvaluator, SeveralConditions, Values
from lit_wgan.commands.conclusion import conclude
from lit_wgan.evaluation.digits import DigitsExtractor
from lit_wgan.evaluation.image_sets import UnitRangeImages
from lit_wgan.networks import DCGANCritic, DCGANGenerator

DIGITS = load_digits()
IMAGES = torch.from_numpy(DIGITS.images).float()[:600, None] / 8 - 1
LABELS = torch.from_numpy(DIGITS.target).long()[:600]
UNEVEN = LABELS.clamp(max=3)  # six in ten are of class 3


class Told(nn.Module):
    """A generator or critic that is told a condition, of which it makes a shift of its input."""

    def __init__(self, network, classes=10):
        super().__init__()
        self.network, self.shift = network, nn.Embedding(classes, 1)

    def forward(self, x, condition, *more):
        told = self.shift(condition) if condition.dtype == torch.int64 else condition.view(len(x), -1)[:, :1]
        return self.network(x + told.view(-1, *[1] * (x.ndim - 1)))


def system(condition=None, **options):
    seed_everything(0, verbose=False)
    networks = DCGANGenerator(8, 1, 4, width=8), DCGANCritic(8, 1, width=8)
    if condition is not None:
        networks = map(Told, networks)
    return WGANGP(*networks, latent_dim=4, n_critic=1, condition=condition, **options)


def loader(*conditions):
    return DataLoader(TensorDataset(IMAGES, *conditions), batch_size=100)


def measured(tmp_path, metrics=("acc", "intra_fid"), **options):
    options = {"num_samples": 200, "extractor": "digits", "cache_dir": str(tmp_path / "cache")} | options
    return FidelityCallback(list(metrics), every_n_updates=2, **options)


def fit(trainer, callback, model, data, **options):
    run = trainer(max_steps=2, callbacks=[callback], **options)
    run.fit(model, data)
    return run


def logged(run):
    return {name: value.item() for name, value in run.callback_metrics.items() if name.startswith("fidelity/")}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:intra_fid is the mean over 4 of 10")
def test_a_class_conditional_system_is_measured_under_the_training_sets_law(trainer, tmp_path):
    """And as the evaluator measures it from Python under the same conditions; all of it is in the logs."""
    model, log = system(ClassLabels(10), latent_law="uniform"), CSVLogger(tmp_path)
    metrics = ["fid", "acc", "intra_fid"]
    found = logged(fit(trainer, measured(tmp_path, metrics), model, loader(UNEVEN), logger=log, log_every_n_steps=1))
    told = model.condition_of_samples(slice(200))
    assert set(told.tolist()) == {0, 1, 2, 3}
    assert 0.6 < (told == 3).double().mean() < 0.8
    images = ((IMAGES + 1) * 127.5).round().byte()
    evaluator = GenerativeEvaluator(
        images, metrics, 200, "digits", cache_dir=tmp_path / "other", reference_classes=UNEVEN
    )
    with pytest.warns(UserWarning, match="mean over 4 of 10 classes"):
        expected = evaluator.evaluate(
            model.generator, 4, 10, conditions=model.condition_of_samples, latent_law="uniform"
        )
    for name, value in expected.items():
        assert found[f"fidelity/{name}"] == pytest.approx(value, rel=1e-5)
    assert {name for name in expected if "_class_" in name} == {
        f"{metric}_digits_class_{label}" for metric in ("accuracy", "intra_fid") for label in range(4)
    }
    with open(f"{log.log_dir}/metrics.csv") as file:
        last = [row for row in csv.DictReader(file) if row.get("fidelity/accuracy_digits")][-1]
    for name in expected:
        assert float(last[f"fidelity/{name}"]) == pytest.approx(expected[name], rel=1e-5)


def test_what_can_be_monitored_is_known_before_and_single_classes_come_on_top(trainer, tmp_path, caplog):
    """But for the last words of a run, which twenty more numbers would drown."""
    callback = measured(tmp_path)
    names = ["fidelity/accuracy_digits", "fidelity/intra_fid_digits", "fidelity/num_samples", "fidelity/seconds"]
    assert callback.metric_names() == names
    model = system(ClassLabels(10))
    run = fit(trainer, callback, model, loader(LABELS))
    found = logged(run)
    assert {name for name in found if "_class_" not in name} == set(names)
    assert len(found) == len(names) + 20
    with caplog.at_level("INFO"):
        conclude(run, model, "config.yaml")
    assert "Share of samples of the class they were told (digits) 0." in caplog.text
    assert "class_" not in caplog.text


@pytest.mark.filterwarnings("ignore:(?s).*no pre-optimization state")
def test_a_checkpoint_monitors_accuracy(trainer, tmp_path):
    best = ModelCheckpoint(tmp_path, monitor="fidelity/accuracy_digits", mode="max", every_n_train_steps=2)
    run = trainer(max_steps=2, callbacks=[best, measured(tmp_path)], enable_checkpointing=True)
    run.fit(system(ClassLabels(10)), loader(LABELS))
    assert best.best_model_score.item() == run.callback_metrics["fidelity/accuracy_digits"].item()


@pytest.mark.slow
def test_training_is_bitwise_the_same_without_the_callback(trainer, tmp_path):
    with_it, without = system(ClassLabels(10)), system(ClassLabels(10))
    fit(trainer, measured(tmp_path), with_it, loader(LABELS))
    trainer(max_steps=2).fit(without, loader(LABELS))
    for name, value in without.state_dict().items():
        assert torch.equal(value, with_it.state_dict()[name]), name


@pytest.mark.slow
def test_every_kind_of_condition_is_measured_by_fid(trainer, tmp_path):
    numbers = LABELS.float()
    for number, (source, given) in enumerate(
        {
            Values(1): [numbers],
            Values((1, 8, 8)): [IMAGES],
            SeveralConditions([ClassLabels(10), Values(1)]): [LABELS, numbers],
        }.items()
    ):
        callback = measured(tmp_path, ["fid"])
        found = logged(fit(trainer, callback, system(source), loader(*given)))
        assert found["fidelity/fid_digits"] > 0, number


REFUSED = {
    "unconditional": (None, [], "told a class for acc and intra_fid, but got samples without conditions. Leave them"),
    "numbers": (Values(1), [LABELS.float()], "class numbers for acc and intra_fid, but got float32"),
    "several": (
        SeveralConditions([ClassLabels(10), Values(1)]),
        [LABELS, LABELS.float()],
        "but got int64 .. and",
    ),
    "other classes": (ClassLabels(12), [LABELS], "Expected 12 logits for acc, one for each class, but got 10"),
}


@pytest.mark.parametrize(("source", "given", "message"), REFUSED.values(), ids=REFUSED)
def test_a_system_that_tells_no_fitting_class_is_refused_before_the_first_update(
    source, given, message, trainer, tmp_path
):
    model = system(source)
    if source is not None:
        model.generator.shift = model.critic.shift = nn.Embedding(12, 1)
    with pytest.raises(ValueError, match=message):
        fit(trainer, measured(tmp_path), model, loader(*given))
    assert model.counters.generator_updates == 0


@pytest.mark.slow
def test_a_reference_of_ones_own_brings_its_classes(trainer, tmp_path):
    images = ((IMAGES + 1) * 127.5).round().byte()
    np.save(tmp_path / "labels.npy", LABELS)
    own = measured(tmp_path, reference=images, reference_classes=str(tmp_path / "labels.npy"))
    trained = logged(fit(trainer, measured(tmp_path), system(ClassLabels(10)), loader(LABELS)))
    found = logged(fit(trainer, own, system(ClassLabels(10)), loader(LABELS)))
    name = "fidelity/intra_fid_digits"
    assert found[name] == pytest.approx(trained[name], rel=1e-6)
    with pytest.raises(ValueError, match="Expected reference_classes, the class numbers of the real images"):
        fit(trainer, measured(tmp_path, reference=images), system(ClassLabels(10)), loader(LABELS))


class Items:
    """A training set of images and something else."""

    def __init__(self, other):
        self.other = other

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return {"image": torch.zeros(1, 8, 8)} | ({} if self.other is None else {"label": self.other})


@pytest.mark.parametrize("label", [2, torch.tensor(2), np.int64(2)])
def test_classes_of_a_training_set_are_beside_its_images(label):
    assert UnitRangeImages(Items(label)).classes().tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize("label", [None, 0.5, "cat", torch.zeros(3).long()])
def test_a_training_set_without_classes_is_refused(label):
    with pytest.raises(ValueError, match="but item 0 of Items has no class number. Give reference"):
        UnitRangeImages(Items(label)).classes()


def test_an_extractor_without_logits_is_refused_at_once(trainer, tmp_path):
    class Features(DigitsExtractor):
        @staticmethod
        def get_default_feature_layer_for_metric(metric):
            return {"fid": "128"}[metric]

    with pytest.raises(ValueError, match="metrics that mine has features for, but got 'acc'"):
        fit(trainer, measured(tmp_path, extractor=Features("mine")), system(ClassLabels(10)), loader(LABELS))
