"""Conditions that do not fit the networks, the data or the class that they were declared as: told in one line."""

import copy

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import WGANGP, ClassLabels, SeveralConditions, Values
from lit_wgan.commands.errors import describe, is_of_use
from lit_wgan.engine.checkpoint_contents import COUNTERS
from lit_wgan.engine.minibatches import Minibatch
from lit_wgan.engine.notices import tell_once
from lit_wgan.systems.training_conditions import on_cpu

X, NUMBER, IMAGE = torch.randn(8, 2), torch.randn(8, 1), torch.randn(8, 1, 4, 4)
LABELS = torch.arange(8) % 4


class Told(nn.Module):
    """A layer of what it is told, all side by side."""

    def __init__(self, outputs, told=1):
        super().__init__()
        self.layer = nn.Linear(2 + told, outputs)

    def forward(self, x, condition):
        return self.layer(torch.cat([x, condition.flatten(1)], 1))


class OfClasses(nn.Module):
    def __init__(self, outputs, classes):
        super().__init__()
        self.layer, self.embed = nn.Linear(2, outputs), nn.Embedding(classes, outputs)

    def forward(self, x, label):
        return self.layer(x) + self.embed(label)


NUMBERS = Told(2), Told(1)
CLASSES = OfClasses(2, 4), OfClasses(1, 4)
PAIR = SeveralConditions([Values(1), Values(1)])
CASES = {
    "no condition in the batches": (NUMBERS, Values(1), [X], "but got none. Let the loader return them behind"),
    "nor for several": (NUMBERS, PAIR, [X], r"takes \(z, condition, condition\), but got Told\.forward"),
    "two for one": (NUMBERS, Values(1), [X, NUMBER, NUMBER], "but got 2 tensors behind the samples. Let the loader"),
    "whole numbers for numbers": (NUMBERS, Values(1), [X, LABELS[:, None]], r"but got torch\.int64\. Return floats"),
    "numbers for classes": (CLASSES, ClassLabels(4), [X, NUMBER[:, 0]], r"but got labels of torch\.float32"),
    "classes from 1 on": (CLASSES, ClassLabels(4), [X, LABELS + 1], "but got labels from 1 to 4. Set num_classes"),
    "negative classes": (CLASSES, ClassLabels(4), [X, LABELS - 1], "but got labels from -1 to 2. Set num_classes"),
    "images of another size": (
        (Told(2, 64), Told(1, 64)),
        Values((1, 8, 8)),
        [X, IMAGE],
        r"shape \(4, 1, 8, 8\), but got torch\.float32, shape \(4, 1, 4, 4\)\. Set the shape of model\.condition",
    ),
    "images that the generator does not take": (
        (Told(2, 64), Told(1, 16)),
        Values((1, 4, 4)),
        [X, IMAGE],
        r"noise of shape \(N, 2\) and conditions \(N, 1, 4, 4\), but it failed: .*\. Give model\.latent_dim.*condition",
    ),
    "images that the critic does not take": (
        (Told(2, 16), Told(1, 64)),
        Values((1, 4, 4)),
        [X, IMAGE],
        r"samples shaped \(2,\) and conditions \(N, 1, 4, 4\), but it failed: .*\. Set .*model\.condition",
    ),
    "networks for fewer classes": (
        CLASSES,
        ClassLabels(10),
        [X, LABELS],
        r"conditions \(N,\) of whole numbers up to 9, but it failed: index out of range",
    ),
    "a generator that is told nothing": (
        (nn.Linear(2, 2), Told(1)),
        Values(1),
        [X, NUMBER],
        r"generator whose forward takes \(z, condition\), but got Linear\.forward",
    ),
    "a critic that is told nothing": (
        (Told(2), nn.Linear(2, 1)),
        Values(1),
        [X, NUMBER],
        r"critic whose forward takes \(x, condition\), but got Linear\.forward",
    ),
    "networks that wait for a condition": (
        NUMBERS,
        None,
        [X, NUMBER],
        "missing a required argument: 'condition'. Give",
    ),
    "numbers that are none": (
        NUMBERS,
        Values(1),
        [X, NUMBER.where(LABELS[:, None] != 3, torch.nan)],
        "Expected finite losses, but got one that is not in the critic at generator update 0",
    ),
}


@pytest.mark.parametrize(("networks", "condition", "tensors", "message"), CASES.values(), ids=CASES)
def test_what_does_not_fit_is_told_in_one_line(networks, condition, tensors, message, trainer):
    system = WGANGP(*copy.deepcopy(networks), latent_dim=2, condition=condition, n_critic=1)
    data = tensors[0] if len(tensors) == 1 else TensorDataset(*tensors)
    with pytest.raises(Exception, match=message) as caught:
        trainer(max_steps=2).fit(system, DataLoader(data, 4))
    assert is_of_use(caught.value)
    assert "\n" not in describe(caught.value)


@pytest.mark.parametrize("condition", [ClassLabels, 10])
def test_a_condition_that_is_no_object_of_such_a_class_is_refused(condition):
    with pytest.raises(ValueError, match=r"Expected condition to be a ClassLabels, .* such as ClassLabels\(10\)"):
        WGANGP(*CLASSES, latent_dim=2, condition=condition)


def test_several_conditions_are_all_of_them_sources():
    with pytest.raises(ValueError, match="Expected at least two sources of conditions, .* but got int, int"):
        SeveralConditions([3, 4])


def test_several_conditions_that_a_batch_lacks_are_asked_of_the_loader():
    with pytest.raises(ValueError, match="with 2 conditions each, but got none. Let the loader return them"):
        PAIR.of_batch(None, 4)


@pytest.mark.parametrize("precision", ["64-true", "bf16-true"])
@pytest.mark.parametrize("given", [torch.float64, torch.float32])
def test_numbers_are_told_in_the_networks_own_type(precision, given, trainer):
    system = WGANGP(Told(2), Told(1), latent_dim=2, condition=Values(1), n_critic=1)
    trainer(max_steps=2, precision=precision).fit(system, DataLoader(TensorDataset(X, NUMBER.to(given)), 4))
    assert system.sample(slice(3), condition=[0.5, 1.0, 2.0]).dtype == system.dtype


def test_uniform_labels_never_reach_one_too_many_however_narrow_the_networks_type(trainer):
    source = ClassLabels(4, for_generator="uniform")
    told = []

    class Spies(OfClasses):
        def forward(self, x, label):
            told.append(label)
            return super().forward(x, label)

    system = WGANGP(Spies(2, 4), OfClasses(1, 4), latent_dim=2, condition=source, n_critic=1)
    data = TensorDataset(torch.randn(4096, 2), torch.arange(4096) % 4)
    trainer(max_steps=1, precision="bf16-true").fit(system, DataLoader(data, 4096))
    assert told[-1].bincount().tolist() != [1024] * 4  # the generator's own
    assert told[-1].max() == 3


def test_labels_that_a_gpu_would_be_told_are_looked_at_on_the_cpu_as_long_as_the_law_is_learnt():
    class OnGPU(torch.Tensor):
        """Labels that say they are elsewhere, where their values are not read."""

        device = torch.device("cuda")

        def cpu(self):
            return self.as_subclass(torch.Tensor)

        def to(self, device, dtype=None):
            return self.cpu()

    given = (LABELS + 1).as_subclass(OnGPU)
    source = ClassLabels(4)
    source.of_batch(given, 8)
    with pytest.raises(ValueError, match="but got labels from 1 to 4"):
        on_cpu(source, Minibatch(X, given))


def restored(condition, networks, law):
    """A system with a checkpoint's law of conditions."""
    system = WGANGP(*networks, latent_dim=2, condition=condition)
    state = {"system": "WGANGP", "seed": 0, "schedules": [], "conditions": law} | dict.fromkeys(COUNTERS, 0)
    system.on_load_checkpoint({"lit_wgan": state, "state_dict": system.state_dict()})
    return system


COUNTS, ROWS = torch.tensor([3, 1, 0, 4]), torch.randn(5, 1)


@pytest.mark.parametrize(
    ("condition", "law", "message"),
    [
        (
            ClassLabels(4),
            [COUNTS[:3]],
            r"the counts of 4 classes, but got torch\.int64 of shape \(3,\)\. Give the num_",
        ),
        (ClassLabels(4), [COUNTS - 1], r"the counts of 4 classes, but got torch\.int64"),
        (ClassLabels(4), [COUNTS, COUNTS], "but got torch.int64 of shape .* and torch.int64 of shape"),
        (Values(1), [ROWS[:, [0, 0]]], r"conditions as Values takes them, but got torch\.float32 of shape \(5, 2\)"),
        (Values(1), [ROWS, ROWS], "conditions as Values takes them, but got torch.float32 of shape .* and"),
        (Values(1), [ROWS[:0]], "conditions as Values takes them"),
        (Values(1), [ROWS[0, 0]], "conditions as Values takes them"),
        (PAIR, [ROWS], "conditions as SeveralConditions takes them, but got"),
        (PAIR, [ROWS, ROWS[:3]], "conditions as SeveralConditions takes them, but got"),
        (Values(1), [ROWS.to("meta")], r"lit_wgan\['conditions'\] holds other tensors than dense ones"),
        (None, [ROWS], "Expected a checkpoint of a system without conditions, but got one with them"),
    ],
)
def test_a_checkpoint_with_the_law_of_other_conditions_is_refused(condition, law, message):
    networks = CLASSES if isinstance(condition, ClassLabels) else NUMBERS
    with pytest.raises(ValueError, match=message):
        restored(condition, networks, law)


def test_counts_of_any_size_give_classes_in_range():
    system = restored(ClassLabels(4), CLASSES, [torch.full((4,), 2**62)])
    labels = system.condition_of_samples(slice(1000))
    assert labels.unique().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("law", [[], [COUNTS]])
def test_samples_under_made_up_conditions_are_told_of(law, trainer, caplog):
    tell_once.cache_clear()
    system = restored(ClassLabels(4), CLASSES, law)
    batches = trainer().predict(system, DataLoader(range(5), 5))
    assert [len(batch) for batch in batches] == [5]
    assert ("samples are drawn under made-up ones" in caplog.text) == (not law)
