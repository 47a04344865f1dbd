"""What the architecture studies of WGAN and WGAN-GP vary in DCGAN and MLP networks: activation, depth, width."""

from typing import get_args

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.functional import elu

from lit_wgan.errors import UsageError
from lit_wgan.networks import DCGANCritic, DCGANGenerator, MLPCritic, MLPGenerator
from lit_wgan.networks.activations import Activation, Gate, SmoothELU, activation_layer

ACTIVATIONS = get_args(Activation)
CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)
NETWORKS = {
    "dcgan generator": lambda **kw: DCGANGenerator(16, 1, 6, width=4, kernel_size=5, extra_layers=1, **kw),
    "dcgan critic": lambda **kw: DCGANCritic(16, 1, width=4, norm="layer", kernel_size=5, extra_layers=1, **kw),
    "mlp generator": lambda **kw: MLPGenerator(6, (1, 16, 16), width=8, **kw),
    "mlp critic": lambda **kw: MLPCritic((1, 16, 16), width=8, **kw),
}


def count(network):
    return sum(p.numel() for p in network.parameters())


def layers_of(network, *kinds):
    return [layer for layer in network.modules() if isinstance(layer, kinds)]


def meta(network, *args, **kwargs):
    with torch.device("meta"):
        return network(*args, **kwargs)


def test_smooth_elu_is_the_shifted_softplus_of_the_paper_and_ends_where_elu_does():
    x = torch.linspace(-5, 5, 41, dtype=torch.float64)
    torch.testing.assert_close(SmoothELU()(x), (1 + (2 * x + 2).exp()).log() / 2 - 1)
    ends = torch.tensor([-30.0, 30.0])
    torch.testing.assert_close(SmoothELU()(ends), elu(ends))


def test_gate_is_the_sigmoid_of_even_channels_times_the_tanh_of_odd_ones():
    a, b = torch.randn(2, 5, 3, 4, 4).unbind()
    turns = torch.stack([a, b], 2).flatten(1, 2)
    torch.testing.assert_close(Gate()(turns), a.sigmoid() * b.tanh())


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_has_the_derivatives_that_a_penalty_needs(activation):
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    layer = activation_layer(activation)
    assert gradcheck(layer, x)
    assert gradgradcheck(layer, x)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_activation_is_that_of_all_hidden_layers(make, activation):
    torch.manual_seed(0)
    network = make(activation=activation)
    kind = type(activation_layer(activation))
    output = isinstance(network, DCGANGenerator)  # which ends in a tanh
    weighty = layers_of(network, nn.Linear, *CONVOLUTIONS)
    assert len(layers_of(network, kind)) == len(weighty) - 1 + (output and activation == "tanh")
    if isinstance(network, DCGANGenerator | MLPGenerator):
        assert network(torch.randn(4, 6)).shape == (4, 1, 16, 16)
    else:
        x = torch.randn(4, 1, 16, 16, requires_grad=True)
        (gradient,) = torch.autograd.grad(network(x).sum(), x)
        assert (gradient.flatten(1).norm(dim=1) > 0).all()


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_activations_but_gates_leave_the_initial_weights_as_they_are(make):
    def weights(**options):
        torch.manual_seed(0)
        return make(**options).state_dict()

    default = weights()
    for activation in set(ACTIVATIONS) - {"gated"}:
        other = weights(activation=activation)
        assert list(other) == list(default)
        assert all(torch.equal(other[name], default[name]) for name in default)


def test_parameter_counts_of_gated_networks_are_those_of_gan_64x64():
    # MultiplicativeDCGANGenerator and ...Discriminator with DIM 64: twice the filters and norms, not the inputs.
    generator = meta(DCGANGenerator, 64, 3, latent_dim=128, kernel_size=5, activation="gated")
    pyramid = 2 * 25 * (512 * 256 + 256 * 128 + 128 * 64) + 2 * (256 + 128 + 64)
    norms = 2 * 2 * (512 + 256 + 128 + 64)
    assert count(generator) == 2 * (128 * 8192 + 8192) + pyramid + norms + (25 * 64 * 3 + 3)
    critic = meta(DCGANCritic, 64, 3, norm="batch", kernel_size=5, activation="gated")
    pyramid = 2 * 25 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512) + 2 * (64 + 128 + 256 + 512)
    assert count(critic) == pyramid + 2 * 2 * (128 + 256 + 512) + (8192 + 1)


@pytest.mark.parametrize("activation", ["leaky_relu", "gated"])
def test_first_convolution_of_a_critic_has_no_norm(activation):
    first, second, *_ = DCGANCritic(32, 3, width=4, norm="layer", activation=activation).layers
    assert isinstance(first, nn.Conv2d)
    assert isinstance(second, type(activation_layer(activation)))


def test_parameter_count_of_constant_width_is_that_of_gan_64x64():
    # WGANPaper_CrippledDCGANGenerator with DIM 64.
    make = {"latent_dim": 128, "kernel_size": 5}
    crippled = meta(DCGANGenerator, 64, 3, norm="none", constant_width=True, **make)
    assert count(crippled) == (128 * 1024 + 1024) + 3 * (25 * 64 * 64 + 64) + (25 * 64 * 3 + 3)
    assert count(meta(DCGANGenerator, 64, 3, **make)) > 10 * count(crippled)


@pytest.mark.parametrize("depth", [4, 8, 12, 20])
def test_extra_layers_make_the_depths_of_table_1_at_32_pixels(depth):
    for network in (
        meta(DCGANGenerator, 32, 3, extra_layers=depth - 4),
        meta(DCGANCritic, 32, 3, extra_layers=depth - 4),
    ):
        assert len(layers_of(network, nn.Linear, *CONVOLUTIONS)) == depth


def test_gates_stand_behind_conditional_norms_of_twice_the_channels():
    torch.manual_seed(0)
    generator = DCGANGenerator(16, 1, 6, width=4, activation="gated", num_classes=3)
    z, zero, two = torch.randn(4, 6), torch.zeros(4, dtype=torch.int64), torch.full((4,), 2)
    with torch.no_grad():
        generator.layers[2].gain.weight[2] = 5
    assert not torch.equal(generator(z, zero), generator(z, two))


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_unknown_activation_is_refused_with_the_known_ones(make):
    with pytest.raises(UsageError, match=r"Expected activation in \('relu', .*, but got 'swish'\. Choose one of them"):
        make(activation="swish")
