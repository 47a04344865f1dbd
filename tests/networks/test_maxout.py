import pytest
import torch

from lit_wgan.errors import UsageError
from lit_wgan.networks import MaxoutCritic, MLPGenerator


def count(network):
    return sum(p.numel() for p in network.parameters())


def test_parameter_counts_are_those_of_mnist_yaml():
    with torch.device("meta"):
        generator = MLPGenerator(100, (1, 28, 28), width=1200, depth=2, tanh=True)
        critic = MaxoutCritic((1, 28, 28))
    assert count(generator) == (100 * 1200 + 1200) + (1200 * 1200 + 1200) + (1200 * 784 + 784)
    assert count(critic) == 5 * (784 * 240 + 240) + 5 * (240 * 240 + 240) + (240 + 1)


def test_a_unit_is_the_largest_of_its_linear_functions():
    critic, x = MaxoutCritic((2, 3), width=4, pieces=3, depth=1).eval(), torch.randn(5, 2, 3)
    hidden, last = critic.layers[2], critic.layers[5]
    pieces = x.flatten(1) @ hidden.weight.T + hidden.bias
    units = torch.stack([pieces[:, 3 * unit : 3 * unit + 3].max(1).values for unit in range(4)], 1)
    torch.testing.assert_close(critic(x), (units @ last.weight.T + last.bias).squeeze(1))


def test_a_fifth_of_the_sample_and_half_of_the_units_are_left_out_in_training_alone():
    critic = MaxoutCritic(20_000, width=2000, pieces=2)
    shares = [layer.p for layer in critic.layers if isinstance(layer, torch.nn.Dropout)]
    assert shares == [0.2, 0.5, 0.5]
    x = torch.ones(1, 20_000)
    assert (critic.layers[:2](x) == 0).float().mean().item() == pytest.approx(0.2, abs=0.02)
    assert torch.equal(critic.eval()(x), critic(x))


def test_a_critic_without_hidden_layers_is_affine():
    critic, x = MaxoutCritic(3, depth=0, input_dropout=0), torch.randn(4, 3)
    weight, bias = critic.parameters()
    torch.testing.assert_close(critic(x), x @ weight[0] + bias)


def test_a_condition_stands_beside_the_sample():
    critic, plain = MaxoutCritic(3, width=4, num_classes=2).eval(), MaxoutCritic(5, width=4).eval()
    plain.load_state_dict(critic.state_dict())
    x, label = torch.randn(2, 3), torch.tensor([1, 0])
    assert torch.equal(critic(x, label), plain(torch.cat([x, torch.eye(2)[label]], 1)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pieces": 0}, "Expected pieces to be above 0, but got 0"),
        ({"input_dropout": 1.0}, r"Expected input_dropout in \[0, 1\), but got 1.0"),
        ({"dropout": -0.5}, r"Expected dropout in \[0, 1\), but got -0.5"),
    ],
)
def test_numbers_out_of_range_are_refused(options, message):
    with pytest.raises(UsageError, match=message):
        MaxoutCritic(2, **options)
