import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import one_hot

from lit_wgan.errors import UsageError
from lit_wgan.networks import Concatenated, DCGANCritic, MLPCritic
from lit_wgan.networks.concatenation import concatenated, resized


def test_classes_stand_one_hot_and_vectors_as_they_are_behind_the_input():
    x, labels, vectors = torch.randn(4, 3), torch.tensor([0, 2, 1, 2]), torch.randn(4, 2)
    assert torch.equal(concatenated(x, labels, 3), torch.cat([x, one_hot(labels, 3)], 1))
    assert torch.equal(concatenated(x, vectors), torch.cat([x, vectors], 1))
    assert torch.equal(concatenated(x, vectors[:, 0]), torch.cat([x, vectors[:, :1]], 1))
    field = torch.randn(4, 1, 2, 3)
    assert torch.equal(concatenated(x, field), torch.cat([x, field.flatten(1)], 1))


@pytest.mark.parametrize("size", [(7,), (5, 6), (2, 3, 4)])
def test_beside_series_images_and_volumes_numbers_are_constant_channels(size):
    x, vectors, labels = torch.randn(4, 3, *size), torch.randn(4, 2), torch.tensor([0, 2, 1, 2])
    for condition, numbers in [(vectors, vectors), (labels, one_hot(labels, 3).float())]:
        y = concatenated(x, condition, 3)
        assert torch.equal(y[:, :3], x)
        constants = y[:, 3:].flatten(2)
        assert torch.equal(constants, numbers[:, :, None].expand_as(constants))


def test_an_image_is_repeated_averaged_or_interpolated_to_the_size_of_the_input():
    image = torch.randn(2, 3, 4, 6)
    assert resized(image, torch.Size([4, 6])) is image
    larger = resized(image, torch.Size([8, 18]))
    assert torch.equal(larger, image.repeat_interleave(2, 2).repeat_interleave(3, 3))
    torch.testing.assert_close(resized(larger, image.shape[2:]), image)
    torch.testing.assert_close(resized(image, torch.Size([2, 2])), image.view(2, 3, 2, 2, 2, 3).mean((3, 5)))
    ramp = torch.arange(10.0).expand(1, 1, 10, 10)
    uneven = resized(ramp, torch.Size([15, 15]))[0, 0, 7]
    torch.testing.assert_close(uneven[1:-1].diff(), torch.full((12,), 2 / 3))  # linear, but for the border


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_constants_stay_constant_when_resized(axes):
    x = torch.full((1, 1, *[6] * axes), 0.5)
    for size in (12, 3, 4, 7):
        torch.testing.assert_close(resized(x, torch.Size([size] * axes)), torch.full((1, 1, *[size] * axes), 0.5))


def test_a_network_of_ones_own_takes_a_condition_as_if_it_stood_in_its_input():
    network, x, labels = nn.Linear(2 + 3, 1), torch.randn(4, 2), torch.tensor([0, 2, 1, 2])
    critic = Concatenated(network, num_classes=3)
    assert torch.equal(critic(x, labels), network(torch.cat([x, one_hot(labels, 3)], 1)))
    assert torch.equal(copy.deepcopy(critic)(x, labels), critic(x, labels))
    assert list(critic.state_dict()) == ["network.weight", "network.bias"]


def test_several_conditions_stand_one_behind_another():
    network, x = nn.Linear(2 + 3 + 1, 1), torch.randn(4, 2)
    labels, numbers = torch.tensor([0, 2, 1, 2]), torch.randn(4)
    expected = network(torch.cat([x, one_hot(labels, 3), numbers[:, None]], 1))
    assert torch.equal(Concatenated(network, 3)(x, labels, numbers), expected)


def test_a_conditional_mlp_is_a_plain_one_with_the_class_in_its_input():
    mlp = MLPCritic((1, 2, 2), width=8, num_classes=3)
    plain = Concatenated(MLPCritic(4 + 3, width=8), num_classes=3)
    plain.network.load_state_dict(mlp.state_dict())
    x, labels = torch.randn(4, 1, 2, 2), torch.tensor([0, 2, 1, 2])
    assert torch.equal(mlp(x, labels), plain(x.flatten(1), labels))


def test_a_critic_of_images_sees_the_resized_image_of_its_condition_beside_the_sample():
    critic, plain = DCGANCritic(16, 1, width=4, condition_channels=2), DCGANCritic(16, 3, width=4)
    plain.load_state_dict(critic.state_dict())
    x, coarse = torch.randn(4, 1, 16, 16), torch.randn(4, 2, 4, 8)
    fine = coarse.repeat_interleave(4, 2).repeat_interleave(2, 3)
    assert torch.equal(critic(x, coarse), plain(torch.cat([x, fine], 1)))
    assert torch.equal(critic(x, coarse.double()), critic(x, coarse))
    with pytest.raises(UsageError, match=r"Expected images of floats, \(4, 2, h, w\), as DCGANCritic's condition, but"):
        critic(x, coarse[:, :1])
    with pytest.raises(UsageError, match=r"num_classes=3 and condition_channels=2\. Choose one"):
        DCGANCritic(16, 1, num_classes=3, condition_channels=2)


@pytest.mark.slow
def test_compiled_a_concatenated_network_scores_the_same():
    critic = Concatenated(DCGANCritic(8, 1 + 3 + 1, width=2), num_classes=3)
    given = (torch.randn(4, 1, 8, 8), torch.tensor([0, 2, 1, 2]), torch.randn(4, 1, 3, 3))
    compiled = torch.compile(critic, backend="aot_eager", fullgraph=True, dynamic=False)
    torch.testing.assert_close(compiled(*given), critic(*given))


def test_what_cannot_stand_beside_the_input_is_refused():
    critic, x = Concatenated(nn.Linear(5, 1), num_classes=3), torch.randn(4, 2)
    labels = torch.tensor([0, 2, 1, 2])
    with pytest.raises(UsageError, match=r"Expected a condition for Linear in Concatenated, but got none\. Set model"):
        critic(x)
    with pytest.raises(UsageError, match=r"class numbers \(N,\), int64, or floats, but got torch\.int64, shape \(4"):
        critic(x, labels.view(4, 1))
    with pytest.raises(UsageError, match=r"Expected a condition of floats, but got torch\.int64.*Set num_classes"):
        Concatenated(nn.Linear(5, 1))(x, labels)
    with pytest.raises(UsageError, match=r"from 0 to 2 for Concatenated, but got 0 to 3\. Set its num_classes"):
        critic(x, labels + labels.eq(2))
    with pytest.raises(UsageError, match=r"with a row for each of 4 inputs, but got 3 rows\. Give"):
        critic(x, labels[:3])
    with pytest.raises(UsageError, match=r"with 4 axes beside inputs \(4, 1, 8, 8\), but got \(4, 1, 8\)\. Flatten it"):
        critic(torch.randn(4, 1, 8, 8), torch.randn(4, 1, 8))
