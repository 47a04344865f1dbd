"""Conditional systems: every network is told what its sample is a sample of."""

import pytest
import torch
from torch import nn
from torch.nn.functional import one_hot
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import GAN, WGAN, WGANGP
from lit_wgan.data.conditions import ClassLabels, ConditionSource, SeveralConditions, Values
from lit_wgan.data.toy import TOY_DISTRIBUTIONS
from lit_wgan.functional.streams import RandomStreams

MODES = TOY_DISTRIBUTIONS["eight_gaussians"].centres


class Told(nn.Module):
    """A network on the plane that is told a class beside its input."""

    def __init__(self, inputs, outputs, width=64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs + 8, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)
        )

    def forward(self, x, label):
        return self.layers(torch.cat([x, one_hot(label, 8).to(x)], 1))


def told_networks():
    torch.manual_seed(0)
    return {"generator": Told(2, 2), "critic": Told(2, 1), "latent_dim": 2, "condition": ClassLabels(8)}


def labelled_points(n):
    labels = torch.arange(n) % 8
    noise = RandomStreams(1).normal("points", 0, (n, 2))
    return TensorDataset(MODES[labels].float() + 0.02 * noise, labels)


@pytest.mark.slow
def test_every_sample_lies_in_the_mode_of_its_label(trainer):
    def adam(parameters):
        return Adam(parameters, lr=1e-3, betas=(0.5, 0.9))

    optimizers = {"generator_optimizer": adam, "critic_optimizer": adam}
    system = WGANGP(**told_networks(), gp_weight=1.0, **optimizers)
    trainer(max_steps=400).fit(system, DataLoader(labelled_points(2048), 128, shuffle=True))
    nearest = torch.cdist(system.sample(slice(512)), MODES.float()).argmin(1)
    assert torch.equal(nearest, system.condition_of_samples(slice(512)))
    asked = system.sample(slice(64), condition=torch.full((64,), 3))
    assert torch.cdist(asked, MODES.float()).argmin(1).eq(3).all()


class Spy(Told):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, width=8)
        self.told = []

    def forward(self, x, label):
        self.told.append(label.tolist())
        return super().forward(x, label)


@pytest.mark.parametrize("system_class", [GAN, WGAN, WGANGP])
def test_fakes_carry_the_real_minibatchs_labels_row_by_row(system_class, trainer):
    generator, critic = Spy(2, 2), Spy(2, 1)
    system = system_class(generator, critic, latent_dim=2, condition=ClassLabels(8), n_critic=1)
    run = trainer(max_steps=2)
    data = labelled_points(16)
    run.fit(system, DataLoader(data, 8, sampler=[*range(3, 11), *range(8)]))
    batches = [data.tensors[1][3:11].tolist(), data.tensors[1][:8].tolist()]
    in_training = generator.told[2:]  # the networks are tried out in two layouts
    assert in_training == [labels for labels in batches for _ in ("critic's update", "generator's")]
    judged = [batches[0] + batches[0]] + ([batches[0]] if system_class is WGANGP else []) + [batches[0]]
    assert critic.told[-len(judged) :] == [
        labels + labels if len(asked) == 16 else labels
        for labels, asked in zip([batches[1]] * len(judged), judged, strict=True)
    ]


def test_the_generators_larger_minibatch_repeats_the_labels(trainer):
    generator = Spy(2, 2)
    system = WGAN(generator, Spy(2, 1), latent_dim=2, condition=ClassLabels(8), n_critic=1, generator_batch_multiple=2)
    trainer(max_steps=1).fit(system, DataLoader(labelled_points(8), 8))
    assert generator.told[-1] == [*range(8), *range(8)]


class OfTwo(nn.Module):
    """A network on the plane that is told a vector of three and a number."""

    def __init__(self, outputs):
        super().__init__()
        self.layer = nn.Linear(2 + 3 + 1, outputs)

    def forward(self, x, vector, number):
        return self.layer(torch.cat([x, vector, number], 1))


def test_a_tuple_of_conditions_reaches_both_networks(trainer):
    class Pairs(ConditionSource):
        parts = 2

        def of_batch(self, given, rows):
            return tuple(given)

        def stand_in(self, rows):
            return torch.zeros(rows, 3), torch.ones(rows, 1)

    data = [(torch.randn(2), (torch.randn(3), torch.randn(1))) for _ in range(32)]
    system = WGANGP(OfTwo(2), OfTwo(1), latent_dim=2, condition=Pairs(), ema_decay=0.9)
    trainer(max_steps=2).fit(system, DataLoader(data, 8))
    assert system.sample(slice(5), batch_size=2).shape == (5, 2)
    for known, (_, given) in zip(zip(*system.condition.known, strict=True), data, strict=False):
        assert all(map(torch.equal, known, given))  # those of the first minibatches, in their order


def told_a_vector_and_a_number():
    torch.manual_seed(0)
    condition = SeveralConditions([Values(3), Values(1)])
    return {"generator": OfTwo(2), "critic": OfTwo(1), "latent_dim": 2, "condition": condition}


@pytest.mark.parametrize(
    ("networks", "data"),
    [
        (told_networks, labelled_points(8)),
        (told_a_vector_and_a_number, TensorDataset(torch.randn(8, 2), torch.randn(8, 3), torch.randn(8))),
    ],
)
def test_a_conditional_run_continues_to_the_bit_though_its_law_is_not_learnt_yet(networks, data, trainer, tmp_path):
    def fit(max_steps, **kwargs):
        system = WGANGP(**networks(), n_critic=1, ema_decay=0.9)
        run = trainer(max_steps=max_steps)
        run.fit(system, DataLoader(data, 8), **kwargs)  # every batch alike: no position to keep
        return system, run

    undisturbed, _ = fit(6)
    first, run = fit(3)
    assert not first.condition.has_learnt
    run.save_checkpoint(tmp_path / "at_3.ckpt")
    resumed, _ = fit(6, ckpt_path=tmp_path / "at_3.ckpt", weights_only=True)
    for ours, theirs in zip(resumed.parameters(), undisturbed.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    for ours, theirs, early in zip(*(each.condition.law() for each in (resumed, undisturbed, first)), strict=True):
        assert torch.equal(ours, theirs)
        assert not torch.equal(ours, early)


def test_held_out_estimate_is_made_under_the_held_out_labels(trainer):
    class ByLabel(nn.Module):
        def __init__(self, real):
            super().__init__()
            self.real, self.unused = real, nn.Parameter(torch.zeros(1))

        def forward(self, x, label):
            return (x.sum(1) * 0 + label) if self.real else x * 0

    system = WGAN(ByLabel(False), ByLabel(True), latent_dim=2, condition=ClassLabels(8))
    (metrics,) = trainer().validate(system, DataLoader(labelled_points(16), 8), verbose=False)
    assert metrics == {"eval/wasserstein_estimate": 0.0}  # both were judged under the same labels


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "whole numbers from 0 to 7 as labels, but got none"),
        (torch.arange(16) % 8 + 1, "but got labels from 1 to 8"),
        (torch.arange(16) % 8 - 1, "but got labels from -1 to 6"),
        ((torch.arange(16) % 8).float(), r"but got labels of torch\.float32"),
        (one_hot(torch.arange(16) % 8), r"shape \(8,\), but got labels of torch\.int64, shape \(8, 8\)"),
    ],
)
def test_batches_that_hold_no_labels_are_refused(labels, message, trainer):
    points = labelled_points(16).tensors[0]
    data = points if labels is None else TensorDataset(points, labels)
    with pytest.raises(ValueError, match=message):
        trainer().fit(WGANGP(**told_networks()), DataLoader(data, 8))


def test_labels_may_stand_in_a_column():
    assert torch.equal(ClassLabels(8).of_batch(torch.tensor([[1], [7]]), 2), torch.tensor([1, 7]))


def test_labels_in_another_form_than_a_tensor_are_refused():
    with pytest.raises(ValueError, match="as labels, but got lists. Let the loader return a tensor"):
        ClassLabels(8).of_batch([1, 2], 2)


def test_a_number_of_classes_out_of_range_is_refused():
    with pytest.raises(ValueError, match="Expected num_classes to be above 0, but got 0"):
        ClassLabels(0)


def test_each_of_several_conditions_is_told_through_the_transform_of_its_own():
    """Fitted to its part of the known conditions, in training and after a checkpoint is loaded."""
    vectors = torch.tensor([[0.0, 10.0], [2.0, 30.0]])
    told = (torch.tensor([0, 1]), torch.tensor([[-1.0, -1.0], [1.0, 1.0]]))
    sources = lambda: SeveralConditions([ClassLabels(2), Values(2, transform="standardise")])  # noqa: E731
    learnt, restored = sources(), sources()
    learnt.learn_((told[0], vectors))
    restored.restore_law_(learnt.law())
    for source in (learnt, restored):
        for given, expected in zip(source.tell((told[0], vectors)), told, strict=True):
            torch.testing.assert_close(given, expected)
