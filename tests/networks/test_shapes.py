"""Convolutional networks of series, images and volumes of any sizes, with their channels wherever they are."""

from hashlib import sha256
from itertools import product
from math import sqrt

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from lit_wgan import WGANGP, SampleGrid, SampleWriter
from lit_wgan.engine.networks import CHANNELS_LAST
from lit_wgan.errors import UsageError
from lit_wgan.functional.penalties import gradient_penalty
from lit_wgan.networks import DCGANCritic, DCGANGenerator, FieldGenerator, ResNetCritic, ResNetGenerator
from lit_wgan.networks.axes import levels
from lit_wgan.networks.condition_spec import ConditionSpec
from lit_wgan.networks.residual import down_block, up_block

SIZES = [(11,), (64,), (5, 8), (12, 20), (36, 32), (64, 5), (9, 2), (8, 8, 8), (9, 12, 4)]
FAMILIES = {
    "dcgan 4": (DCGANGenerator, DCGANCritic, {"extra_layers": 1}),
    "dcgan 5": (DCGANGenerator, DCGANCritic, {"kernel_size": 5}),
    "resnet": (ResNetGenerator, ResNetCritic, {}),
}
BEFORE = {
    (8, 4): ("275a4b3f", 0.028659, "34ce5935", 0.195054),
    (8, 5): ("dbcf7053", 78.4149, "34a7509d", 2.30768),
    (16, 4): ("4d379d80", 0.0105608, "4dc91258", 0.231331),
    (16, 5): ("a572ff04", 113.51, "0a849c4a", 3.07388),
    (28, 4): ("3c1bafdc", 0.00177385, "489cd93a", 0.379625),
    (28, 5): ("748ccd9e", 386.578, "057e7628", 1.2996),
    (32, 4): ("3c1bafdc", 0.00228667, "489cd93a", 0.680081),
    (32, 5): ("748ccd9e", 469.701, "057e7628", 0.672959),
    (64, 4): ("0d1e2cc7", 0.00047983, "fdd3b922", 0.277356),
    (64, 5): ("089c1cc5", 796.43, "f67cf585", 0.99974),
    (128, 4): ("34ba102b", 0.00123092, "524d9f55", 0.504999),
    (128, 5): ("8c8608af", 2447.18, "6d67f131", 3.7326),
}
"""Hashed names of the state and sums of absolute outputs of generator and critic, before sizes could be any others."""


def pair(family, latent_dim=6, width=2, norm="batch", critic_norm="none", conditions=None, **shape):
    generator, critic, options = FAMILIES[family]
    options = options | shape | (conditions or {})
    return generator(latent_dim=latent_dim, width=width, norm=norm, **options), critic(
        width=width, norm=critic_norm, **options
    )


def autograds_penalty(critic, x):
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


@pytest.mark.parametrize(
    ("sizes", "coarser"),
    [
        ((28, 28), [(14, 14), (7, 7), (4, 4)]),
        ((128, 96), [(64, 48), (32, 24), (16, 12), (8, 6), (4, 3)]),
        ((100, 80), [(50, 40), (25, 20), (13, 10), (7, 5), (4, 3)]),
        ((36, 32), [(18, 16), (9, 8), (5, 4)]),
        ((5,), [(3,)]),
        ((20, 3, 1), [(10, 3, 1), (5, 3, 1)]),
    ],
)
def test_axes_are_halved_until_the_longest_has_six_numbers_and_short_ones_stay(sizes, coarser):
    assert [level.coarse for level in levels(sizes)] == coarser


@pytest.mark.parametrize(("size", "kernel_size"), BEFORE)
def test_square_networks_have_the_names_and_outputs_they_had_before(size, kernel_size):
    names, outputs = [], []
    for network, shape, norm in [(DCGANGenerator, (6,), "batch"), (DCGANCritic, (2, size, size), "layer")]:
        torch.manual_seed(0)
        args = (size, 2, 6, 3) if network is DCGANGenerator else (size, 2, 3)
        made = network(*args, norm, kernel_size, 1).eval()
        torch.manual_seed(1)
        names.append(sha256(" ".join(made.state_dict()).encode()).hexdigest()[:8])
        outputs.append(made(torch.randn(3, *shape)).double().abs().sum().item())
    generator, made, critic, scores = BEFORE[size, kernel_size]
    assert names == [generator, critic]
    assert outputs == pytest.approx([made, scores], rel=1e-4)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("family", FAMILIES)
def test_samples_of_any_sizes_fill_their_frame_and_have_one_score_each(family, sizes):
    generator, critic = pair(family, image_size=sizes, channels=2)
    samples = generator(torch.randn(32, 6))
    assert samples.shape == (32, 2, *sizes)
    assert samples.std(dim=0).min() > 0  # every number depends on z
    assert critic(samples).shape == (32,)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_penalty_of_any_sizes_is_autograds(family, sizes):
    _, critic = pair(family, critic_norm="layer", image_size=sizes, channels=2)
    critic, x = critic.double(), torch.randn(3, 2, *sizes, dtype=torch.float64)
    derivatives = []
    for penalty in (gradient_penalty, autograds_penalty):
        critic.zero_grad()
        value = penalty(critic, x)
        value.backward()
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in critic.parameters()]
        derivatives.append([value.detach(), *gradients])
    torch.testing.assert_close(*derivatives, rtol=1e-9, atol=1e-12)
    x.requires_grad_()
    critic(x).sum().backward()
    assert (x.grad != 0).double().mean() > 0.9  # it sees all of a sample


@pytest.mark.parametrize("kernel_size", [4, 5])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_generator_convolutions_are_the_adjoints_of_the_critic_convolutions(sizes, kernel_size):
    options = {"image_size": sizes, "channels": 2, "width": 2, "norm": "none", "kernel_size": kernel_size}
    generator, critic = DCGANGenerator(latent_dim=6, **options).double(), DCGANCritic(**options).double()
    ups = [layer for layer in generator.layers if getattr(layer, "transposed", False)]
    downs = [layer for layer in critic.layers if hasattr(layer, "transposed")]
    for up, down, level in zip(reversed(ups), downs, levels(sizes), strict=True):
        up.weight = down.weight
        x = torch.randn(2, down.in_channels, *level.fine, dtype=torch.float64)
        y = torch.randn(2, down.out_channels, *level.coarse, dtype=torch.float64)
        torch.testing.assert_close((down(x) * y).sum(), (x * up(y)).sum())


def test_blocks_repeat_numbers_and_take_their_mean_where_sizes_are_odd_or_stay():
    (level, *_) = levels((9, 3, 8))
    assert level.coarse == (5, 3, 4)
    up = up_block(level, 2, 2, "none", ConditionSpec(), bias=True).shortcut[1]
    down = down_block(level, 2, 2, "none", bias=True).shortcut[0]
    coarse = torch.randn(1, 2, *level.coarse)
    fine = coarse.repeat_interleave(2, 2)[:, :, :9].repeat_interleave(2, 4)
    assert torch.equal(up(coarse), fine)
    torch.testing.assert_close(down(fine), coarse)
    x = torch.randn(1, 2, *level.fine)
    pairs = torch.cat([x, x[:, :, -1:]], 2).unflatten(2, (5, 2)).unflatten(-1, (4, 2)).mean((3, 6))
    torch.testing.assert_close(down(x), pairs)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("axis", "channels"), [("last", 2), ("none", 1)])
@pytest.mark.parametrize("sizes", [(12,), (9, 12), (8, 8, 6)], ids=str)
def test_channels_last_or_none_are_the_same_network_with_other_axes(sizes, axis, channels, family):
    networks = []
    for shape in [
        {"image_size": sizes, "channels": channels},
        {"image_size": sizes, "channels": channels, "channel_axis": axis},
        {"data_shape": (*sizes, channels) if axis == "last" else sizes, "channel_axis": axis},
    ]:
        torch.manual_seed(0)
        networks.append(pair(family, **shape))
    z = torch.randn(3, 6)
    (expected, *samples), scores = [g(z) for g, _ in networks], []
    for made in samples:
        assert torch.equal(made.movedim(-1, 1) if axis == "last" else made[:, None], expected)
    scores = [critic(x) for (_, critic), x in zip(networks, [expected, *samples], strict=True)]
    torch.testing.assert_close(scores[1], scores[0])
    torch.testing.assert_close(scores[2], scores[0])


def test_a_single_size_is_a_square_and_by_its_dims_a_series_or_a_cube():
    for dims, sizes in [(None, (8, 8)), (1, (8,)), (2, (8, 8)), (3, (8, 8, 8))]:
        for family in FAMILIES:
            generator, critic = pair(family, image_size=8, channels=1, dims=dims)
            assert critic(generator(torch.randn(2, 6))).shape == (2,)
            assert generator(torch.randn(2, 6)).shape == (2, 1, *sizes)
    assert DCGANGenerator(data_shape=[1, 8, 8], latent_dim=6, width=2)(torch.randn(2, 6)).shape == (2, 1, 8, 8)


def test_width_grows_to_sixteen_or_eight_times_at_most():
    with torch.device("meta"):
        (linear,) = (layer for layer in DCGANGenerator([4096], 1, 6, width=2).modules() if isinstance(layer, nn.Linear))
        (score,) = (layer for layer in ResNetCritic([4096], 1, width=2).modules() if isinstance(layer, nn.Linear))
    assert (linear.out_features, score.in_features) == (16 * 2 * 4, 8 * 2 * 4)


@pytest.mark.parametrize("family", FAMILIES)
def test_without_tanh_samples_leave_its_range(family):
    generator, _, options = FAMILIES[family]
    made = generator([12], 1, 6, width=2, tanh=False, **options)
    for weight in made.layers[-2].parameters():
        nn.init.ones_(weight)
    assert made(torch.randn(64, 6)).max() > 1


@pytest.mark.parametrize("sizes", [(12,), (9, 12), (8, 8, 6)], ids=str)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("conditions", "told"),
    [({"num_classes": 3}, torch.tensor([0, 2])), ({"condition_dim": 2}, torch.tensor([[1.0, 0], [-1, 2]]))],
    ids=["classes", "vectors"],
)
def test_conditions_change_samples_and_scores_of_any_dimension(family, sizes, conditions, told):
    for norm in ("batch", "layer"):
        generator, critic = pair(family, norm=norm, conditions=conditions, image_size=sizes, channels=1)
        for name, weight in generator.named_parameters():
            if "gain" in name or "offset" in name:
                nn.init.normal_(weight)
        z = torch.randn(2, 6)
        samples = generator(z, told)
        assert not torch.allclose(samples, generator(z, told.flip(0)))
        assert not torch.allclose(critic(samples, told), critic(samples, told.flip(0)))


@pytest.mark.parametrize(("axis", "channels"), [("first", 2), ("last", 2), ("none", 1)])
@pytest.mark.parametrize(("sizes", "others"), [((12,), (5,)), ((8, 8, 6), (4, 4, 3))], ids=str)
def test_series_and_volumes_stand_beside_samples_in_the_same_layout(sizes, others, axis, channels):
    def shaped(sizes):
        return {"first": (3, channels, *sizes), "last": (3, *sizes, channels), "none": (3, *sizes)}[axis]

    critic = DCGANCritic(sizes, channels, 2, condition_channels=channels, channel_axis=axis)
    x, condition = torch.randn(shaped(sizes)), torch.randn(shaped(others))
    assert not torch.equal(critic(x, condition), critic(x, condition.flip(0)))
    generator = FieldGenerator(channels, channels, width=2, depth=1, dims=len(sizes), channel_axis=axis)
    samples = generator(torch.randn(3, 1, *sizes), condition)
    assert samples.shape == x.shape
    kind = {1: "series", 3: "volumes"}[len(sizes)]
    for network, given in [(critic, x), (generator, torch.randn(3, 1, *sizes))]:
        with pytest.raises(UsageError, match=rf"Expected {kind} of floats, \(3, .*as .*'s condition, but got"):
            network(given, condition[:, None])
    with pytest.raises(UsageError, match=r"Expected noise of shape \(N, 1, (T|D, H, W)\) for FieldGenerator, but got"):
        generator(torch.randn(3, 1), condition)


@pytest.mark.parametrize("dims", [1, 3])
def test_initial_weights_follow_the_same_laws_in_one_and_three_dimensions(dims):
    generator = DCGANGenerator(16, 32, 64, width=64, dims=dims)
    for layer in generator.modules():
        if isinstance(layer, nn.Linear) or hasattr(layer, "transposed"):
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
        elif hasattr(layer, "running_mean"):
            assert 0.01 < layer.weight.std().item() < 0.03
    first = DCGANCritic(16, 32, width=32, kernel_size=5, dims=dims).layers[0].weight
    std = sqrt(4 / (5**dims * 32 * (1 + 1 / 2**dims)))
    assert first.std().item() == pytest.approx(std, rel=0.05)
    assert first.abs().max().item() == pytest.approx(sqrt(3) * std, rel=0.01)


@pytest.mark.parametrize("family", FAMILIES)
def test_arguments_that_say_no_shape_are_refused_with_what_would_do(family):
    for shape, message in {
        "neither": ({}, r"image_size with channels, or as data_shape, but got neither\. Give one"),
        "both": ({"image_size": 8, "data_shape": [1, 8, 8]}, "but got both"),
        "no channels": ({"image_size": 8}, r"Expected channels beside image_size, but got none\. Set it"),
        "two of them": ({"data_shape": [1, 8, 8], "channels": 1}, "Expected data_shape to hold the channels, but got"),
        "none has one": (
            {"image_size": 8, "channels": 3, "channel_axis": "none"},
            r"channels=1 with channel_axis=none",
        ),
        "unknown axis": (
            {"data_shape": [1, 8], "channel_axis": "second"},
            r"channel_axis in \('first', 'last', 'none'\)",
        ),
        "no axis": ({"data_shape": [8]}, "Expected samples of 1, 2 or 3 axes beside that of the channels, but got 0"),
        "four axes": ({"image_size": [8, 8, 8, 8], "channels": 1}, "but got 4. Set channel_axis to"),
        "dims": ({"image_size": [8, 8], "channels": 1, "dims": 3}, r"Expected 3 sizes, as dims says, but got \[8, 8\]"),
        "too small": ({"image_size": [4, 3], "channels": 1}, r"an axis of 5 or more.*but got 4 x 3\. Pad one to 5"),
        "no size": ({"image_size": [8, 0], "channels": 1}, "Expected the size of axis 1 to be above 0, but got 0"),
        "no channel": ({"data_shape": [0, 8]}, "Expected channels to be above 0"),
    }.values():
        with pytest.raises(UsageError, match=message):
            pair(family, **shape)
    for size in product((1, 5), repeat=3):  # one axis of 5 is enough
        assert max(size) < 5 or pair(family, image_size=size, channels=1)


@pytest.mark.parametrize(
    ("shape", "axis"), [((12, 2), "last"), ((9, 12), "none"), ((6, 8, 8), "none"), ((1, 6, 8, 8), "first")], ids=str
)
@pytest.mark.parametrize("family", ["dcgan 5", "resnet"])
def test_systems_train_and_sample_on_any_of_them(family, shape, axis, trainer, tmp_path):
    generator, critic = pair(family, critic_norm="layer", data_shape=shape, channel_axis=axis)
    system = WGANGP(generator, critic, latent_dim=6, n_critic=1)
    trainer(callbacks=[SampleGrid(1, num_samples=4)]).fit(system, DataLoader(torch.randn(16, *shape), 8))
    assert all(weight.isfinite().all() for weight in system.state_dict().values())
    for weight in system.critic.parameters():  # channels_last, for images and volumes
        assert weight.is_contiguous(memory_format=CHANNELS_LAST.get(weight.ndim, torch.contiguous_format))
    trainer(callbacks=[SampleWriter(str(tmp_path / "written"))]).predict(system, DataLoader(range(3), 3))
    assert len(list((tmp_path / "written").iterdir())) == 3
    assert system.sample(slice(3)).shape == (3, *shape)
