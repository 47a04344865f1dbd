from math import sqrt

import pytest
import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from lit_wgan.networks import CIFARResNetCritic, CIFARResNetGenerator, ResNet64Critic, ResNet64Generator
from lit_wgan.networks.resnet import ResidualBlock

NETWORKS = [CIFARResNetGenerator, CIFARResNetCritic, ResNet64Generator, ResNet64Critic]
PAIRS = [(CIFARResNetGenerator, CIFARResNetCritic, 32), (ResNet64Generator, ResNet64Critic, 64)]


def count(network):
    return sum(p.numel() for p in network.parameters())


def layers_of(network, *kinds):
    return [layer for layer in network.modules() if isinstance(layer, kinds)]


def meta(network):
    with torch.device("meta"):
        return network()


def test_parameter_counts_are_those_of_gan_cifar_resnet():
    conv, shortcut, norm = 9 * 128 * 128 + 128, 128 * 128 + 128, 2 * 128
    block = norm + conv + norm + conv + shortcut
    generator = (128 * 2048 + 2048) + 3 * block + norm + (9 * 128 * 3 + 3)
    assert count(meta(CIFARResNetGenerator)) == generator
    first = (9 * 3 * 128 + 128) + conv + (3 * 128 + 128)
    down, plain = conv + conv + shortcut, conv + conv
    assert count(meta(CIFARResNetCritic)) == first + down + plain + plain + (128 * 1 + 1)


def test_parameter_counts_are_those_of_gan_64x64():
    def up(i, o):
        return 2 * i + 9 * i * o + 2 * o + (9 * o * o + o) + (i * o + o)

    def down(i, o):
        return 2 * i + 9 * i * i + 2 * i + (9 * i * o + o) + (i * o + o)

    blocks = up(512, 512) + up(512, 256) + up(256, 128) + up(128, 64)
    assert count(meta(ResNet64Generator)) == (128 * 8192 + 8192) + blocks + 2 * 64 + (9 * 64 * 3 + 3)
    blocks = down(64, 128) + down(128, 256) + down(256, 512) + down(512, 512)
    assert count(meta(ResNet64Critic)) == (9 * 3 * 64 + 64) + blocks + (8192 * 1 + 1)


@pytest.mark.parametrize(
    ("network", "shape", "outputs"),
    [
        (lambda: CIFARResNetGenerator(6, 3, 4), (6,), 3734.602714),
        (lambda: CIFARResNetCritic(3, 4, "layer"), (3, 32, 32), 0.202266),
        (lambda: ResNet64Generator(6, 3, 4), (6,), 16759.468408),
        (lambda: ResNet64Critic(3, 4), (3, 64, 64), 6.781126),
    ],
)
def test_absolute_outputs_sum_to_what_they_did_before_there_were_other_sizes(network, shape, outputs):
    torch.manual_seed(0)
    made = network().eval()
    torch.manual_seed(1)
    assert made(torch.randn(3, *shape)).double().abs().sum().item() == pytest.approx(outputs, rel=1e-4)


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize(("generator", "critic", "image_size"), PAIRS)
def test_images_fill_their_frame_and_range_and_have_one_score_each(generator, critic, image_size, channels):
    torch.manual_seed(0)
    images = generator(latent_dim=6, channels=channels, width=4)(100 * torch.randn(8, 6))
    assert images.shape == (8, channels, image_size, image_size)
    assert images.abs().max() <= 1
    spread = images.std(dim=0)
    assert spread.amax(dim=1).min() > 0  # every column depends on z, and
    assert spread.amax(dim=2).min() > 0  # every row, those of the border too
    assert critic(channels=channels, width=2)(images).shape == (8,)


def test_downsampling_shortcut_equals_the_authors_pooling_after_the_convolution():
    for critic in (CIFARResNetCritic(width=4), ResNet64Critic(width=4)):
        shortcut = layers_of(critic, ResidualBlock)[1].shortcut
        (conv,) = layers_of(shortcut, nn.Conv2d)
        nn.init.normal_(conv.bias)
        x = torch.randn(2, conv.in_channels, 8, 8)
        torch.testing.assert_close(shortcut(x), avg_pool2d(conv(x), 2))


def test_upsampling_shortcut_equals_the_authors_convolution_after_repeating_pixels():
    for generator in (CIFARResNetGenerator(width=4), ResNet64Generator(width=4)):
        shortcut = layers_of(generator, ResidualBlock)[-1].shortcut
        (conv,) = layers_of(shortcut, nn.Conv2d)
        nn.init.normal_(conv.bias)
        x = torch.randn(2, conv.in_channels, 8, 8)
        repeated = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
        torch.testing.assert_close(shortcut(x), conv(repeated))


def test_block_without_resampling_adds_to_its_input():
    *_, block = layers_of(CIFARResNetCritic(width=4), ResidualBlock)
    x = torch.randn(2, 4, 8, 8)
    torch.testing.assert_close(block(x) - x, block.residual(x))
    nn.init.zeros_(layers_of(block, nn.Conv2d)[-1].weight)
    assert torch.equal(block(x), x)


@pytest.mark.parametrize("critic", [CIFARResNetCritic, ResNet64Critic])
def test_critic_sees_negative_pixels(critic):
    torch.manual_seed(0)
    critic = critic(width=4)
    size = 32 if isinstance(critic, CIFARResNetCritic) else 64
    gradient = torch.func.grad(lambda x: critic(x).sum())(-torch.rand(1, 3, size, size))
    assert (gradient != 0).float().mean() > 0.9


@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_norms_are_those_asked_for_and_the_first_block_of_the_cifar_critic_has_none(norm):
    kind = {"batch": [nn.BatchNorm2d], "layer": [nn.GroupNorm], "none": []}[norm]
    counts = {CIFARResNetGenerator: 7, CIFARResNetCritic: 6, ResNet64Generator: 9, ResNet64Critic: 8}
    for network, norms in counts.items():
        found = layers_of(network(width=2, norm=norm), nn.BatchNorm2d, nn.GroupNorm)
        assert [type(n) for n in found] == norms * kind
    assert not layers_of(
        layers_of(CIFARResNetCritic(width=2, norm=norm), ResidualBlock)[0], nn.BatchNorm2d, nn.GroupNorm
    )


@pytest.mark.parametrize(("norm", "mixes"), [("none", False), ("layer", False), ("batch", True)])
@pytest.mark.parametrize(("critic", "size"), [(CIFARResNetCritic, 32), (ResNet64Critic, 64)])
def test_only_batch_norm_lets_a_score_depend_on_the_other_samples(critic, size, norm, mixes):
    torch.manual_seed(0)
    critic = critic(width=4, norm=norm)
    x = torch.randn(4, 3, size, size)
    assert torch.allclose(critic(x[:2]), critic(x)[:2], rtol=1e-3, atol=1e-5) is not mixes


def test_layer_norm_makes_a_sample_standard_over_channels_and_pixels_together():
    norm, *_ = layers_of(ResNet64Critic(width=4), nn.GroupNorm)
    x = 5 + 3 * torch.randn(2, 4, 8, 8) * torch.arange(1, 5).view(4, 1, 1)
    y = norm(x)
    torch.testing.assert_close(y.mean(dim=(1, 2, 3)), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var(dim=(1, 2, 3), correction=0), torch.ones(2), atol=1e-4, rtol=0)
    assert y[:, 3].std() > 2 * y[:, 0].std()  # channels keep their proportions, as under instance norm they would not


def test_initial_weights_are_he_uniform_inside_blocks_and_glorot_uniform_at_ends_and_shortcuts():
    torch.manual_seed(0)
    generator, critic = CIFARResNetGenerator(64, channels=32, width=64), ResNet64Critic(channels=32, width=32)
    block, down = layers_of(generator, ResidualBlock)[0], layers_of(critic, ResidualBlock)[0]
    dense, image = layers_of(generator, nn.Linear)[0], layers_of(generator, nn.Conv2d)[-1]
    for layer, std in [
        (layers_of(block.residual, nn.Conv2d)[0], sqrt(4 / (9 * 64 + 9 * 64))),
        (layers_of(down.residual, nn.Conv2d)[1], sqrt(4 / (9 * 32 + 9 * 64))),
        (layers_of(block.shortcut, nn.Conv2d)[0], sqrt(2 / (64 + 64))),
        (image, sqrt(2 / (9 * 64 + 9 * 32))),
        (layers_of(critic, nn.Conv2d)[0], sqrt(2 / (9 * 32 + 9 * 32))),
        (dense, sqrt(2 / (64 + 16 * 64))),
        (layers_of(ResNet64Generator(width=32, channels=16), nn.Conv2d)[-1], sqrt(4 / (9 * 32 + 9 * 16))),
    ]:
        assert layer.weight.std().item() == pytest.approx(std, rel=0.05)
        assert layer.weight.abs().max().item() == pytest.approx(sqrt(3) * std, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("generator", "critic", "size"), PAIRS)
def test_score_gradient_and_images_compile_without_a_graph_break(generator, critic, size):
    critic, generator = critic(width=2), generator(6, width=2)
    gradient = torch.func.grad(lambda x: critic(x).sum())
    x, z = torch.randn(2, 3, size, size), torch.randn(2, 6)
    torch.testing.assert_close(torch.compile(gradient, backend="eager", fullgraph=True)(x), gradient(x))
    torch.testing.assert_close(torch.compile(generator, backend="eager", fullgraph=True)(z), generator(z))


@pytest.mark.parametrize("network", NETWORKS)
def test_unknown_norm_is_refused_with_the_known_ones(network):
    with pytest.raises(ValueError, match=r"Expected norm in \{'batch', 'layer', 'none'\}, but got 'instance'\. Choose"):
        network(width=2, norm="instance")
