import pytest
import torch
from torch import nn

from experiments.wgan_gp.proposition_1 import Proposition1, between, pairs


def test_pairs_are_those_of_the_least_total_distance():
    real = torch.tensor([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    fake = torch.tensor([[2.0, 1.0], [0.0, 1.0], [1.0, 1.0]])
    assert torch.equal(torch.cat(pairs(real, fake), dim=1)[:, 2:], real + torch.tensor([0.0, 1.0]))


@pytest.mark.parametrize(("direction", "cosine"), [([3.0, 0.0], 1), ([0.0, 1.0], 0), ([-1.0, 0.0], -1)])
def test_the_gradient_is_compared_with_the_way_to_the_real_sample(direction, cosine):
    critic = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Flatten(0))
    critic[0].weight.data[:] = torch.tensor(direction)
    real = torch.rand(8, 2)
    points, _, found = between(critic, real, real - torch.tensor([2.0, 0.0]))
    assert found.detach() == pytest.approx([cosine] * 8, abs=1e-6)
    assert (points[:, 0] <= real[:, 0]).all()


def test_the_claim_is_about_the_smallest_cosine():
    assert Proposition1().holds({"smallest_penalised_cosine": 0.81})
    assert not Proposition1().holds({"smallest_penalised_cosine": 0.79})
