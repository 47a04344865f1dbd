from itertools import pairwise
from math import sqrt

import pytest
import torch
from torch import nn

from lit_wgan.errors import UsageError
from lit_wgan.functional.penalties import gradient_penalty
from lit_wgan.networks import BottleneckResNetCritic, BottleneckResNetGenerator
from lit_wgan.networks.residual import ResidualBlock

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def layers_of(network, *kinds):
    return [layer for layer in network.modules() if isinstance(layer, kinds)]


def meta(network, *args, **kwargs):
    with torch.device("meta"):
        return network(*args, **kwargs)


def keeps(n, channels):
    """Parameters of n blocks that keep their size: 1x1, 3x3, 1x1 without bias, norm."""
    half = channels // 2
    return n * (channels * half + half + 9 * half * half + half + half * channels + 2 * channels)


def changes(fine, coarse, up):
    """Parameters of a block between two sizes: that and its shortcut."""
    given, made = (coarse, fine) if up else (fine, coarse)
    main = given * given // 2 + given // 2 + 9 * given * made // 4 + made // 2 + made // 2 * made + 2 * made
    return main + (4 if up else 1) * given * made + made  # the authors' has 4 biases to each of ours


def test_parameter_counts_are_those_of_the_101_layers_of_gan_64x64():
    widths = [32, 64, 128, 256, 512]
    keeping = sum(keeps(n, width) for n, width in zip([5, 6, 6, 6, 6], widths, strict=True))
    for network, up, ends in [
        (meta(BottleneckResNetGenerator, 64, 3), True, 128 * 8192 + 8192 + 32 * 3 + 3),
        (meta(BottleneckResNetCritic, 64, 3), False, 3 * 32 + 32 + 8192 + 1),
    ]:
        changing = sum(changes(fine, coarse, up) for fine, coarse in pairwise(widths))
        assert sum(p.numel() for p in network.parameters()) == keeping + changing + ends


@pytest.mark.parametrize("network", [BottleneckResNetGenerator, BottleneckResNetCritic])
@pytest.mark.parametrize(("image_size", "depth"), [(64, 101), (64, 14), (8, 101), (8, 5), (28, 20)])
def test_depth_counts_layers_beside_shortcuts(network, image_size, depth):
    made = meta(network, image_size, 1, width=2, depth=depth)
    blocks = layers_of(made, ResidualBlock)
    in_shortcuts = sum(isinstance(block.shortcut, CONVOLUTIONS) for block in blocks)
    assert len(layers_of(made, nn.Linear, *CONVOLUTIONS)) - in_shortcuts == depth
    assert len(blocks) == (depth - 2) // 3


def test_block_is_its_input_and_three_tenths_of_its_branch_whose_last_layer_is_its_only_norm():
    torch.manual_seed(0)
    block = layers_of(BottleneckResNetCritic(8, 1, width=4, depth=11), ResidualBlock)[0]
    x = torch.randn(2, 4, 8, 8)
    *branch, norm, scale = block.residual
    assert not layers_of(nn.Sequential(*branch), nn.GroupNorm)
    torch.testing.assert_close(block(x), x + 0.3 * norm(nn.Sequential(*branch)(x)))
    assert scale.factor == 0.3


def test_images_and_scores_are_a_fifth_of_what_their_last_layer_gives():
    torch.manual_seed(0)
    generator, critic = BottleneckResNetGenerator(8, 1, 6, width=4, depth=8), BottleneckResNetCritic(8, 1, 4, depth=8)
    z = torch.randn(4, 6)
    images = generator(z)
    torch.testing.assert_close(images, (generator.layers[:-2](z) / 5).tanh())
    torch.testing.assert_close(critic(images), critic.layers[:-1](images).squeeze(1) / 5)


@pytest.mark.parametrize("image_size", [8, 28, 32, [5, 12], [3, 9]])
def test_images_of_any_size_have_one_score_each_and_a_penalty(image_size):
    torch.manual_seed(0)
    generator = BottleneckResNetGenerator(image_size, 3, 6, width=4, depth=14)
    critic = BottleneckResNetCritic(image_size, 3, width=4, depth=14)
    images = generator(torch.randn(4, 6)).detach()
    sizes = [image_size] * 2 if isinstance(image_size, int) else image_size
    assert images.shape == (4, 3, *sizes)
    assert (images.std(0) > 0).all()  # every pixel depends on z
    assert critic(images).shape == (4,)
    gradient_penalty(critic, images).backward()
    assert all(p.grad.isfinite().all() for p in critic.parameters() if p.ndim > 1)


def test_signals_neither_vanish_nor_explode_through_101_layers():
    torch.manual_seed(0)
    images = BottleneckResNetGenerator(8, 1, 64, width=8)(torch.randn(16, 64))
    assert 0.01 < images.std() < 0.7
    critic = BottleneckResNetCritic(8, 1, width=8)
    x = torch.randn(16, 1, 8, 8, requires_grad=True)
    (gradient,) = torch.autograd.grad(critic(x).sum(), x)
    assert 1e-3 < gradient.flatten(1).norm(dim=1).mean() < 1e3


def test_initial_weights_of_shortcuts_are_glorots_of_the_authors_convolution_to_four_times_the_channels():
    torch.manual_seed(0)
    generator = BottleneckResNetGenerator(8, 1, 6, width=64, depth=5)
    (up,) = (block.shortcut for block in layers_of(generator, ResidualBlock))
    assert up.weight.std().item() == pytest.approx(sqrt(2 / (128 + 4 * 64)), rel=0.05)


@pytest.mark.parametrize("network", [BottleneckResNetGenerator, BottleneckResNetCritic])
def test_depths_and_widths_that_make_no_whole_blocks_are_refused(network):
    for image_size, depth, close in [(8, 6, 5), (8, 2, 5), (64, 11, 14), (64, 100, 98)]:
        with pytest.raises(UsageError, match=rf"Expected depth of 2 \+ 3 k .*, but got {depth}\. Choose {close}\."):
            network(image_size, 1, depth=depth)
    with pytest.raises(UsageError, match=r"Expected an even width, .*, but got 3\. Choose 4\."):
        network(8, 1, width=3)
    for sizes in ({"image_size": "auto", "channels": 1}, {"image_size": 8, "channels": "auto"}):
        with pytest.raises(UsageError, match=r"as a number or numbers, but got auto"):
            network(**sizes)
