from math import sqrt

import pytest
import torch
from torch import nn

from lit_wgan.networks import MLPCritic, MLPGenerator


def count(network):
    return sum(p.numel() for p in network.parameters())


def test_parameter_counts_are_those_of_gan_toy():
    hidden = (2 * 512 + 512) + (512 * 512 + 512) + (512 * 512 + 512)
    assert count(MLPGenerator(latent_dim=2, data_shape=2)) == hidden + (512 * 2 + 2)
    assert count(MLPCritic(data_shape=2)) == hidden + (512 * 1 + 1)


def test_parameter_count_of_image_generator_is_that_of_gan_64x64():
    with torch.device("meta"):
        generator = MLPGenerator(128, (3, 64, 64), width=512, depth=4, tanh=True)
    assert count(generator) == (128 * 512 + 512) + 3 * (512 * 512 + 512) + (512 * 12288 + 12288)


@pytest.mark.parametrize("shape", [2, (5,), (3, 4, 4)])
def test_critic_without_hidden_layers_is_affine(shape):
    critic = MLPCritic(shape, depth=0)
    x = torch.randn(7, *((shape,) if isinstance(shape, int) else shape))
    weight, bias = critic.parameters()
    torch.testing.assert_close(critic(x), x.flatten(1) @ weight[0] + bias)


def test_images_are_read_and_written_in_the_order_of_their_pixels():
    of_images, of_vectors = MLPGenerator(3, (2, 4, 5), width=8), MLPGenerator(3, 40, width=8)
    of_vectors.load_state_dict(of_images.state_dict())
    z = torch.randn(6, 3)
    assert torch.equal(of_images(z), of_vectors(z).view(6, 2, 4, 5))
    of_images, of_vectors = MLPCritic((2, 4, 5), width=8), MLPCritic(40, width=8)
    of_vectors.load_state_dict(of_images.state_dict())
    x = torch.randn(6, 2, 4, 5)
    assert torch.equal(of_images(x), of_vectors(x.flatten(1)))


def test_image_output_is_the_tanh_of_the_linear_output():
    linear, squashed = MLPGenerator(3, (1, 4, 4), width=8), MLPGenerator(3, (1, 4, 4), width=8, tanh=True)
    squashed.load_state_dict(linear.state_dict())
    z = 10 * torch.randn(6, 3)
    assert torch.equal(squashed(z), linear(z).tanh())


def test_initial_weights_are_he_uniform_and_the_output_glorot_uniform():
    torch.manual_seed(0)
    generator = MLPGenerator(200, 300, width=400, depth=2)
    first, second, output = (p for p in generator.parameters() if p.ndim == 2)
    for weight, std in [(first, sqrt(2 / 200)), (second, sqrt(2 / 400)), (output, sqrt(2 / (400 + 300)))]:
        assert weight.std().item() == pytest.approx(std, rel=0.01)
        assert weight.abs().max().item() == pytest.approx(sqrt(3) * std, rel=0.01)
    assert all((p == 0).all() for p in generator.parameters() if p.ndim == 1)


def test_he_weights_keep_the_size_of_a_signal_through_many_layers():
    torch.manual_seed(0)
    hidden = MLPCritic(256, width=256, depth=10).layers[:-1]
    # A ReLU halves the mean square of a symmetric signal, and the next layer doubles it.
    assert hidden(torch.randn(64, 256)).square().mean().item() == pytest.approx(1, rel=0.5)


@pytest.mark.slow
def test_score_gradient_compiles_without_a_graph_break():
    critic = MLPCritic(2, width=8)
    gradient = torch.func.grad(lambda x: critic(x).sum())
    x = torch.randn(4, 2)
    torch.testing.assert_close(torch.compile(gradient, backend="eager", fullgraph=True)(x), gradient(x))


def test_without_he_init_weights_are_pytorchs():
    torch.manual_seed(0)
    generator = MLPGenerator(2, 2, width=8, he_init=False)
    torch.manual_seed(0)
    expected = [nn.Linear(*sizes) for sizes in [(2, 8), (8, 8), (8, 8), (8, 2)]]
    ours = [layer for layer in generator.modules() if isinstance(layer, nn.Linear)]
    assert all(torch.equal(a.weight, b.weight) for a, b in zip(ours, expected, strict=True))
    assert all(
        layer.bias.abs().sum() > 0 for layer in MLPCritic(2, he_init=False).modules() if isinstance(layer, nn.Linear)
    )
