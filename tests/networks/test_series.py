"""Networks of series: residual, with attention, recurrent."""

import pytest
import torch
from torch.nn import functional
from torch.nn.functional import one_hot
from torch.utils.data import DataLoader

from lit_wgan import WGANGP, ClassLabels
from lit_wgan.errors import UsageError
from lit_wgan.functional.penalties import gradient_penalty
from lit_wgan.networks import (
    GRUCritic,
    GRUGenerator,
    SeriesResNetCritic,
    SeriesResNetGenerator,
    TableCritic,
    TransformerCritic,
    TransformerGenerator,
)
from lit_wgan.systems.checks import mixes_samples

GENERATORS = {"resnet": SeriesResNetGenerator, "transformer": TransformerGenerator, "gru": GRUGenerator}
CRITICS = {"resnet": SeriesResNetCritic, "transformer": TransformerCritic, "gru": GRUCritic}
CONDITIONS = {
    "classes": ({"num_classes": 3}, torch.tensor([0, 2, 1, 2])),
    "vectors": ({"condition_dim": 2}, torch.tensor([[0.0, 1], [1, 1], [3, 0], [1, 1]])),
}


def count(network):
    return sum(p.numel() for p in network.parameters())


def test_parameter_counts_are_those_of_gan_language():
    with torch.device("meta"):
        generator = SeriesResNetGenerator(128, (32, 100), head="softmax")
        critic = SeriesResNetCritic((32, 100))
    blocks = 5 * 2 * (5 * 512 * 512 + 512)
    assert count(generator) == (128 * 32 * 512 + 32 * 512) + blocks + (512 * 100 + 100)
    assert count(critic) == (100 * 512 + 512) + blocks + (32 * 512 + 1)


def test_residual_blocks_add_three_tenths_of_two_convolutions_over_five_steps():
    critic, x = SeriesResNetCritic((7, 2), width=3, depth=1), torch.randn(4, 7, 2)
    first, block, _, last = critic.layers
    maps = functional.conv1d(x.mT, first.weight, first.bias)
    y = maps
    for layer in (block.residual[1], block.residual[3]):
        assert layer.weight.shape == (3, 3, 5)
        y = functional.conv1d(y.relu(), layer.weight, layer.bias, padding=2)
    expected = (maps + 0.3 * y).flatten(1) @ last.weight[0] + last.bias
    torch.testing.assert_close(critic(x), expected)


@pytest.mark.parametrize("kind", GENERATORS)
def test_heads_end_in_probabilities_of_each_step_or_within_bounds(kind):
    networks, z = {}, 3 * torch.randn(5, 4)
    for head in ("none", "softmax", "tanh"):
        torch.manual_seed(0)
        networks[head] = GENERATORS[kind](4, (6, 3), width=8, head=head)
    numbers = networks["none"](z)
    assert numbers.shape == (5, 6, 3)
    torch.testing.assert_close(networks["softmax"](z), numbers.softmax(2))
    torch.testing.assert_close(networks["tanh"](z), numbers.tanh())


@pytest.mark.parametrize("kind", GENERATORS)
def test_series_of_one_number_need_no_axis_for_it(kind):
    flat, deep = GENERATORS[kind](4, 6, width=8), GENERATORS[kind](4, (6, 1), width=8)
    deep.load_state_dict(flat.state_dict())
    z = torch.randn(5, 4)
    assert torch.equal(flat(z), deep(z)[:, :, 0])
    flat, deep = CRITICS[kind](6, width=8), CRITICS[kind]((6, 1), width=8)
    deep.load_state_dict(flat.state_dict())
    x = torch.randn(5, 6)
    assert torch.equal(flat(x), deep(x[:, :, None]))


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("kind", GENERATORS)
def test_a_conditional_network_is_a_plain_one_with_the_condition_beside_noise_or_each_step(kind, condition):
    options, c = CONDITIONS[condition]
    told = one_hot(c, 3).float() if condition == "classes" else c
    conditional, z = GENERATORS[kind](4, (6, 2), width=8, **options), torch.randn(4, 4)
    plain = GENERATORS[kind](4 + told.shape[1], (6, 2), width=8)
    plain.load_state_dict(conditional.state_dict())
    torch.testing.assert_close(conditional(z, c), plain(torch.cat([z, told], 1)))
    conditional, x = CRITICS[kind]((6, 2), width=8, **options), torch.randn(4, 6, 2)
    plain = CRITICS[kind]((6, 2 + told.shape[1]), width=8)
    plain.load_state_dict(conditional.state_dict())
    at_steps = told[:, None].expand(-1, 6, -1)
    torch.testing.assert_close(conditional(x, c), plain(torch.cat([x, at_steps], 2)))
    with pytest.raises(UsageError, match=rf"as {type(conditional).__name__}'s condition, but got none"):
        conditional(x)


@pytest.mark.parametrize("kind", ["transformer", "gru"])
def test_noise_of_one_vector_is_that_vector_at_each_step(kind):
    one, several = GENERATORS[kind](4, (6, 2), width=8), GENERATORS[kind]([6, 4], (6, 2), width=8)
    several.load_state_dict(one.state_dict())
    z = torch.randn(5, 4)
    torch.testing.assert_close(one(z), several(z[:, None].expand(-1, 6, -1)))


def test_a_recurrent_generator_knows_the_noise_of_earlier_steps_alone():
    generator, z = GRUGenerator([6, 4], (6, 2), width=8), torch.randn(5, 6, 4)
    other = z.clone()
    other[:, 3] += 1
    change = (generator(z) - generator(other)).abs().amax((0, 2))
    assert (change[:3] == 0).all()
    assert (change[3:] > 0).all()


@pytest.mark.parametrize("kind", CRITICS)
def test_critics_see_every_step_and_its_place_and_each_sample_alone(kind):
    critic, x = CRITICS[kind]((6, 2), width=8), torch.randn(5, 6, 2)
    (gradient,) = torch.autograd.grad(critic(x.requires_grad_()).sum(), x)
    assert (gradient.abs().sum((0, 2)) > 1e-4).all()
    assert ((critic(x) - critic(x.flip(1))).abs() > 1e-5).all()
    assert not mixes_samples(critic, x.detach())


TWICE = {
    **{kind: lambda kind=kind, **options: CRITICS[kind]((6, 2), width=8, **options) for kind in CRITICS},
    "two recurrent layers": lambda **options: GRUCritic((6, 2), width=8, depth=2, **options),
    "table": lambda **options: TableCritic((6, 2), width=8, norm="layer", dropout=0.0, **options),
}


@pytest.mark.parametrize("condition", [None, *CONDITIONS])
@pytest.mark.parametrize("kind", TWICE)
def test_the_penalty_of_every_critic_has_the_gradient_that_differences_of_it_show(kind, condition):
    options, c = CONDITIONS.get(condition, ({}, None))
    critic, x = TWICE[kind](**options).double(), torch.randn(4, 6, 2, dtype=torch.float64)
    weights = list(critic.parameters())

    def penalty():
        return gradient_penalty(lambda x: critic(x) if c is None else critic(x, c), x)

    gradients = torch.autograd.grad(penalty(), weights, allow_unused=True)
    direction = [torch.randn_like(weight) for weight in weights]
    slope = sum((g * d).sum() for g, d in zip(gradients, direction, strict=True) if g is not None)
    step, values = 1e-5, []
    for sign in (1, -2):
        for weight, d in zip(weights, direction, strict=True):
            weight.data += sign * step * d
        values.append(penalty().detach())
    torch.testing.assert_close((values[0] - values[1]) / (2 * step), slope, rtol=1e-4, atol=1e-8)
    assert slope.abs() > 1e-6


@pytest.mark.parametrize("kind", GENERATORS)
def test_series_train_under_a_condition(kind, trainer):
    options = {"num_classes": 3, "width": 8}
    generator, critic = GENERATORS[kind](4, (6, 2), **options), CRITICS[kind]((6, 2), **options)
    before = [p.detach().clone() for p in (*generator.parameters(), *critic.parameters())]
    system = WGANGP(generator, critic, latent_dim=4, n_critic=2, condition=ClassLabels(3), ema_decay=0.9)
    data = list(zip(torch.randn(64, 6, 2), torch.randint(3, (64,)), strict=True))
    trainer(max_steps=3).fit(system, DataLoader(data, 16))
    after = [*system.generator.parameters(), *system.critic.parameters()]
    # Softmax of attention takes no notice of the keys' common offset.
    moved = [not torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert sum(moved) >= len(moved) - 4
    samples = system.sample(slice(20), condition=1)
    assert samples.isfinite().all()
    assert torch.equal(samples, system.sample(slice(20), condition=1))


def test_noise_at_each_step_trains(trainer):
    system = WGANGP(GRUGenerator([6, 1], 6, width=8), TransformerCritic(6, width=8, dropout=0.1), latent_dim=[6, 1])
    trainer(max_steps=2).fit(system, DataLoader(torch.randn(64, 6), 16))
    assert system.sample(slice(3)).shape == (3, 6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GRUCritic((6, 2, 2)), r"Expected data_shape \[T, d\] or \[T\] for series, but got \[6, 2, 2\]"),
        (lambda: GRUCritic((6, 0)), "Expected data_shape to be above 0, but got 0"),
        (lambda: TransformerCritic(6, width=10), "Expected a width that num_heads divides, but got width=10"),
        (lambda: GRUGenerator([5, 4], (6, 2)), r"Expected latent_dim as a number k, or as \[6, k\].* got \[5, 4\]"),
        (lambda: GRUGenerator(0, (6, 2)), "Expected latent_dim to be above 0, but got 0"),
        (lambda: SeriesResNetGenerator(4, 6, head="sigmoid"), "Expected head in .*, but got 'sigmoid'"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()
