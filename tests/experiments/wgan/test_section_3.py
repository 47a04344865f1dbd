import pytest
import torch
from torch.utils.data import DataLoader

from experiments.wgan.section_3 import SphereWGAN


def test_after_each_critic_update_the_weights_lie_on_the_sphere(networks, trainer):
    system = SphereWGAN(**networks(), clip_value=0.01, n_critic=2)
    trainer(max_steps=2).fit(system, DataLoader(torch.randn(64, 2), batch_size=8))
    weights = torch.nn.utils.parameters_to_vector(system.critic.parameters())
    assert weights.norm().item() == pytest.approx(0.01 * len(weights) ** 0.5)
