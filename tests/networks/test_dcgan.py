from math import sqrt

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, conv_transpose2d

from lit_wgan.networks import DCGANCritic, DCGANGenerator

IMAGE_SIZES = (8, 16, 28, 32, 48, 64, 100, 128)
NORMS = (nn.BatchNorm2d, nn.GroupNorm)


def count(network):
    return sum(p.numel() for p in network.parameters())


def layers_of(network, *kinds):
    return [layer for layer in network.modules() if isinstance(layer, kinds)]


def meta(network, *args, **kwargs):
    with torch.device("meta"):
        return network(*args, **kwargs)


def test_parameter_counts_at_64_are_those_of_arjovsky():
    # models/dcgan.py with --nz 100 --ngf 64 --ndf 64: convolutions without biases, then gain and offset of the norms.
    pyramid = 16 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
    generator = meta(DCGANGenerator, 64, 3, latent_dim=100)
    assert count(generator) == 16 * 100 * 512 + pyramid + 2 * (512 + 256 + 128 + 64) == 3_576_704
    critic = meta(DCGANCritic, 64, 3, norm="batch")
    assert count(critic) == pyramid + 16 * 512 + 2 * (128 + 256 + 512) == 2_765_568


@pytest.mark.parametrize(("network", "args"), [(DCGANGenerator, (64, 3, 100)), (DCGANCritic, (64, 3))])
def test_extra_layers_are_those_of_arjovsky(network, args):
    # --n_extra_layers 2: each a 3x3 convolution of the 64 finest channels, without bias, and its norm.
    with_two, without = (meta(network, *args, norm="batch", extra_layers=n) for n in (2, 0))
    assert count(with_two) - count(without) == 2 * (9 * 64 * 64 + 2 * 64)


def test_parameter_counts_at_28_are_those_of_gan_mnist():
    generator = meta(DCGANGenerator, 28, 1, latent_dim=128, norm="none", kernel_size=5)
    convolutions = (25 * 256 * 128 + 128) + (25 * 128 * 64 + 64) + (25 * 64 * 1 + 1)
    assert count(generator) == (128 * 4096 + 4096) + convolutions
    critic = meta(DCGANCritic, 28, 1, kernel_size=5)
    convolutions = (25 * 1 * 64 + 64) + (25 * 64 * 128 + 128) + (25 * 128 * 256 + 256)
    assert count(critic) == convolutions + (4096 * 1 + 1)


def test_parameter_counts_at_32_are_those_of_gan_cifar():
    generator = meta(DCGANGenerator, 32, 3, latent_dim=128, width=128, kernel_size=5)
    convolutions = (25 * 512 * 256 + 256) + (25 * 256 * 128 + 128) + (25 * 128 * 3 + 3)
    # The authors' first norm has 8192 gains and offsets, one per pixel; ours has 512, one per channel.
    assert count(generator) == (128 * 8192 + 8192) + convolutions + 2 * (512 + 256 + 128)
    critic = meta(DCGANCritic, 32, 3, width=128, kernel_size=5)
    convolutions = (25 * 3 * 128 + 128) + (25 * 128 * 256 + 256) + (25 * 256 * 512 + 512)
    assert count(critic) == convolutions + (8192 * 1 + 1)


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("kernel_size", [4, 5])
@pytest.mark.parametrize("image_size", IMAGE_SIZES)
def test_images_fill_their_frame_and_range_and_have_one_score_each(image_size, kernel_size, channels):
    torch.manual_seed(0)
    generator = DCGANGenerator(image_size, channels, 6, width=4, kernel_size=kernel_size, extra_layers=1)
    critic = DCGANCritic(image_size, channels, width=2, kernel_size=kernel_size, extra_layers=1)
    images = generator(100 * torch.randn(8, 6))
    assert images.shape == (8, channels, image_size, image_size)
    assert images.abs().max() <= 1
    spread = images.std(dim=0)
    assert spread.amax(dim=1).min() > 0  # every column depends on z, and
    assert spread.amax(dim=2).min() > 0  # every row, those of the border too
    assert critic(images).shape == (8,)


@pytest.mark.parametrize("kernel_size", [4, 5])
@pytest.mark.parametrize("image_size", [28, 32])
def test_generator_convolutions_are_the_adjoints_of_the_critic_convolutions(image_size, kernel_size):
    generator = DCGANGenerator(image_size, 3, 6, width=2, norm="none", kernel_size=kernel_size).double()
    critic = DCGANCritic(image_size, 3, width=2, kernel_size=kernel_size).double()
    doubling, halving = layers_of(generator, nn.ConvTranspose2d), layers_of(critic, nn.Conv2d)
    size = image_size
    for up, down in zip(reversed(doubling), halving, strict=True):
        up.weight = down.weight
        x = torch.randn(2, down.in_channels, size, size, dtype=torch.float64)
        size = (size + 1) // 2
        y = torch.randn(2, down.out_channels, size, size, dtype=torch.float64)
        torch.testing.assert_close((down(x) * y).sum(), (x * up(y)).sum())
    assert size == 4


def test_linear_ends_are_the_4x4_convolutions_of_arjovsky():
    (linear,) = layers_of(DCGANGenerator(16, 3, 6, width=2), nn.Linear)
    z = torch.randn(5, 6)
    convolved = conv_transpose2d(z[:, :, None, None], linear.weight.T.reshape(6, -1, 4, 4))
    torch.testing.assert_close(linear(z).view_as(convolved), convolved)
    (linear,) = layers_of(DCGANCritic(16, 3, width=2, norm="batch"), nn.Linear)
    features = torch.randn(5, 4, 4, 4)
    convolved = conv2d(features, linear.weight.view(1, -1, 4, 4))
    torch.testing.assert_close(linear(features.flatten(1)), convolved[:, :, 0, 0])


@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_norms_stand_everywhere_but_at_the_image(norm):
    kind = {"batch": [nn.BatchNorm2d], "layer": [nn.GroupNorm], "none": []}[norm]
    generator = DCGANGenerator(32, 3, 6, width=2, norm=norm)
    assert [type(n) for n in layers_of(generator, *NORMS)] == 3 * kind
    critic = DCGANCritic(32, 3, width=2, norm=norm)
    assert [type(n) for n in layers_of(critic, *NORMS)] == 2 * kind


@pytest.mark.parametrize(("norm", "mixes"), [("none", False), ("layer", False), ("batch", True)])
def test_only_batch_norm_lets_a_score_depend_on_the_other_samples(norm, mixes):
    torch.manual_seed(0)
    critic = DCGANCritic(16, 1, width=8, norm=norm)
    x = torch.randn(4, 1, 16, 16)
    alone = critic(x[:2])
    in_company = critic(x)[:2]
    assert torch.allclose(alone, in_company, rtol=1e-4, atol=1e-7) is not mixes


@pytest.mark.parametrize(
    ("norm", "kernel_size", "biased"), [("batch", 4, False), ("none", 4, True), ("batch", 5, True)]
)
def test_biases_are_left_out_only_beside_a_norm_in_the_4x4_layout(norm, kernel_size, biased):
    for network in (
        DCGANGenerator(16, 1, 6, width=2, norm=norm, kernel_size=kernel_size, extra_layers=1),
        DCGANCritic(16, 1, width=2, norm=norm, kernel_size=kernel_size, extra_layers=1),
    ):
        layers = layers_of(network, nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
        assert all((layer.bias is not None) is biased for layer in layers)
        assert not biased or all((layer.bias == 0).all() for layer in layers)


def test_initial_weights_of_the_4x4_layout_are_normal_with_deviation_one_fiftieth():
    torch.manual_seed(0)
    for network in (DCGANGenerator(16, 64, 64, width=64), DCGANCritic(16, 64, width=64, norm="batch")):
        for layer in layers_of(network, nn.Linear, nn.Conv2d, nn.ConvTranspose2d):
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
            assert layer.weight.abs().max() > 0.05  # beyond the reach of a uniform law of that deviation
        gains = torch.cat([n.weight for n in layers_of(network, nn.BatchNorm2d)])
        assert gains.mean().item() == pytest.approx(1, abs=0.01)
        assert gains.std().item() == pytest.approx(0.02, rel=0.3)


def test_initial_weights_of_the_5x5_layout_are_uniform_and_scaled_by_fan():
    torch.manual_seed(0)
    critic = DCGANCritic(16, 32, width=32, kernel_size=5, extra_layers=1)
    first, extra, second, linear = (p for p in critic.parameters() if p.ndim > 1)
    generator = DCGANGenerator(16, 32, 64, width=32, kernel_size=5)
    _, double, output = (p for p in generator.parameters() if p.ndim > 1)
    for weight, std in [
        (first, sqrt(4 / (25 * 32 + 25 * 32 / 4))),
        (extra, sqrt(4 / (9 * 32 + 9 * 32))),
        (second, sqrt(4 / (25 * 32 + 25 * 64 / 4))),
        (linear, sqrt(2 / (64 * 16 + 1))),
        (double, sqrt(4 / (25 * 64 / 4 + 25 * 32))),
        (output, sqrt(4 / (25 * 32 / 4 + 25 * 32))),
    ]:
        assert weight.std().item() == pytest.approx(std, rel=0.05)
        assert weight.abs().max().item() == pytest.approx(sqrt(3) * std, rel=0.01)


@pytest.mark.slow
def test_score_gradient_and_images_compile_without_a_graph_break():
    critic, generator = DCGANCritic(8, 1, width=2, norm="layer", extra_layers=1), DCGANGenerator(8, 1, 6, width=2)
    gradient = torch.func.grad(lambda x: critic(x).sum())
    x, z = torch.randn(4, 1, 8, 8), torch.randn(4, 6)
    torch.testing.assert_close(torch.compile(gradient, backend="eager", fullgraph=True)(x), gradient(x))
    torch.testing.assert_close(torch.compile(generator, backend="eager", fullgraph=True)(z), generator(z))


@pytest.mark.parametrize(
    "network", [lambda **kw: DCGANGenerator(channels=1, latent_dim=6, **kw), lambda **kw: DCGANCritic(channels=1, **kw)]
)
def test_unknown_choices_are_refused_with_the_known_ones(network):
    with pytest.raises(ValueError, match=r"Expected samples with an axis of 5 or more.*, but got 4 x 4\. Pad one to 5"):
        network(image_size=4)
    with pytest.raises(ValueError, match=r"Expected kernel_size in \(4, 5\), but got 3\. Choose 4"):
        network(image_size=8, kernel_size=3)
    with pytest.raises(ValueError, match=r"Expected norm in \{'batch', 'layer', 'none'\}, but got 'instance'\. Choose"):
        network(image_size=8, norm="instance")


@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_every_norm_has_the_usual_eps(norm):
    # nn.BatchNorm2d(channels, 0.8) sets eps, not momentum: a widely copied mistake.
    networks = [DCGANGenerator(32, 3, 8, width=4, norm=norm), DCGANCritic(32, 3, width=4, norm=norm)]
    norms = [m for net in networks for m in net.modules() if isinstance(m, nn.BatchNorm2d | nn.GroupNorm)]
    assert len(norms) == 5
    assert {m.eps for m in norms} == {1e-5}
