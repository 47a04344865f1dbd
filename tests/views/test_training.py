"""What a system with a view does: its updates, its validation, its scores, and what it refuses."""

from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lit_wgan import GAN, WGAN, WGANGP, ClassLabels, ToyData, Values
from lit_wgan.errors import UsageError
from lit_wgan.functional.streams import RandomStreams
from lit_wgan.networks import DCGANCritic, DCGANGenerator, MLPCritic, MLPGenerator
from lit_wgan.terms import DRAGAN, L1, AuxiliaryClassifier, EnsembleMean, Term
from lit_wgan.views import DiffAugment, Pack, RandomSlices, View

SIZES = {"width": 8, "depth": 1}


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.01)


SGD = {"generator_optimizer": sgd, "critic_optimizer": sgd}


def points(n=48):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(3))


def loader(n=48, m=8):
    return DataLoader(points(n), m)


def packing(system_class=WGANGP, size=2, inputs=None, **options):
    torch.manual_seed(0)
    critic = MLPCritic(inputs or 2 * size, **SIZES)
    return system_class(MLPGenerator(3, 2, **SIZES), critic, latent_dim=3, view=Pack(size), **SGD, **options)


def augmenting(**options):
    torch.manual_seed(0)
    networks = DCGANGenerator(8, 1, 4, width=4, norm="layer"), DCGANCritic(8, 1, width=4)
    return WGANGP(*networks, latent_dim=4, view=DiffAugment(), n_critic=2, **SGD, **options)


def digits():
    return DataLoader(torch.rand(32, 1, 8, 8, generator=torch.Generator().manual_seed(3)), 8)


def weights(system):
    return [*system.generator.parameters(), *system.critic.parameters()]


class Watched(Term):
    """Keeps what it was shown."""

    name = "watched"

    def __init__(self):
        super().__init__(weight=1.0)
        self.steps = []

    def __call__(self, step):
        self.steps.append(step)
        return 0 * step.fake.scores.mean(), {}


class Doubled(View):
    """Sees every sample twice, the second time with a number added."""

    def draw(self, draws, x):
        return (draws.uniform(2),)

    def __call__(self, x, u):
        return torch.cat([x, x + u])

    def condition(self, c, u):
        return torch.cat([c, c])


def test_terms_see_views_and_whole_samples_of_both_networks_updates(networks, trainer):
    terms = Watched(), Watched()
    system = WGAN(**networks(), n_critic=1, critic_terms=[terms[0]], generator_terms=[terms[1]], view=Doubled())
    trainer(max_steps=2).fit(system, loader())
    assert len(terms[0].steps) == len(terms[1].steps) == 2
    added = []
    for step in (*terms[0].steps, *terms[1].steps):
        for judged in (step.real, step.fake):
            assert judged.whole.shape == (8, 2)
            assert judged.samples.shape == (16, 2)
            assert judged.scores.shape == (16,)
        difference = [judged.samples[8:] - judged.samples[:8] for judged in (step.real, step.fake)]
        torch.testing.assert_close(*difference)  # the same numbers for both
        added.append(difference[0])
    assert not any(torch.equal(*two) for two in pairwise(added))


@pytest.mark.parametrize("system_class", [GAN, WGAN, WGANGP])
def test_every_system_trains_and_validates_on_packs(system_class, trainer):
    system = packing(system_class, generator_batch_multiple=2, critic_terms=[DRAGAN()])
    before = [[p.clone() for p in network.parameters()] for network in (system.generator, system.critic)]
    run = trainer(max_steps=2, val_check_interval=1)
    run.fit(system, loader(), DataLoader(points(15), 6))  # 6, 6 and 3 held-out samples, of which the last is left out
    for old, network in zip(before, (system.generator, system.critic), strict=True):
        assert not all(torch.equal(*pair) for pair in zip(old, network.parameters(), strict=True))
    held_out, z = points(15), [RandomStreams(0).normal("z/validation", i, (n, 3)) for i, n in enumerate((6, 6, 2))]
    estimates = [
        system.estimate(system.score(real), system.score(system.generator(noise))) * len(real)
        for real, noise in zip((held_out[:6], held_out[6:12], held_out[12:14]), z, strict=True)
    ]
    torch.testing.assert_close(run.callback_metrics[f"eval/{system.estimate_name}"], sum(estimates) / 14)


def test_scores_are_one_for_each_row_of_the_view_and_the_same_every_time(trainer):
    system = packing()
    x = points(8)
    assert torch.equal(system.score(x), system.critic(torch.cat([x[:4], x[4:]], 1)))
    augmented = augmenting()
    images = torch.rand(4, 1, 8, 8)
    assert torch.equal(augmented.score(images), augmented.score(images))
    assert not torch.equal(augmented.score(images), augmented.critic(images))


def test_a_generator_learns_through_its_view(trainer):
    system = augmenting()
    before = [p.clone() for p in system.generator.parameters()]
    trainer(max_steps=1).fit(system, digits())
    assert not any(torch.equal(*pair) for pair in zip(before, system.generator.parameters(), strict=True))


def test_pairs_are_compared_whole_and_each_kind_of_noise_has_its_rows(trainer):
    torch.manual_seed(0)
    networks = MLPGenerator(3, 2, condition_dim=1, **SIZES), MLPCritic(4, condition_dim=2, **SIZES)
    terms = [L1(), EnsembleMean(samples=2)]
    options = {"condition": Values(1), "generator_terms": terms, "view": Pack(2)}
    system = WGANGP(*networks, latent_dim=3, n_critic=1, **SGD, **options)
    made = MLPGenerator(3, 2, condition_dim=1, **SIZES)
    made.load_state_dict(networks[0].state_dict())
    x, c = points(8), torch.linspace(0, 1, 8)[:, None]
    run = trainer(max_steps=1, log_every_n_steps=1)
    run.fit(system, DataLoader(TensorDataset(x, c), 8))
    streams = RandomStreams(0)
    first, second = (
        made(streams.normal(f"{name}", 0, (8, 3)), c) for name in ("z/generator", "generator/ensemble_mean")
    )
    torch.testing.assert_close(run.callback_metrics["generator/l1"], (first - x).abs().mean())
    expected = ((first + second) / 2 - x).square().mean()
    torch.testing.assert_close(run.callback_metrics["generator/ensemble_mean"], expected)


def test_the_critic_is_told_what_belongs_to_a_pack(trainer):
    told = []

    class Critic(MLPCritic):
        def forward(self, x, c):
            told.append((x.detach(), c))
            return super().forward(x, c)

    networks = MLPGenerator(3, 2, condition_dim=2, **SIZES), Critic(4, condition_dim=4, **SIZES)
    system = WGAN(*networks, latent_dim=3, n_critic=1, condition=Values(2), view=Pack(2), generator_batch_multiple=3)
    trainer(max_steps=2).fit(system, DataLoader(TensorDataset(points(), 2 * points()), 8))
    (both, of_both), (_, of_generated) = told[-2:]  # four real and four generated packs, then those of the generator
    assert torch.equal(of_both[:4], 2 * both[:4])
    assert torch.equal(of_both[4:], of_both[:4])
    assert torch.equal(of_generated, of_both[:4].repeat(3, 1))


def test_classes_go_along_with_slices(trainer):
    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(9, 1 + 4)

        def forward(self, x):
            out = self.layer(x.flatten(1))
            return out[:, 0], out[:, 1:]

    generator = nn.Sequential(nn.Linear(2, 27), nn.Unflatten(1, (1, 3, 3, 3)))

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = generator

        def forward(self, z, label):
            return self.layers(z)

    terms = {"critic_terms": [AuxiliaryClassifier()], "generator_terms": [AuxiliaryClassifier()]}
    system = WGANGP(Generator(), Critic(), 2, condition=ClassLabels(4), view=RandomSlices(slices=2), **terms)
    data = TensorDataset(torch.randn(16, 1, 3, 3, 3), torch.arange(16) % 4)
    run = trainer(max_steps=1, log_every_n_steps=1)
    run.fit(system, DataLoader(data, 4), DataLoader(data, 4))
    assert 0 <= run.callback_metrics["critic/auxiliary_accuracy"] <= 1
    assert len(system.score(data.tensors[0])) == 16 * 6


def test_a_view_that_changes_nothing_trains_the_same_networks(networks, trainer):
    class Same(View):
        def __call__(self, x):
            return 1 * x

    def run(**options):
        system = WGANGP(**networks(), **SGD, **options, generator_batch_multiple=2)
        trainer(max_steps=3).fit(system, loader())
        return weights(system)

    assert all(torch.equal(*pair) for pair in zip(run(), run(view=Same()), strict=True))


def test_continuing_sees_what_an_undisturbed_run_sees(networks, trainer, tmp_path):
    def run(steps, **options):
        system = WGAN(**networks(), **SGD, view=Doubled())
        made = trainer(max_steps=steps)
        made.fit(system, datamodule=ToyData("swiss_roll", 8), **options)
        return made, system

    run(2)[0].save_checkpoint(tmp_path / "two.ckpt")
    whole, continued = run(4)[1], run(4, ckpt_path=tmp_path / "two.ckpt")[1]
    assert all(torch.equal(*pair) for pair in zip(weights(whole), weights(continued), strict=True))


def test_batches_that_fill_no_packs_and_critics_of_other_sizes_are_refused(trainer):
    with pytest.raises(UsageError, match="Expected minibatches of a multiple of 3, since Pack shows 3 .* but got 8"):
        trainer().fit(packing(size=3), loader())
    with pytest.raises(
        UsageError, match=r"what Pack shows of what the .*, samples shaped \(2,\): tensors shaped \(6,\), "
    ):
        trainer().fit(packing(size=3, inputs=2), loader())
    with pytest.raises(UsageError, match="Expected view to be a Pack, RandomSlices, DiffAugment or another View, but"):
        WGAN(nn.Linear(2, 2), nn.Linear(2, 1), 2, view="pack")


@pytest.mark.slow
def test_packs_compile_whole_and_train_the_same_networks(trainer):
    def run(**options):
        system = packing(generator_batch_multiple=2, **options)
        trainer(max_steps=3).fit(system, loader())
        return weights(system)

    for ours, theirs in zip(run(compile=True), run(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("view", "shape", "numbers"),
    [
        (Pack(2), (4, 1, 8, 8), []),
        (RandomSlices(), (4, 1, 8, 8, 8), [3]),
        (DiffAugment(["color", "translation", "cutout", "flip"]), (4, 1, 8, 8), [8]),
    ],
    ids=["Pack", "RandomSlices", "DiffAugment"],
)
def test_each_view_and_its_gradient_compile_without_a_graph_break(view, shape, numbers):
    x, noise = torch.randn(shape, requires_grad=True), [torch.rand(4, number) for number in numbers]
    seen = torch.compile(view.__call__, backend="aot_eager", fullgraph=True, dynamic=False)(x, *noise)
    torch.testing.assert_close(seen, view(x, *noise))
    gradients = (torch.autograd.grad(each.square().sum(), x)[0] for each in (seen, view(x, *noise)))
    torch.testing.assert_close(*gradients)
